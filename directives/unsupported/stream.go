package unsupported

import "understudy/directives/spec"

// The stream block.
var streamGroups = []group{
	{"stream_geoip", []row{
		{"geoip_country", spec.Stream, spec.Between(1, 2), simple},
		{"geoip_org", spec.Stream, spec.Between(1, 2), simple},
		{"geoip_city", spec.Stream, spec.Between(1, 2), simple},
	}},
	{"stream_proxy", []row{
		{"proxy_socket_rcvbuf", streams, one, simple},
		{"proxy_socket_sndbuf", streams, one, simple},
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
}
