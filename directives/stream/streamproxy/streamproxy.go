// Package streamproxy passes sessions to another server.
//
// https://nginx.org/en/docs/stream/ngx_stream_proxy_module.html
package streamproxy

import (
	"context"
	"slices"
	"strings"
	"time"

	"understudy/directives/certificates"
	"understudy/directives/spec"
	"understudy/runtime/resolver"
	"understudy/runtime/stream"
)

const anywhere = spec.Stream | spec.StreamServer

// Module is ngx_stream_proxy_module.
var Module = spec.StreamModule[conf]{
	Name:       "stream_proxy",
	Directives: slices.Concat(settings, []spec.Directive[conf]{pass}, tlsDirectives),
	Server:     (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	pass spec.Value[target]

	bind                       spec.Value[local]
	keepalive, next, halfClose spec.Value[bool]
	connect, timeout           spec.Value[time.Duration]
	buffer, rcvBuf, sndBuf     spec.Value[int64]
	upload, download           spec.Value[*stream.Template]
	requests, responses        spec.Value[int]
	nextTries                  spec.Value[int]
	nextTimeout                spec.Value[time.Duration]
	protocol                   spec.Value[int]

	ssl  spec.Value[bool]
	tls  certificates.Upstream[*stream.Session]
	alpn spec.Value[[]*stream.Template]
}

// A target is what proxy_pass says: a group, or an address with variables.
type target struct {
	group   *spec.Group
	address *stream.Template
}

var pass = spec.Directive[conf]{
	Name: "proxy_pass", Names: spec.ServerAddress, In: spec.StreamServer, Args: spec.Exactly(1), Syntax: "address",
	Doc: "Sets the address of the server to pass sessions to.",
	Set: spec.Scalar(func(c *conf) *spec.Value[target] { return &c.pass }, spec.Text, spec.Exactly(1), nil, parsePass),
}

func parsePass(call *spec.Call) (target, error) {
	text := call.Args[0].Text
	t, err := call.StreamTemplate(0)
	if err != nil {
		return target{}, err
	}
	if _, ok := t.Literal(); !ok {
		return target{address: t}, nil
	}
	u, err := resolver.ParseURL(context.Background(), text, resolver.Options{NoResolve: true})
	if err != nil {
		return target{}, call.Errorf(0, `%v in upstream "%s"`, err, text)
	}
	name := u.Host
	if u.Network == "unix" {
		name = text
	}
	g, err := call.UseUpstream(name, u.Port, 0)
	return target{group: g}, err
}

// addTo gives a server that passes sessions its content.
func (c *conf) addTo(b *spec.StreamBuilder) error {
	t := c.pass.V
	if t.group == nil && t.address == nil || !b.Takes(c.pass.Pos) {
		return nil
	}
	p := &stream.Proxy{
		Connect: c.connect.V, Idle: c.timeout.V,
		Next: c.next.V, NextTries: c.nextTries.V, NextTimeout: c.nextTimeout.V,
		Buffer: int(c.buffer.V), Upload: limit(c.upload.V), Download: limit(c.download.V),
		Bind: c.bind.V.address, Transparent: c.bind.V.transparent, Protocol: c.protocol.V,
		RcvBuf: int(c.rcvBuf.V), SndBuf: int(c.sndBuf.V), Requests: c.requests.V, Responses: -1,
		HalfClose: c.halfClose.V, SocketKeepalive: c.keepalive.V, NoDelay: b.Server.NoDelay,
	}
	if c.responses.Given() {
		p.Responses = c.responses.V
	}
	if c.ssl.V {
		var err error
		if p.TLS, err = c.client(b); err != nil {
			return err
		}
	}
	switch {
	case t.address != nil:
		p.Address, p.Find = t.address, find(b.Scope.Upstreams())
	case t.group.Servers == nil:
		return nil // reported when the group was built
	default:
		p.Target = targetOf(t.group)
	}
	b.Content = &stream.Step{Name: "proxy_pass", Pos: c.pass.Pos, Run: p.Run, Explain: p.Explain}
	return nil
}

// limit is nil for a rate that is known to be no limit.
func limit(t *stream.Template) *stream.Template {
	if text, ok := t.Literal(); ok && (len(text) == 0 || string(text) == "0") {
		return nil
	}
	return t
}

func targetOf(g *spec.Group) *stream.Target {
	return &stream.Target{Group: g.Servers, Key: g.StreamKey, FirstByte: g.FirstByte}
}

// find returns a function that finds the group of a host and a port, which is
// 0 if there is none.
func find(groups []*spec.Group) func(string, int) *stream.Target {
	type known struct {
		name   string
		port   int
		target *stream.Target
	}
	var all []known
	for _, g := range groups {
		if g.Servers != nil {
			all = append(all, known{g.Name, g.Port, targetOf(g)})
		}
	}
	return func(host string, port int) *stream.Target {
		for i := range all {
			if k := &all[i]; k.port == port && strings.EqualFold(k.name, host) {
				return k.target
			}
		}
		return nil
	}
}
