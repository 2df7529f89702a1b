package spec

import (
	"net/netip"
	"strings"
)

// ParseCIDR reads an address or a network such as "10.0.0.0/8". It is exact
// unless the address has bits that the mask hides, of which nginx warns.
func ParseCIDR(s string) (p netip.Prefix, exact, ok bool) {
	text, bits, masked := strings.Cut(s, "/")
	addr, ok := ParseIP(text)
	if !ok {
		return p, false, false
	}
	n := addr.BitLen()
	if masked {
		if n, ok = ParseNumber(bits); !ok || n > addr.BitLen() {
			return p, false, false
		}
	}
	p = netip.PrefixFrom(addr, n)
	return p.Masked(), p == p.Masked(), true
}

// ParseIP reads an address as nginx does: one of IPv4 may have leading zeros,
// which do not make it octal, and empty numbers, which are zero.
func ParseIP(s string) (netip.Addr, bool) {
	if strings.Contains(s, ":") {
		a, err := netip.ParseAddr(s)
		return a, err == nil && a.Zone() == ""
	}
	var ip [4]byte
	parts := strings.Split(s, ".")
	if len(parts) != len(ip) {
		return netip.Addr{}, false
	}
	for i, part := range parts {
		n, ok := ParseNumber(part)
		if part != "" && !ok || n > 255 {
			return netip.Addr{}, false
		}
		ip[i] = byte(n)
	}
	// nginx takes this address for the mark of a failure.
	return netip.AddrFrom4(ip), ip != [4]byte{255, 255, 255, 255}
}
