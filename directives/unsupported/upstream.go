package unsupported

import "understudy/directives/spec"

// Groups of servers, of http and stream.
var upstreamGroups = []group{
	{"http_upstream_hash", []row{
		{"hash", spec.Upstream, spec.Between(1, 2), simple},
	}},
	{"http_upstream_ip_hash", []row{
		{"ip_hash", spec.Upstream, spec.Exactly(0), simple},
	}},
	{"http_upstream_keepalive", []row{
		{"keepalive", spec.Upstream, spec.Between(1, 2), simple},
		{"keepalive_time", spec.Upstream, one, simple},
		{"keepalive_timeout", spec.Upstream, one, simple},
		{"keepalive_requests", spec.Upstream, one, simple},
	}},
	{"http_upstream_least_conn", []row{
		{"least_conn", spec.Upstream, spec.Exactly(0), simple},
	}},
	{"http_upstream_least_time", []row{
		{"least_time", spec.Upstream, spec.Between(1, 2), simple},
	}},
	{"http_upstream", []row{
		{"upstream", spec.HTTP, one, block},
		{"server", spec.Upstream, spec.AtLeast(1), simple},
		{"resolver", spec.Upstream, spec.AtLeast(1), simple},
		{"resolver_timeout", spec.Upstream, one, simple},
	}},
	{"http_upstream_random", []row{
		{"random", spec.Upstream, spec.Between(0, 2), simple},
	}},
	{"http_upstream_sticky", []row{
		{"sticky", spec.Upstream, spec.AtLeast(2), simple},
	}},
	{"http_upstream_zone", []row{
		{"zone", spec.Upstream, spec.Between(1, 2), simple},
	}},
	{"stream_upstream_hash", []row{
		{"hash", spec.StreamUpstream, spec.Between(1, 2), simple},
	}},
	{"stream_upstream_least_conn", []row{
		{"least_conn", spec.StreamUpstream, spec.Exactly(0), simple},
	}},
	{"stream_upstream_least_time", []row{
		{"least_time", spec.StreamUpstream, spec.Between(1, 2), simple},
	}},
	{"stream_upstream", []row{
		{"upstream", spec.Stream, one, block},
		{"server", spec.StreamUpstream, spec.AtLeast(1), simple},
		{"resolver", spec.StreamUpstream, spec.AtLeast(1), simple},
		{"resolver_timeout", spec.StreamUpstream, one, simple},
	}},
	{"stream_upstream_random", []row{
		{"random", spec.StreamUpstream, spec.Between(0, 2), simple},
	}},
	{"stream_upstream_zone", []row{
		{"zone", spec.StreamUpstream, spec.Between(1, 2), simple},
	}},
}
