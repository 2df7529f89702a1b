package unsupported

import "understudy/directives/spec"

// memcached.
var memcachedGroups = []group{
	{"http_memcached", []row{
		{"memcached_pass", spec.Location | spec.LocationIf, one, simple},
		{"memcached_bind", anywhere, spec.Between(1, 2), simple},
		{"memcached_socket_keepalive", anywhere, one, simple},
		{"memcached_connect_timeout", anywhere, one, simple},
		{"memcached_send_timeout", anywhere, one, simple},
		{"memcached_buffer_size", anywhere, one, simple},
		{"memcached_read_timeout", anywhere, one, simple},
		{"memcached_next_upstream", anywhere, spec.AtLeast(1), simple},
		{"memcached_next_upstream_tries", anywhere, one, simple},
		{"memcached_next_upstream_timeout", anywhere, one, simple},
		{"memcached_gzip_flag", anywhere, one, simple},
	}},
}
