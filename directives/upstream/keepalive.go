package upstream

import (
	"time"

	"understudy/directives/spec"
	peers "understudy/runtime/upstream"
)

// keepalive is what the directives of ngx_http_upstream_keepalive_module say.
type keepalive struct {
	cache         spec.Value[cache]
	time, timeout spec.Value[time.Duration]
	requests      spec.Value[int]
}

// A cache is one keepalive directive.
type cache struct {
	conns int
	local bool
}

var keepalives = []spec.Directive[httpConf]{{
	Name: "keepalive", In: spec.Upstream, Args: spec.Between(1, 2), Syntax: "connections [local]", Default: "32 local", Was: []spec.Was{{Until: "1.29.7"}},
	Doc: "Keeps idle connections to the servers of the group, at most so many; with local, only for the location that opened them.",
	Set: spec.Scalar(func(c *httpConf) *spec.Value[cache] { return &c.cache }, spec.Words, 0, nil, parseCache),
}, {
	Name: "keepalive_time", Since: "1.19.10", In: spec.Upstream, Syntax: "time", Default: "1h",
	Doc: "Limits the age of a connection that is used again.",
	Set: spec.SetTime(func(c *httpConf) *spec.Value[time.Duration] { return &c.time }, true),
}, {
	Name: "keepalive_timeout", In: spec.Upstream, Syntax: "timeout", Default: "60s",
	Doc: "Limits how long a connection stays idle.",
	Set: spec.SetTime(func(c *httpConf) *spec.Value[time.Duration] { return &c.timeout }, true),
}, {
	Name: "keepalive_requests", In: spec.Upstream, Syntax: "number", Default: "1000",
	Doc: "Limits the requests through one connection.",
	Set: spec.SetNumber(func(c *httpConf) *spec.Value[int] { return &c.requests }, 0, 0),
}}

func parseCache(call *spec.Call) (cache, error) {
	n, ok := spec.ParseNumber(call.Args[0].Text)
	if !ok {
		return cache{}, call.Errorf(0, `invalid value "%s" in "%s" directive`, call.Args[0].Text, call.Name.Text)
	}
	local := len(call.Args) == 2
	if local && call.Args[1].Text != "local" {
		return cache{}, invalidParameter(call, 1)
	}
	return cache{n, local}, nil
}

func (k *keepalive) settings() peers.Keepalive {
	return peers.Keepalive{
		Conns: k.cache.V.conns, Local: k.cache.V.local,
		Requests: k.requests.V, Time: k.time.V, Timeout: k.timeout.V,
	}
}
