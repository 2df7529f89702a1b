package main

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/runtime"
	"understudy/runtime/httpd"
)

// An opening is a URL to type into a browser on this machine, and the server that
// answers there.
type opening struct {
	URL    string `json:"url"`
	Server string `json:"server"` // its first name; "": it has none
}

// A door is an address of this machine that leads to servers.
type door struct {
	at netip.AddrPort
	to *httpd.Address
}

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// openings are the URLs of a configuration: for each port of this machine that of the
// server that localhost gets to, then those of servers with a name, of theirs or of the
// overlay, that leads here.
func openings(c *configuration, hosts []substitution) []opening {
	if c.compiled.HTTP == nil {
		return nil
	}
	// A name that a person has chosen may be one that the system knows.
	known := map[string]bool{}
	for _, h := range hosts {
		if !leads(h.to, netip.AddrPortFrom(loopback, 0)) {
			addrs, _ := lookupWithin(h.to, lookupLater)
			known[h.to] = slices.Contains(addrs, loopback.String())
		}
	}
	return openingsOf(doors(c.compiled.Graph.Listen, spec.Result[httpcore.Listening](c.compiled.Main)), c.compiled.HTTP.Servers, hosts, known)
}

// doors are the addresses at which a browser would find servers, each once. sockets are
// those of the graph, and say where they are bound.
func doors(sockets []runtime.Entry, l httpcore.Listening) (list []door) {
	add := func(a netip.AddrPort, port *httpd.Port) {
		to := port.Address(a.Addr())
		if !to.ProxyProtocol && !slices.ContainsFunc(list, func(d door) bool { return d.at == a }) {
			list = append(list, door{a, to})
		}
	}
	// A socket of one address has the connections to it, whatever wildcards there are.
	for _, wildcard := range []bool{false, true} {
		for i := range sockets {
			o := &sockets[i].Options
			n := slices.IndexFunc(l.Entries, func(e runtime.Entry) bool { return e.Network == o.Network && e.Addr == o.Addr })
			at, err := netip.ParseAddrPort(cmp.Or(o.Bind, o.Addr))
			if n < 0 || err != nil || o.Network != "tcp" || at.Addr().IsUnspecified() != wildcard {
				continue
			}
			port := l.Ports[n]
			if !wildcard {
				add(at, port)
				continue
			}
			to := loopback
			if at.Addr().Is6() && o.IPv6Only {
				to = netip.IPv6Loopback()
			}
			add(netip.AddrPortFrom(to, at.Port()), port)
			for ip := range port.Addrs {
				if ip.IsLoopback() {
					add(netip.AddrPortFrom(ip, at.Port()), port)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b door) int {
		return cmp.Or(order(sockets, a)-order(sockets, b), a.at.Compare(b.at))
	})
	return list
}

// order is the place of the first socket with the port of a door.
func order(sockets []runtime.Entry, d door) int {
	return slices.IndexFunc(sockets, func(e runtime.Entry) bool {
		return strings.HasSuffix(cmp.Or(e.Bind, e.Addr), ":"+strconv.Itoa(int(d.at.Port())))
	})
}

// openingsOf are those of doors. Hosts that are known lead to the loopback address.
func openingsOf(doors []door, servers []*httpd.Server, hosts []substitution, known map[string]bool) (list []opening) {
	// add adds a URL of host, which the configuration knows as name.
	add := func(d door, host, name string) {
		scheme, own := "http", uint16(80)
		if d.to.SSL {
			scheme, own = "https", 443
		}
		port := strconv.Itoa(int(d.at.Port()))
		u := url.URL{Scheme: scheme, Host: net.JoinHostPort(host, port), Path: "/"}
		if d.at.Port() == own {
			u.Host = strings.TrimSuffix(u.Host, ":"+port)
		}
		s, _, _ := d.to.Find(nil, []byte(name))
		text := u.String()
		if s != nil && !slices.ContainsFunc(list, func(o opening) bool { return o.URL == text }) {
			list = append(list, opening{text, s.Name})
		}
	}
	inner := func(host string) string { // the name that the configuration has for one of the overlay
		for _, h := range hosts {
			if h.to == host {
				return h.from
			}
		}
		return host
	}
	// localhost is both loopback addresses: the other one is told of if it is another server's.
	twin := func(d door) bool {
		i := slices.IndexFunc(doors, func(o door) bool { return o.at == netip.AddrPortFrom(loopback, d.at.Port()) })
		return d.at.Addr() == netip.IPv6Loopback() && i >= 0 && doors[i].to.SSL == d.to.SSL && doors[i].to.Default == d.to.Default
	}
	for _, d := range doors {
		if twin(d) {
			continue
		}
		host := d.at.Addr().String()
		if d.at.Addr() == loopback {
			host = "localhost"
		}
		add(d, host, inner(host))
	}
	for _, d := range doors {
		for _, s := range servers {
			for _, name := range s.Names {
				name = strings.TrimPrefix(strings.ToLower(name), ".")
				if found, _, _ := d.to.Find(nil, []byte(name)); found != s {
					continue // not on this address
				}
				if leads(name, d.at) && inner(name) == name {
					add(d, name, name)
				}
				for _, h := range hosts {
					if h.from == name && (leads(h.to, d.at) || known[h.to] && d.at.Addr() == loopback) {
						add(d, h.to, name)
					}
				}
			}
		}
	}
	return list
}

// here reports whether a name or address leads to this machine.
func here(host string) bool {
	addrs, _ := lookupWithin(host, lookupLater)
	if a, err := netip.ParseAddr(host); err == nil {
		addrs = []string{a.String()}
	}
	own, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(addrs, func(text string) bool {
		a, err := netip.ParseAddr(text)
		return err == nil && (a.IsLoopback() || slices.ContainsFunc(own, func(o net.Addr) bool {
			p, err := netip.ParsePrefix(o.String())
			return err == nil && p.Addr() == a.Unmap()
		}))
	})
}

// leads reports whether a name leads to an address of this machine: names below
// localhost do (RFC 6761 section 6.3), and other names only if the system says so,
// which is not asked: most are of the server that the configuration is for.
func leads(name string, to netip.AddrPort) bool {
	if a, err := netip.ParseAddr(name); err == nil {
		return a == to.Addr() && a.Is4() // a name of the Host field is without brackets
	}
	return to.Addr() == loopback && (name == "localhost" || strings.HasSuffix(name, ".localhost") && !strings.ContainsAny(name, "*~"))
}
