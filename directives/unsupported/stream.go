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
	}},
}
