package unsupported

import "understudy/directives/spec"

// Variables, logs and rewriting.
var variablesGroups = []group{
	{"http_degradation", []row{
		{"degradation", spec.HTTP, one, simple},
		{"degrade", anywhere, one, simple},
	}},
	{"http_geoip", []row{
		{"geoip_country", spec.HTTP, spec.Between(1, 2), simple},
		{"geoip_org", spec.HTTP, spec.Between(1, 2), simple},
		{"geoip_city", spec.HTTP, spec.Between(1, 2), simple},
		{"geoip_proxy", spec.HTTP, one, simple},
		{"geoip_proxy_recursive", spec.HTTP, one, simple},
	}},
}
