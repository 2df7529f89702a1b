package unsupported

import "understudy/directives/spec"

// Groups of servers, of http and stream.
var upstreamGroups = []group{
	{"http_upstream_sticky", []row{
		{"sticky", spec.Upstream, spec.AtLeast(2), simple},
	}},
}
