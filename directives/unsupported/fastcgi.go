package unsupported

import "understudy/directives/spec"

// FastCGI.
var fastcgiGroups = []group{
	{"http_fastcgi", []row{
		{"fastcgi_cache", anywhere, one, simple},
		{"fastcgi_cache_key", anywhere, one, simple},
		{"fastcgi_cache_path", spec.HTTP, spec.AtLeast(2), simple},
		{"fastcgi_cache_valid", anywhere, spec.AtLeast(1), simple},
		{"fastcgi_cache_min_uses", anywhere, one, simple},
		{"fastcgi_cache_max_range_offset", anywhere, one, simple},
		{"fastcgi_cache_use_stale", anywhere, spec.AtLeast(1), simple},
		{"fastcgi_cache_methods", anywhere, spec.AtLeast(1), simple},
		{"fastcgi_cache_lock", anywhere, one, simple},
		{"fastcgi_cache_lock_timeout", anywhere, one, simple},
		{"fastcgi_cache_lock_age", anywhere, one, simple},
		{"fastcgi_cache_revalidate", anywhere, one, simple},
		{"fastcgi_cache_background_update", anywhere, one, simple},
	}},
}
