package geo

import (
	"net/netip"

	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// forwarded returns the address that X-Forwarded-For names for a client that
// connected from a: the last one, or with proxy_recursive the last one that is
// no proxy. It is ngx_http_get_forwarded_addr.
func forwarded(r *httpd.Request, a netip.Addr, p *proxies) netip.Addr {
	h := r.Head
	var first [8]*header.Field
	fields := first[:0]
	for f := h.First(header.XForwardedFor); f != nil; f = h.Next(f) {
		fields = append(fields, f)
	}
	for i := len(fields) - 1; i >= 0; i-- {
		var all bool
		a, all = p.back(a, h.Value(fields[i]))
		if !p.recursive || !all {
			break
		}
	}
	return a
}

// back goes back through one field as far as the addresses are proxies. It
// reports whether all of them, to the beginning of the field, were.
func (p *proxies) back(a netip.Addr, list []byte) (netip.Addr, bool) {
	for p.trusts(a) {
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
		next, ok := parsePort(word)
		if !ok {
			return a, false
		}
		if a = next; !p.recursive || start == 0 {
			return a, true
		}
		list = list[:start]
	}
	return a, false
}

func separates(c byte) bool { return c == ' ' || c == ',' }
