package streamcore

import (
	"slices"

	"understudy/directives/spec"
)

// A port is the addresses with one port number and one family. The listen
// directives add to it as they are read.
type port struct {
	number uint16
	family family
	udp    bool
	addrs  []*address
}

type family int8

const (
	unix family = iota
	ip4
	ip6
)

func (l *listenCall) family() family {
	switch a := l.addr.Addr(); {
	case !a.IsValid():
		return unix
	case a.Is4():
		return ip4
	}
	return ip6
}

// An address is what all servers say about one address and port.
type address struct {
	listenCall
	servers []*spec.Scope
	byFault *spec.Scope // the default server

	// To warn of servers that do not agree on what is spoken: what the last
	// one said, if it was not the first.
	was          protocols
	wasSet       bool
	wasDifferent bool
}

// add adds what a listen directive says of an address.
func (c *conf) add(l listenCall, server *spec.Scope, call *spec.Call) error {
	i := slices.IndexFunc(c.ports, func(p *port) bool {
		return p.number == l.addr.Port() && p.family == l.family() && p.udp == l.udp
	})
	if i < 0 {
		c.ports = append(c.ports, &port{number: l.addr.Port(), family: l.family(), udp: l.udp})
		i = len(c.ports) - 1
	}
	p := c.ports[i]
	for _, a := range p.addrs {
		if a.text == l.text {
			return a.add(l, server, call)
		}
	}
	p.addrs = append(p.addrs, &address{listenCall: l, servers: []*spec.Scope{server}, byFault: server})
	return nil
}

// add adds what another directive says of the same address.
func (a *address) add(l listenCall, server *spec.Scope, call *spec.Call) error {
	if slices.Contains(a.servers, server) {
		return call.Errorf(0, "a duplicate listen %s", a.text)
	}
	a.servers = append(a.servers, server)
	def, before, set := a.def, a.protocols, a.isSet
	if l.isSet {
		if a.isSet {
			return call.Errorf(0, "duplicate listen options for %s", a.text)
		}
		a.listenCall = l
	}
	if l.def {
		if def {
			return call.Errorf(0, "a duplicate default server for %s", a.text)
		}
		def, a.byFault = true, server
	}
	a.agree(before, set, &l, call)
	a.def = def
	a.protocols = before.or(l.protocols)
	return nil
}

// agree warns if the directive says something else about the protocols than
// those before it. Leaving a protocol out is fine as long as all but one do.
func (a *address) agree(before protocols, set bool, l *listenCall, call *spec.Call) {
	said, warn := l.protocols, false
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
		call.Warnf(0, "protocol-options", "protocol options redefined for %s", a.text)
	}
}

func (p protocols) or(q protocols) protocols {
	return protocols{p.proxy || q.proxy, p.ssl || q.ssl}
}
