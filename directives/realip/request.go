package realip

import (
	"net/netip"

	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/resolver"
)

// step is what the module does to a request, once: after it is read and, for
// what locations say, before access.
func (c *conf) step() httpd.Step {
	w := &where{Proxies: httpd.Proxies{Trusts: c.from.V.trust, Recursive: c.recursive.V}}
	switch c.header.V {
	case "X-Real-IP":
		w.id = header.XRealIP
	case "X-Forwarded-For":
		w.id, w.list = header.XForwardedFor, true
	case "proxy_protocol":
		w.proxy = true
	default:
		w.name = []byte(c.header.V)
		w.hash = header.Hash(w.name)
	}
	return httpd.Step{Name: "real_ip_header", Pos: c.from.Pos, Run: w.run}
}

// A where says where the client's address is.
type where struct {
	httpd.Proxies

	proxy bool      // in the PROXY protocol header
	id    header.ID // in a known field
	list  bool      // which may be there several times
	name  []byte    // in another field
	hash  uint32
}

func (w *where) run(r *httpd.Request) httpd.Status {
	old := r.RemoteAddr()
	if r.Client != nil && old != r.Client.RemoteAddr() {
		return httpd.Declined // found already
	}
	a, ok := old, false
	switch {
	case w.proxy:
		if r.Client == nil || r.Client.ProxyHeader() == nil {
			return httpd.Declined
		}
		h := r.Client.ProxyHeader()
		a, ok, _ = w.Back(a, []byte(h.Src))
		a = netip.AddrPortFrom(a.Addr(), h.SrcPort)
	case w.list:
		a, ok = w.Forwarded(r, a)
	case w.name != nil:
		if f := r.Head.Lookup(w.hash, w.name); f != nil {
			a, ok, _ = w.Back(a, r.Head.Value(f))
		}
	case r.Head.Has(w.id):
		a, ok, _ = w.Back(a, r.Head.Get(w.id))
	}
	if ok {
		r.SetRemote(a, []byte(resolver.AddrText(a.Addr())))
	}
	return httpd.Declined
}
