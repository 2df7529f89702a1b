// Package geo makes variables whose values depend on an address.
//
// https://nginx.org/en/docs/http/ngx_http_geo_module.html
// https://nginx.org/en/docs/stream/ngx_stream_geo_module.html
package geo

import (
	"net/netip"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/vars"
)

// HTTP is ngx_http_geo_module.
var HTTP = spec.HTTPModule[conf]{
	Name: "http_geo",
	Directives: []spec.Directive[conf]{{
		Name: "geo", In: spec.HTTP, Args: spec.Between(1, 2), Free: true, Syntax: syntax, Doc: doc,
		Set: spec.Do(func(_ *conf, call *spec.Call) error {
			return add(call, func(r *httpd.Request) netip.Addr { return r.RemoteAddr().Addr() }, (*httpd.Proxies).Forwarded)
		}),
	}},
}

const (
	syntax = "[$address] $variable"
	doc    = "Creates a variable whose value is that of the network inside that the client's address, or another, is in."
)

// A conf holds nothing: a geo is a variable.
type conf struct{}

// A table is a compiled geo block.
type table[S vars.Subject] struct {
	vars    *vars.Table[S]
	address vars.Index // of the variable with the address; vars.None: the client's
	client  func(S) netip.Addr
	values

	// forwarded finds the address behind proxies, which are nil if there are none.
	forwarded func(p *httpd.Proxies, s S, a netip.AddrPort) (netip.AddrPort, bool)
	proxies   *httpd.Proxies
}

// value returns the value for the address that s has.
func (g *table[S]) value(s S) []byte {
	var a netip.Addr
	if g.address == vars.None {
		a = g.client(s).Unmap()
		if !a.IsValid() { // a unix socket, and no proxy
			return g.find(none)
		}
	} else {
		text, ok := g.vars.Get(s, g.address)
		if ok {
			a, ok = parse(text)
		}
		if !ok {
			return g.find(none) // no proxies are asked about it
		}
		a = a.Unmap()
	}
	if g.proxies != nil {
		behind, _ := g.forwarded(g.proxies, s, netip.AddrPortFrom(a, 0))
		a = behind.Addr().Unmap()
	}
	return g.find(a)
}

// none is what nginx looks up where there is no address: INADDR_NONE.
var none = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// prefixes are networks.
type prefixes []netip.Prefix

// contain reports whether a is in one of them.
func (p prefixes) contain(a netip.Addr) bool {
	a = a.Unmap()
	for _, n := range p {
		if n.Contains(a) {
			return true
		}
	}
	return false
}
