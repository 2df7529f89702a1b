package unsupported

import "understudy/directives/spec"

// uwsgi.
var uwsgiGroups = []group{
	{"http_uwsgi", []row{
		{"uwsgi_cache", anywhere, one, simple},
		{"uwsgi_cache_key", anywhere, one, simple},
		{"uwsgi_cache_path", spec.HTTP, spec.AtLeast(2), simple},
		{"uwsgi_cache_valid", anywhere, spec.AtLeast(1), simple},
		{"uwsgi_cache_min_uses", anywhere, one, simple},
		{"uwsgi_cache_max_range_offset", anywhere, one, simple},
		{"uwsgi_cache_use_stale", anywhere, spec.AtLeast(1), simple},
		{"uwsgi_cache_methods", anywhere, spec.AtLeast(1), simple},
		{"uwsgi_cache_lock", anywhere, one, simple},
		{"uwsgi_cache_lock_timeout", anywhere, one, simple},
		{"uwsgi_cache_lock_age", anywhere, one, simple},
		{"uwsgi_cache_revalidate", anywhere, one, simple},
		{"uwsgi_cache_background_update", anywhere, one, simple},
	}},
}
