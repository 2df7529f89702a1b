package resolver

import (
	"net/netip"
	"strconv"
	"strings"
)

// ParseAddr reads an address without a port as nginx does (ngx_parse_addr):
// octets are decimal even with leading zeros, and may be empty.
func ParseAddr(s string) (netip.Addr, bool) {
	if a, ok := parseAddr4(s); ok {
		return a, true
	}
	return parseAddr6(s)
}

// ParseAddrPort reads an address with or without a port, as proxy_bind has it
// (ngx_parse_addr_port): "127.0.0.1:80", "[::1]:80", "::1". The port is 0 if
// there is none.
func ParseAddrPort(s string) (netip.AddrPort, bool) {
	if a, ok := ParseAddr(s); ok {
		return netip.AddrPortFrom(a, 0), true
	}
	i := strings.IndexByte(s, ':')
	host := s
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end >= 0 && end == len(s)-1 {
			a, ok := ParseAddr(s[1:end])
			return netip.AddrPortFrom(a, 0), ok
		}
		if end < 0 || s[end+1] != ':' {
			return netip.AddrPort{}, false
		}
		i = end + 1
		host = s[1:end]
	} else if i >= 0 {
		host = s[:i]
	}
	if i < 0 {
		return netip.AddrPort{}, false
	}
	port, ok := parsePort(s[i+1:])
	if !ok {
		return netip.AddrPort{}, false
	}
	a, ok := ParseAddr(host)
	return netip.AddrPortFrom(a, port), ok
}

// parsePort reads a port from 1 to 65535.
func parsePort(s string) (uint16, bool) {
	n, ok := atoi(s)
	return uint16(n), ok && n >= 1 && n <= 65535
}

// atoi reads digits, and nothing else, as ngx_atoi does.
func atoi(s string) (int, bool) {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// parseAddr4 is ngx_inet_addr. 255.255.255.255 is not recognised there, but
// found by getaddrinfo.
func parseAddr4(s string) (netip.Addr, bool) {
	var b [4]byte
	octet, n := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			octet = octet*10 + int(c-'0')
			if octet > 255 {
				return netip.Addr{}, false
			}
		case c == '.' && n < 3:
			b[n] = byte(octet)
			octet = 0
			n++
		default:
			return netip.Addr{}, false
		}
	}
	if n != 3 {
		return netip.Addr{}, false
	}
	b[3] = byte(octet)
	return netip.AddrFrom4(b), b != [4]byte{255, 255, 255, 255}
}

// parseAddr6 is ngx_inet6_addr: an IPv6 address without a zone. It takes a
// little more than RFC 4291 allows: a single colon before the first group, and
// after the last one if there is a "::", which then stands for a zero group.
func parseAddr6(s string) (a netip.Addr, ok bool) {
	var b [16]byte
	n := 0    // bytes of b
	gap := -1 // where "::" is
	s, _ = strings.CutPrefix(s, ":")
	colon := false
	for {
		group, rest, more := strings.Cut(s, ":")
		if !more {
			break
		}
		colon = true
		s = rest
		if group == "" {
			if gap >= 0 {
				return a, false
			}
			gap = n
			continue
		}
		w, ok := parseGroup(group)
		if !ok || n == 14 {
			return a, false
		}
		b[n], b[n+1] = byte(w>>8), byte(w)
		n += 2
	}
	if dot := strings.IndexByte(s, '.'); dot > 0 {
		a4, ok := parseAddr4(s)
		if !ok || !colon || dot > 4 || n > 12 {
			return a, false
		}
		n += copy(b[n:], a4.AsSlice())
	} else {
		w, ok := parseGroup(s)
		if s == "" && gap < 0 || s != "" && !ok {
			return a, false
		}
		b[n], b[n+1] = byte(w>>8), byte(w)
		n += 2
	}
	if (n < 16) != (gap >= 0) {
		return a, false
	}
	if n < 16 {
		copy(b[gap+16-n:], b[gap:n])
		clear(b[gap : gap+16-n])
	}
	return netip.AddrFrom16(b), true
}

// parseGroup reads up to four hexadecimal digits.
func parseGroup(s string) (w uint16, ok bool) {
	if s == "" || len(s) > 4 {
		return 0, false
	}
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			w = w<<4 + uint16(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			w = w<<4 + uint16(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	return w, true
}

// AddrText returns an address as nginx prints it (ngx_inet6_ntop). It differs
// from netip's form for IPv6 addresses of which all but the end is zero, which
// have their end printed as an IPv4 address.
func AddrText(a netip.Addr) string {
	if !a.Is6() || a.Is4In6() {
		return a.String()
	}
	b := a.As16()
	zeros := 0
	for zeros < 8 && b[2*zeros] == 0 && b[2*zeros+1] == 0 {
		zeros++
	}
	if zeros == 6 || zeros == 7 && b[14] != 0 && b[15] != 1 {
		return "::" + netip.AddrFrom4([4]byte(b[12:])).String()
	}
	return a.String()
}

// AddrPortText returns an address with its port as nginx prints it:
// "127.0.0.1:80", "[::1]:80".
func AddrPortText(a netip.AddrPort) string {
	port := strconv.Itoa(int(a.Port()))
	if a.Addr().Is6() {
		return "[" + AddrText(a.Addr()) + "]:" + port
	}
	return AddrText(a.Addr()) + ":" + port
}
