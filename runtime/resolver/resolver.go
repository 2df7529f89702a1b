// Package resolver turns addresses and names into socket addresses: it reads
// addresses as nginx writes them, looks the names of a configuration up with the
// system's resolver, once, when it is read, and those that only a request knows
// with a Resolver, which asks the servers of the resolver directive.
package resolver

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// ErrNotFound says that a name has no address.
var ErrNotFound = errors.New("host not found")

// Lookup returns the addresses of a host in the order in which the system
// gives them, as getaddrinfo does for nginx: with AI_ADDRCONFIG, so that a host
// without IPv6 of its own gets no IPv6 addresses. Numbers such as 127.1 are
// addresses, too. The error is ErrNotFound, whatever the cause.
func Lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, ok := parseNumber(host); ok {
		return []netip.Addr{a}, nil
	}
	r := net.Resolver{PreferGo: true}
	list, err := r.LookupNetIP(ctx, families(), host)
	if err != nil || len(list) == 0 {
		return nil, ErrNotFound
	}
	for i, a := range list {
		list[i] = a.Unmap()
	}
	return list, nil
}

// families is the network for LookupNetIP: "ip4" or "ip6" if only this family
// is configured besides the loopback interface, else "ip".
func families() string {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "ip"
	}
	var v4, v6 bool
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		switch {
		case !ok:
		case n.IP.To4() == nil:
			v6 = v6 || !n.IP.IsLoopback()
		default:
			// Only 127.0.0.1 itself does not count.
			v4 = v4 || !n.IP.Equal(net.IPv4(127, 0, 0, 1))
		}
	}
	switch {
	case v4 && !v6:
		return "ip4"
	case v6 && !v4:
		return "ip6"
	}
	return "ip"
}

// parseNumber reads the forms of IPv4 addresses that getaddrinfo takes from
// inet_aton: one to four numbers, decimal, octal or hexadecimal, the last of
// which fills the bytes that are left.
func parseNumber(host string) (a netip.Addr, ok bool) {
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return a, false
	}
	var sum uint32
	for i, part := range parts {
		if part == "" || part[0] < '0' || part[0] > '9' || strings.ContainsAny(part, "_oObB") && !isHex(part) {
			return a, false
		}
		n, err := strconv.ParseUint(part, 0, 32)
		if err != nil {
			return a, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return a, false
			}
			sum |= uint32(n) << (24 - 8*i)
			continue
		}
		if n>>(32-8*i) != 0 {
			return a, false
		}
		sum |= uint32(n)
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], sum)
	return netip.AddrFrom4(b), true
}

// isHex tells whether a number is hexadecimal, where b is a digit.
func isHex(s string) bool {
	return len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && !strings.Contains(s, "_")
}
