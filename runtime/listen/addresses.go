package listen

import "net/netip"

// Addresses are what serves the connections of one socket. A wildcard socket
// serves several addresses, told apart by where a connection arrived.
type Addresses[A any] struct {
	Any   A // for all addresses without their own
	Addrs map[netip.Addr]A
}

// Address returns what serves a connection to local.
func (x *Addresses[A]) Address(local netip.Addr) A {
	if len(x.Addrs) > 0 {
		if a, ok := x.Addrs[local.Unmap()]; ok {
			return a
		}
	}
	return x.Any
}
