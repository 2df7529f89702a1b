package geo

import (
	"bytes"
	"net/netip"
)

// parse reads an address as ngx_parse_addr does: numbers of IPv4 may be empty
// and have leading zeros.
func parse(text []byte) (netip.Addr, bool) {
	var ip [4]byte
	n, octet := 0, 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9' && octet*10+int(c-'0') <= 255:
			octet = octet*10 + int(c-'0')
		case c == '.' && n < 3:
			ip[n], octet = byte(octet), 0
			n++
		default:
			return parse6(text)
		}
	}
	ip[3] = byte(octet)
	a := netip.AddrFrom4(ip)
	return a, n == 3 && a != none
}

func parse6(text []byte) (netip.Addr, bool) {
	if bytes.IndexByte(text, ':') < 0 || bytes.IndexByte(text, '%') >= 0 {
		return none, false
	}
	var a netip.Addr
	if a.UnmarshalText(text) != nil {
		return none, false
	}
	return a, true
}
