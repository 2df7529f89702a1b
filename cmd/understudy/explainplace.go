package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"understudy/runtime"
	"understudy/runtime/listen"
)

// A place is where a connection would arrive.
type place[A any] struct {
	address A
	port    int // its index
	local   netip.AddrPort
	why     string
}

// arrive finds who listens for a query among sockets of a network. The name of a host
// says nothing of its address, so an address in the URL is taken as it is, and for a
// name every address of the port will do, best one where a server has that name.
func arrive[A any](q *query, network string, entries []runtime.Entry, of func(i int) *listen.Addresses[A], knows func(A) bool) (place[A], error) {
	client, given, err := q.port()
	if err != nil {
		return place[A]{}, err
	}
	port := uint16(q.overlay.port(int(client)))
	if root := int(client) - firstShift; port == client && root > 0 && root < 1024 && !listens(entries, client) && listens(entries, uint16(root)) {
		port = uint16(root)
	}
	host, _ := netip.ParseAddr(q.url.Hostname())
	var all []string
	best, score := place[A]{}, 0
	for i := range entries {
		e := &entries[i]
		if e.Network != network && !(e.Network == "unix" && network == "tcp") {
			continue
		}
		if !slices.Contains(all, e.Addr) {
			all = append(all, e.Addr)
		}
		addr, err := netip.ParseAddrPort(e.Addr)
		if err != nil { // a unix socket
			continue
		}
		p, n := candidate(of(i), addr, host)
		if n > 0 && !host.IsValid() && knows(p.address) {
			n++
		}
		switch {
		case n == 0:
			continue
		case addr.Port() == port:
			n += 100
		case given:
			continue
		}
		if n > score {
			best, score = p, n
			best.port = i
		}
	}
	switch {
	case len(all) == 0:
		return best, failf(exitFound, "the configuration has no server that listens on a %s port", network)
	case score == 0:
		return best, failf(exitFound, "nothing listens on port %d: the configuration listens on %s", port, strings.Join(all, ", "))
	case score < 100 && len(all) > 1:
		return best, failf(exitFound, "nothing listens on port %d; put a port into the URL: the configuration listens on %s", port, strings.Join(all, ", "))
	case score < 100:
		best.why = fmt.Sprintf("nothing listens on port %d, and this is all there is", port)
	case port != client:
		best.why = fmt.Sprintf("run puts port %d at %d", port, client)
		if q.overlay.port(int(client)) != int(port) {
			best.why += ", where ports below 1024 are for root only"
		}
	}
	return best, nil
}

// listens reports whether there is a socket for a port.
func listens(entries []runtime.Entry, port uint16) bool {
	return slices.ContainsFunc(entries, func(e runtime.Entry) bool {
		a, err := netip.ParseAddrPort(e.Addr)
		return err == nil && a.Port() == port
	})
}

// candidate says how well a socket does for a host: 0 not at all.
func candidate[A any](p *listen.Addresses[A], addr netip.AddrPort, host netip.Addr) (place[A], int) {
	at := place[A]{address: p.Any, local: addr}
	if host.IsValid() {
		if a, ok := p.Addrs[host]; ok {
			return place[A]{address: a, local: netip.AddrPortFrom(host, addr.Port())}, 3
		}
		switch {
		case addr.Addr() == host:
			return at, 3
		case addr.Addr().IsUnspecified() && addr.Addr().Is4() == host.Is4():
			at.local = netip.AddrPortFrom(host, addr.Port())
			return at, 2
		}
		return at, 0
	}
	if addr.Addr().IsUnspecified() {
		loopback := netip.MustParseAddr("127.0.0.1")
		if addr.Addr().Is6() {
			loopback = netip.IPv6Loopback()
		}
		at.local = netip.AddrPortFrom(loopback, addr.Port())
	}
	return at, 1
}
