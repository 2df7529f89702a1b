package httpd

import (
	"net/netip"

	"understudy/runtime/header"
	"understudy/runtime/resolver"
)

// Proxies are believed when they say in a field, such as X-Forwarded-For, whom
// they pass a request for.
type Proxies struct {
	Trusts    func(netip.Addr) bool
	Recursive bool // also those that a trusted one names; otherwise only who has connected
}

// Forwarded goes back from a through the X-Forwarded-For fields of r, the last one
// first, and reports whether it found an address. (ngx_http_get_forwarded_addr)
func (p *Proxies) Forwarded(r *Request, a netip.AddrPort) (_ netip.AddrPort, found bool) {
	h := r.Head
	var first [8]*header.Field
	fields := first[:0]
	for f := h.First(header.XForwardedFor); f != nil; f = h.Next(f) {
		fields = append(fields, f)
	}
	for i := len(fields) - 1; i >= 0; i-- {
		next, ok, all := p.Back(a, h.Value(fields[i]))
		if ok {
			a, found = next, true
		}
		if !p.Recursive || !all {
			break
		}
	}
	return a, found
}

// Back goes back through one field as far as the addresses are those of trusted
// proxies. It reports whether it found an address, and whether it came to the
// beginning of the field.
func (p *Proxies) Back(a netip.AddrPort, list []byte) (_ netip.AddrPort, found, all bool) {
	for p.Trusts(a.Addr()) {
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
		if !p.Recursive || start == 0 {
			return a, true, true
		}
		list = list[:start]
	}
	return a, found, false
}

func separates(c byte) bool { return c == ' ' || c == ',' }
