package unsupported

import "understudy/directives/spec"

// The stream block.
var streamGroups = []group{
	{"stream_access", []row{
		{"allow", streams, one, simple},
		{"deny", streams, one, simple},
	}},
	{"stream_core", []row{
		{"variables_hash_max_size", spec.Stream, one, simple},
		{"variables_hash_bucket_size", spec.Stream, one, simple},
		{"server_names_hash_max_size", spec.Stream, one, simple},
		{"server_names_hash_bucket_size", spec.Stream, one, simple},
		{"server", spec.Stream, spec.Exactly(0), block},
		{"listen", spec.StreamServer, spec.AtLeast(1), simple},
		{"server_name", spec.StreamServer, spec.AtLeast(1), simple},
		{"error_log", streams, spec.AtLeast(1), simple},
		{"resolver", streams, spec.AtLeast(1), simple},
		{"resolver_timeout", streams, one, simple},
		{"proxy_protocol_timeout", streams, one, simple},
		{"tcp_nodelay", streams, one, simple},
		{"preread_buffer_size", streams, one, simple},
		{"preread_timeout", streams, one, simple},
	}},
	{"stream_geo", []row{
		{"geo", spec.Stream, spec.Between(1, 2), block},
	}},
	{"stream_geoip", []row{
		{"geoip_country", spec.Stream, spec.Between(1, 2), simple},
		{"geoip_org", spec.Stream, spec.Between(1, 2), simple},
		{"geoip_city", spec.Stream, spec.Between(1, 2), simple},
	}},
	{"stream_limit_conn", []row{
		{"limit_conn_zone", spec.Stream, spec.Exactly(2), simple},
		{"limit_conn", streams, spec.Exactly(2), simple},
		{"limit_conn_log_level", streams, one, simple},
		{"limit_conn_dry_run", streams, one, simple},
	}},
	{"stream_log", []row{
		{"log_format", spec.Stream, spec.AtLeast(2), simple},
		{"access_log", streams, spec.AtLeast(1), simple},
		{"open_log_file_cache", streams, spec.Between(1, 4), simple},
	}},
	{"stream_map", []row{
		{"map", spec.Stream, spec.Exactly(2), block},
		{"map_hash_max_size", spec.Stream, one, simple},
		{"map_hash_bucket_size", spec.Stream, one, simple},
	}},
	{"stream_pass", []row{
		{"pass", spec.StreamServer, one, simple},
	}},
	{"stream_proxy", []row{
		{"proxy_pass", spec.StreamServer, one, simple},
		{"proxy_bind", streams, spec.Between(1, 2), simple},
		{"proxy_socket_keepalive", streams, one, simple},
		{"proxy_socket_rcvbuf", streams, one, simple},
		{"proxy_socket_sndbuf", streams, one, simple},
		{"proxy_connect_timeout", streams, one, simple},
		{"proxy_timeout", streams, one, simple},
		{"proxy_buffer_size", streams, one, simple},
		{"proxy_downstream_buffer", streams, one, simple},
		{"proxy_upstream_buffer", streams, one, simple},
		{"proxy_upload_rate", streams, one, simple},
		{"proxy_download_rate", streams, one, simple},
		{"proxy_requests", streams, one, simple},
		{"proxy_responses", streams, one, simple},
		{"proxy_next_upstream", streams, one, simple},
		{"proxy_next_upstream_tries", streams, one, simple},
		{"proxy_next_upstream_timeout", streams, one, simple},
		{"proxy_protocol", streams, one, simple},
		{"proxy_half_close", streams, one, simple},
		{"proxy_ssl", streams, one, simple},
		{"proxy_ssl_session_reuse", streams, one, simple},
		{"proxy_ssl_protocols", streams, spec.AtLeast(1), simple},
		{"proxy_ssl_ciphers", streams, one, simple},
		{"proxy_ssl_name", streams, one, simple},
		{"proxy_ssl_server_name", streams, one, simple},
		{"proxy_ssl_alpn", streams, spec.AtLeast(1), simple},
		{"proxy_ssl_verify", streams, one, simple},
		{"proxy_ssl_verify_depth", streams, one, simple},
		{"proxy_ssl_trusted_certificate", streams, one, simple},
		{"proxy_ssl_crl", streams, one, simple},
		{"proxy_ssl_certificate", streams, one, simple},
		{"proxy_ssl_certificate_key", streams, one, simple},
		{"proxy_ssl_certificate_cache", streams, spec.Between(1, 3), simple},
		{"proxy_ssl_password_file", streams, one, simple},
		{"proxy_ssl_conf_command", streams, spec.Exactly(2), simple},
	}},
	{"stream_realip", []row{
		{"set_real_ip_from", streams, one, simple},
	}},
	{"stream_return", []row{
		{"return", spec.StreamServer, one, simple},
	}},
	{"stream_set", []row{
		{"set", spec.StreamServer, spec.Exactly(2), simple},
	}},
	{"stream_ssl_preread", []row{
		{"ssl_preread", streams, one, simple},
	}},
}
