package unsupported

import "understudy/directives/spec"

// SCGI.
var scgiGroups = []group{
	{"http_scgi", []row{
		{"scgi_cache", anywhere, one, simple},
		{"scgi_cache_key", anywhere, one, simple},
		{"scgi_cache_path", spec.HTTP, spec.AtLeast(2), simple},
		{"scgi_cache_valid", anywhere, spec.AtLeast(1), simple},
		{"scgi_cache_min_uses", anywhere, one, simple},
		{"scgi_cache_max_range_offset", anywhere, one, simple},
		{"scgi_cache_use_stale", anywhere, spec.AtLeast(1), simple},
		{"scgi_cache_methods", anywhere, spec.AtLeast(1), simple},
		{"scgi_cache_lock", anywhere, one, simple},
		{"scgi_cache_lock_timeout", anywhere, one, simple},
		{"scgi_cache_lock_age", anywhere, one, simple},
		{"scgi_cache_revalidate", anywhere, one, simple},
		{"scgi_cache_background_update", anywhere, one, simple},
	}},
}
