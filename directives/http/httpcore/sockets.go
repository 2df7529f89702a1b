package httpcore

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime"
	"understudy/runtime/httpd"
)

// Listening is what the servers of a http block listen on. Ports are who serves
// the Entries, one for each.
type Listening struct {
	Entries []runtime.Entry
	Ports   []*httpd.Port
}

// buildListening makes sockets of the addresses that the listen directives name.
func buildListening(c *conf, h *httpd.HTTP, s *spec.Scope) error {
	var out Listening
	of := map[*spec.Scope]*httpd.Server{}
	for _, child := range s.Children {
		if child.In == spec.Server {
			of[child] = h.Servers[len(of)]
		}
	}
	for _, p := range c.ports {
		for _, a := range p.addrs {
			if err := a.checkTLS(of); err != nil {
				return err
			}
		}
	}
	for _, p := range c.ports {
		for _, group := range p.sockets() {
			port := &httpd.Port{HTTP: h}
			last := len(group) - 1
			for i, a := range group {
				x, err := buildAddress(a, of, s)
				if err != nil {
					return err
				}
				if i == last {
					port.Any = x
					continue
				}
				if port.Addrs == nil {
					port.Addrs = map[netip.Addr]*httpd.Address{}
				}
				port.Addrs[a.addr.Addr()] = x
			}
			out.Entries = append(out.Entries, runtime.Entry{Options: group[last].options, Serve: port.Serve, Accepted: port.Accepted})
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
	if !addrs[last].wildcard {
		last++
	}
	var groups [][]*address
	var shared []*address
	for i, a := range addrs {
		switch {
		case i == last:
			groups = append(groups, append(shared, a))
		case a.bind || last == len(addrs):
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

// buildAddress makes the table of names of one address. A server that is alone
// takes all requests, whatever its names are.
func buildAddress(a *address, of map[*spec.Scope]*httpd.Server, s *spec.Scope) (*httpd.Address, error) {
	x := &httpd.Address{Text: a.text, Default: of[a.byFault], SSL: a.ssl, HTTP2: a.http2, ProxyProtocol: a.proxy}
	if len(a.servers) == 1 && !capturing(spec.Conf[conf](a.byFault).nameList) {
		return x, nil
	}
	for _, on := range a.servers {
		list := spec.Conf[conf](on).nameList
		if len(list) == 0 {
			list = []serverName{{}}
		}
		for _, n := range list {
			var taken httpd.Conflict
			err := x.Add(of[on], n.text, n.re)
			switch {
			case err == nil:
			case errors.As(err, &taken):
				s.Diags().Warn(diag.Pos{}, "name-conflict", "%v", err)
			default:
				return nil, diag.Diagnostic{Severity: diag.Error, Code: "bad-name", Msg: err.Error()}
			}
		}
	}
	return x, nil
}

// capturing reports whether a name is a regular expression that keeps parts of
// the host.
func capturing(list []serverName) bool {
	return slices.ContainsFunc(list, func(n serverName) bool { return n.re != nil && n.re.NumCaptures() > 0 })
}

// checkTLS refuses an address with TLS whose servers have no certificates. Where
// the default server rejects all handshakes, the others are asked.
func (a *address) checkTLS(of map[*spec.Scope]*httpd.Server) error {
	if !a.ssl {
		return nil
	}
	servers := []*spec.Scope{a.byFault}
	if t := of[a.byFault].TLS; t.Context != nil && t.Context.Rejects() {
		servers = a.servers
	}
	for _, s := range servers {
		if of[s].TLS.Context == nil {
			at := s.At.Name.Pos
			return diag.Diagnostic{Severity: diag.Error, Code: "no-certificate", Msg: fmt.Sprintf(
				`no "ssl_certificate" is defined for the "listen ... ssl" directive in %s:%d`, at.File, at.Line)}
		}
	}
	return nil
}
