package unsupported

import "understudy/directives/spec"

// HTTP proxying.
var proxyGroups = []group{
	{"http_proxy", []row{
		{"proxy_store", anywhere, one, simple},
		{"proxy_store_access", anywhere, spec.Between(1, 3), simple},
		{"proxy_cache", anywhere, one, simple},
		{"proxy_cache_key", anywhere, one, simple},
		{"proxy_cache_path", spec.HTTP, spec.AtLeast(2), simple},
		{"proxy_cache_valid", anywhere, spec.AtLeast(1), simple},
		{"proxy_cache_min_uses", anywhere, one, simple},
		{"proxy_cache_max_range_offset", anywhere, one, simple},
		{"proxy_cache_use_stale", anywhere, spec.AtLeast(1), simple},
		{"proxy_cache_methods", anywhere, spec.AtLeast(1), simple},
		{"proxy_cache_lock", anywhere, one, simple},
		{"proxy_cache_lock_timeout", anywhere, one, simple},
		{"proxy_cache_lock_age", anywhere, one, simple},
		{"proxy_cache_revalidate", anywhere, one, simple},
		{"proxy_cache_convert_head", anywhere, one, simple},
		{"proxy_cache_background_update", anywhere, one, simple},
		{"proxy_ssl_certificate_cache", anywhere, spec.Between(1, 3), simple},
		{"proxy_ssl_conf_command", anywhere, spec.Exactly(2), simple},
	}},
	{"http_tunnel", []row{
		{"tunnel_pass", spec.Server | spec.Location | spec.LocationIf, spec.Between(0, 1), simple},
		{"tunnel_bind", anywhere, spec.Between(1, 2), simple},
		{"tunnel_socket_keepalive", anywhere, one, simple},
		{"tunnel_socket_rcvbuf", anywhere, one, simple},
		{"tunnel_socket_sndbuf", anywhere, one, simple},
		{"tunnel_connect_timeout", anywhere, one, simple},
		{"tunnel_send_timeout", anywhere, one, simple},
		{"tunnel_send_lowat", anywhere, one, simple},
		{"tunnel_buffer_size", anywhere, one, simple},
		{"tunnel_read_timeout", anywhere, one, simple},
		{"tunnel_next_upstream", anywhere, spec.AtLeast(1), simple},
		{"tunnel_next_upstream_tries", anywhere, one, simple},
		{"tunnel_next_upstream_timeout", anywhere, one, simple},
	}},
}
