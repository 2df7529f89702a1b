// Package upstream declares groups of servers and how requests and sessions
// are spread among them, for http and stream alike.
//
// https://nginx.org/en/docs/http/ngx_http_upstream_module.html
// https://nginx.org/en/docs/stream/ngx_stream_upstream_module.html
package upstream

import (
	"slices"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/stream"
	"understudy/runtime/vars"
)

// HTTP is ngx_http_upstream_module with its balancers, keepalive and zone.
var HTTP = spec.HTTPModule[httpConf]{
	Name:       "http_upstream",
	Directives: slices.Concat(blocks[*httpd.Request](spec.HTTP, spec.Upstream), ipHash, stickies, keepalives),
	Variables:  httpVariables,
	Main:       func(_ *httpConf, b *spec.Builder) error { return buildHTTP(b) },
}

// Stream is ngx_stream_upstream_module with its balancers and zone.
var Stream = spec.StreamModule[streamConf]{
	Name:       "stream_upstream",
	Directives: blocks[*stream.Session](spec.Stream, spec.StreamUpstream),
	Variables:  streamVariables,
	Main:       func(_ *streamConf, b *spec.StreamBuilder) error { return buildStream(b) },
}

type (
	httpConf   = conf[*httpd.Request]
	streamConf = conf[*stream.Session]
)

// A conf is what one upstream block says.
type conf[S vars.Subject] struct {
	servers []server
	method  method
	key     *vars.Template[S] // of hash
	zone    string

	hasSticky bool
	resolving
	keepalive
}

// blocks are the directives that http and stream have alike.
func blocks[S vars.Subject](outer, inner spec.Context) []spec.Directive[conf[S]] {
	type directive = spec.Directive[conf[S]]
	times := "header | last_byte [inflight]"
	if inner == spec.StreamUpstream {
		times = "connect | first_byte | last_byte [inflight]"
	}
	return slices.Concat(spec.LookupDirectives(inner, "1.27.3", "", func(c *conf[S]) *spec.Lookup { return &c.resolving.Lookup }), []directive{{
		Name: "upstream", In: outer, Args: spec.Exactly(1), Opens: inner, Syntax: "name",
		Doc: "Defines a group of servers.",
		Set: spec.Do(func(_ *conf[S], call *spec.Call) error {
			_, err := call.DefineUpstream(call.Args[0].Text)
			return err
		}),
		Close: closeBlock[S],
	}, {
		Name: "server", Names: spec.ServerAddress, In: inner, Args: spec.AtLeast(1), Syntax: "address [parameters]",
		Doc: "Adds a server to the group; with resolve, a name that is looked up again while the group is used.",
		Set: spec.Do(addServer[S]),
	}, {
		Name: "zone", Names: spec.ZoneName, In: inner, Args: spec.Between(1, 2), Syntax: "name [size]",
		Doc: "Names the memory that servers with resolve need, whose addresses outlive a reload there.",
		Set: spec.Do(setZone[S]),
	}, {
		Name: "least_conn", In: inner, Args: spec.Exactly(0),
		Doc: "Picks the server with the fewest connections for its weight.",
		Set: spec.Do(setLeastConn[S]),
	}, {
		Name: "hash", In: inner, Args: spec.Between(1, 2), Syntax: "key [consistent]",
		Doc: "Picks the server by a key.",
		Set: spec.Do(setHash[S]),
	}, {
		Name: "random", In: inner, Args: spec.Between(0, 2), Syntax: "[two [least_conn]]",
		Doc: "Picks a server by chance, or the better of two.",
		Set: spec.Do(setRandom[S]),
	}, {
		Name: "least_time", In: inner, Args: spec.Between(1, 2), Syntax: times,
		Doc: "Picks the server with the lowest average time and the fewest connections for its weight.",
		Set: spec.Do(setLeastTime[S]),
	}})
}

func closeBlock[S vars.Subject](c *conf[S], call *spec.Call) error {
	for _, g := range call.Scope.Upstreams() {
		if g.Explicit && g.Scope == nil && strings.EqualFold(g.Name, call.Args[0].Text) {
			g.Scope = call.Inner
		}
	}
	if len(c.servers) == 0 {
		return call.Errorf(-1, "no servers are inside upstream")
	}
	return nil
}
