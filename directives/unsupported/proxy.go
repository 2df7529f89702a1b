package unsupported

import "understudy/directives/spec"

// HTTP proxying.
var proxyGroups = []group{
	{"http_proxy", []row{
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
	}},
}
