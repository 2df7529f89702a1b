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
	w := &where{from: c.from.V, recursive: c.recursive.V}
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
	from      proxies
	recursive bool

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
		a, ok, _ = w.back(a, []byte(h.Src))
		a = netip.AddrPortFrom(a.Addr(), h.SrcPort)
	case w.list:
		a, ok = w.forwarded(r, a)
	case w.name != nil:
		if f := r.Head.Lookup(w.hash, w.name); f != nil {
			a, ok, _ = w.back(a, r.Head.Value(f))
		}
	case r.Head.Has(w.id):
		a, ok, _ = w.back(a, r.Head.Get(w.id))
	}
	if ok {
		r.SetRemote(a, []byte(resolver.AddrText(a.Addr())))
	}
	return httpd.Declined
}

// forwarded goes back through the X-Forwarded-For fields, the last one first.
// It is ngx_http_get_forwarded_addr.
func (w *where) forwarded(r *httpd.Request, a netip.AddrPort) (netip.AddrPort, bool) {
	h := r.Head
	var first [8]*header.Field
	fields := first[:0]
	for f := h.First(header.XForwardedFor); f != nil; f = h.Next(f) {
		fields = append(fields, f)
	}
	found := false
	for i := len(fields) - 1; i >= 0; i-- {
		next, ok, all := w.back(a, h.Value(fields[i]))
		if ok {
			a, found = next, true
		}
		if !w.recursive || !all {
			break
		}
	}
	return a, found
}

// back goes back through one field as far as the addresses are those of trusted
// proxies. It reports whether it found an address, and whether it came to the
// beginning of the field.
func (w *where) back(a netip.AddrPort, list []byte) (_ netip.AddrPort, found, all bool) {
	for w.from.trust(a.Addr()) {
		end := len(list)
		for end > 1 && separates(list[end-1]) {
			end--
		}
		start := max(end-1, 0)
		for start > 0 && !separates(list[start]) {
			start--
		}
		word := list[start:end]
		if start > 0 {
			word = word[1:]
		}
		next, ok := resolver.ParseAddrPort(string(word))
		if !ok {
			return a, found, false
		}
		a, found = next, true
		if !w.recursive || start == 0 {
			return a, true, true
		}
		list = list[:start]
	}
	return a, found, false
}

func separates(c byte) bool { return c == ' ' || c == ',' }
