package streamcore

import (
	"errors"
	"net/netip"
	"slices"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime"
	"understudy/runtime/stream"
)

// Listening is what the servers of a stream block listen on. Ports are who
// serves the Entries, one for each.
type Listening struct {
	Entries []runtime.Entry
	Ports   []*stream.Port
}

// build makes the runtime graph of a stream block when it closes.
func build(c *conf, call *spec.Call) error {
	s := call.Inner
	st := stream.New(s.StreamVars(), s.Env().Log, s.Env().Version)
	spec.SetResult(s, st)
	s.BuildStreamMain(st)
	for _, child := range s.Children {
		if child.In != spec.StreamServer {
			continue
		}
		srv := &stream.Server{Pos: child.At.Name.Pos, Name: firstName(spec.Conf[conf](child).nameList)}
		child.BuildStreamServer(st, srv)
		st.Servers = append(st.Servers, srv)
	}
	s.LinkStream()
	return buildListening(c, st, s)
}

// buildListening makes sockets of the addresses that the listen directives name.
func buildListening(c *conf, st *stream.Stream, s *spec.Scope) error {
	var out Listening
	of := map[*spec.Scope]*stream.Server{}
	for _, child := range s.Children {
		if child.In == spec.StreamServer {
			of[child] = st.Servers[len(of)]
		}
	}
	for _, p := range c.ports {
		for _, group := range p.sockets() {
			last := len(group) - 1
			port := &stream.Port{Stream: st, Text: group[last].text}
			for i, a := range group {
				x := buildAddress(a, of, s)
				if i == last {
					port.Any = x
					continue
				}
				if port.Addrs == nil {
					port.Addrs = map[netip.Addr]*stream.Address{}
				}
				port.Addrs[a.addr.Addr()] = x
			}
			e := runtime.Entry{Options: group[last].options, Serve: port.Serve}
			if p.udp {
				e.Serve, e.ServeUDP = nil, port.ServeUDP
			}
			out.Entries = append(out.Entries, e)
			out.Ports = append(out.Ports, port)
		}
	}
	spec.SetResult(s, out)
	return nil
}

// sockets groups the addresses of a port by socket. The last of each group is
// the address that the socket is bound to: a wildcard serves the others that
// are not bound on their own.
func (p *port) sockets() [][]*address {
	addrs := slices.Clone(p.addrs)
	slices.SortStableFunc(addrs, func(a, b *address) int { return a.rank() - b.rank() })
	last := len(addrs) - 1
	wild := addrs[last].wildcard
	var groups [][]*address
	var shared []*address
	for i, a := range addrs {
		switch {
		case wild && i == last:
			groups = append(groups, append(shared, a))
		case a.bind || !wild:
			groups = append(groups, []*address{a})
		default:
			shared = append(shared, a)
		}
	}
	return groups
}

// rank orders addresses: those that are bound first, a wildcard last.
func (a *address) rank() int {
	switch {
	case a.wildcard:
		return 2
	case a.bind:
		return 0
	}
	return 1
}

// buildAddress makes the table of names of one address.
func buildAddress(a *address, of map[*spec.Scope]*stream.Server, s *spec.Scope) *stream.Address {
	x := &stream.Address{Text: a.text, Default: of[a.byFault], SSL: a.ssl, ProxyProtocol: a.proxy}
	if len(a.servers) == 1 && !capturing(spec.Conf[conf](a.byFault).nameList) {
		return x
	}
	for _, on := range a.servers {
		list := spec.Conf[conf](on).nameList
		if len(list) == 0 {
			list = []serverName{{}}
		}
		for _, n := range list {
			var taken stream.Conflict
			if err := x.Add(of[on], n.text, n.re); errors.As(err, &taken) {
				s.Diags().Warn(diag.Pos{}, "name-conflict", "%v", err)
			}
		}
	}
	return x
}

// capturing reports whether a name is a regular expression that keeps parts of
// the host.
func capturing(list []serverName) bool {
	return slices.ContainsFunc(list, func(n serverName) bool { return n.re != nil && n.re.NumCaptures() > 0 })
}
