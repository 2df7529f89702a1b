package unsupported

import "understudy/directives/spec"

// Groups of servers, of http and stream.
var upstreamGroups = []group{
	{"http_upstream", []row{
		{"resolver", spec.Upstream, spec.AtLeast(1), simple},
		{"resolver_timeout", spec.Upstream, one, simple},
	}},
	{"http_upstream_sticky", []row{
		{"sticky", spec.Upstream, spec.AtLeast(2), simple},
	}},
	{"stream_upstream", []row{
		{"resolver", spec.StreamUpstream, spec.AtLeast(1), simple},
		{"resolver_timeout", spec.StreamUpstream, one, simple},
	}},
}
