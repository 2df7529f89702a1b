package listening

import (
	"fmt"
	"net/netip"
	"slices"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/certs"
	"understudy/runtime/listen"
)

// A port is the addresses with one port number and one family. The listen
// directives add to it as they are read.
type port struct {
	number uint16
	family family
	udp    bool
	addrs  []*Address
}

type family int8

const (
	unix family = iota
	ip4
	ip6
)

func (s *Said) family() family {
	switch a := s.Addr(); {
	case !a.IsValid():
		return unix
	case a.Is4():
		return ip4
	}
	return ip6
}

// An Address is what all servers say about one address and port.
type Address struct {
	Said
	Servers []*spec.Scope
	Default *spec.Scope // the default server

	// To warn of servers that do not agree on what is spoken: what the last
	// one said, if it was not the first.
	was          Protocols
	wasSet       bool
	wasDifferent bool
}

// add adds what a listen directive says of an address.
func (p *Ports) add(l *Said, server *spec.Scope, call *spec.Call) error {
	i := slices.IndexFunc(p.list, func(p *port) bool {
		return p.number == l.addr.Port() && p.family == l.family() && p.udp == l.UDP
	})
	if i < 0 {
		p.list = append(p.list, &port{number: l.addr.Port(), family: l.family(), udp: l.UDP})
		i = len(p.list) - 1
	}
	for _, a := range p.list[i].addrs {
		if a.Text == l.Text {
			return a.add(l, server, call)
		}
	}
	p.list[i].addrs = append(p.list[i].addrs, &Address{Said: *l, Servers: []*spec.Scope{server}, Default: server})
	return nil
}

// add adds what another directive says of the same address.
func (a *Address) add(l *Said, server *spec.Scope, call *spec.Call) error {
	if slices.Contains(a.Servers, server) {
		return call.Errorf(0, "a duplicate listen %s", a.Text)
	}
	a.Servers = append(a.Servers, server)
	def, before, set := a.def, a.Protocols, a.isSet
	if l.isSet {
		if a.isSet {
			return call.Errorf(0, "duplicate listen options for %s", a.Text)
		}
		a.Said = *l
	}
	if l.def {
		if def {
			return call.Errorf(0, "a duplicate default server for %s", a.Text)
		}
		def, a.Default = true, server
	}
	a.agree(before, set, l, call)
	a.def = def
	a.Protocols = before.or(l.Protocols)
	return nil
}

// agree warns if the directive says something else about the protocols than
// those before it. Leaving a protocol out is fine as long as all but one do.
func (a *Address) agree(before Protocols, set bool, l *Said, call *spec.Call) {
	said, warn := l.Protocols, false
	switch both := before.or(said); {
	case both != before: // added
		warn = set && !l.isSet || a.wasDifferent || both != said
		a.was, a.wasDifferent = before, true
	case both != said: // left out
		warn = l.isSet || a.wasSet && said != a.was
		a.was, a.wasDifferent = said, true
	default:
		warn = l.isSet && a.wasDifferent || a.wasSet && said != a.was
		a.was = said
	}
	a.wasSet = true
	if warn {
		call.Warnf(0, "protocol-options", "protocol options redefined for %s", a.Text)
	}
}

func (p Protocols) or(q Protocols) Protocols {
	return Protocols{p.ProxyProtocol || q.ProxyProtocol, p.SSL || q.SSL, p.HTTP2 || q.HTTP2}
}

// CheckCertificates refuses addresses with TLS whose servers have no
// certificates; of returns what a server says. Where the default server rejects
// all handshakes and has no certificates either, the others are asked.
func (p *Ports) CheckCertificates(of func(*spec.Scope) *certs.Context) error {
	for _, port := range p.list {
		for _, a := range port.addrs {
			if !a.SSL {
				continue
			}
			servers := []*spec.Scope{a.Default}
			if x := of(a.Default); x != nil && x.OnlyRejects() {
				servers = a.Servers
			}
			for _, s := range servers {
				if of(s) == nil {
					at := s.At.Name.Pos
					return diag.Diagnostic{Severity: diag.Error, Code: "no-certificate", Msg: fmt.Sprintf(
						`no "ssl_certificate" is defined for the "listen ... ssl" directive in %s:%d`, at.File, at.Line)}
				}
			}
		}
	}
	return nil
}

// A Socket is one to be bound, and the addresses that it serves.
type Socket struct {
	*Address            // that it is bound to
	Shares   []*Address // others that it serves, told apart by where a connection arrives
}

// Sockets groups the addresses by socket: a wildcard serves the others of its
// port that are not bound on their own.
func (p *Ports) Sockets() []Socket {
	var list []Socket
	for _, port := range p.list {
		addrs := slices.Clone(port.addrs)
		slices.SortStableFunc(addrs, func(a, b *Address) int { return a.rank() - b.rank() })
		last := len(addrs) - 1
		wild := addrs[last].wildcard
		var shared []*Address
		for i, a := range addrs {
			switch {
			case wild && i == last:
				list = append(list, Socket{a, shared})
			case a.bind || !wild:
				list = append(list, Socket{a, nil})
			default:
				shared = append(shared, a)
			}
		}
	}
	return list
}

// rank orders addresses: those that are bound first, a wildcard last.
func (a *Address) rank() int {
	switch {
	case a.wildcard:
		return 2
	case a.bind:
		return 0
	}
	return 1
}

// Addresses makes what serves each address of a socket.
func Addresses[A any](s Socket, build func(*Address) (A, error)) (x listen.Addresses[A], err error) {
	for _, a := range s.Shares {
		if x.Addrs == nil {
			x.Addrs = map[netip.Addr]A{}
		}
		if x.Addrs[a.Addr()], err = build(a); err != nil {
			return x, err
		}
	}
	x.Any, err = build(s.Address)
	return x, err
}
