package unsupported

import "understudy/directives/spec"

// The http, server and location blocks.
var httpcoreGroups = []group{
	{"http_core", []row{
		{"client_body_early_read", spec.HTTP | spec.Server, spec.AtLeast(1), simple},
		{"aio", anywhere, one, simple},
		{"aio_write", anywhere, one, simple},
		{"read_ahead", anywhere, one, simple},
		{"directio", anywhere, one, simple},
		{"directio_alignment", anywhere, one, simple},
		{"send_lowat", anywhere, one, simple},
		{"auth_delay", anywhere, one, simple},
		{"early_hints", anywhere, spec.AtLeast(1), simple},
		{"post_action", anywhere | spec.LocationIf, one, simple},
		{"error_log", anywhere, spec.AtLeast(1), simple},
		{"open_file_cache", anywhere, spec.Between(1, 2), simple},
		{"open_file_cache_valid", anywhere, one, simple},
		{"open_file_cache_min_uses", anywhere, one, simple},
		{"open_file_cache_errors", anywhere, one, simple},
		{"open_file_cache_events", anywhere, one, simple},
		{"resolver", anywhere, spec.AtLeast(1), simple},
		{"resolver_timeout", anywhere, one, simple},
		{"disable_symlinks", anywhere, spec.Between(1, 2), simple},
	}},
}
