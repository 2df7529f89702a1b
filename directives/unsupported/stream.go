package unsupported

import "understudy/directives/spec"

// The stream block.
var streamGroups = []group{
	{"stream_geoip", []row{
		{"geoip_country", spec.Stream, spec.Between(1, 2), simple},
		{"geoip_org", spec.Stream, spec.Between(1, 2), simple},
		{"geoip_city", spec.Stream, spec.Between(1, 2), simple},
	}},
}
