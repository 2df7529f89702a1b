package httpcore

import (
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime"
	"understudy/runtime/httpd"
	"understudy/runtime/listen"
)

// A listenCall is one listen directive.
type listenCall struct {
	addr    netip.AddrPort // of TCP
	path    string         // of a unix socket
	options listen.Options
	isSet   bool // it has options of the socket
	bind    bool // the socket is not shared with a wildcard
	def     bool // default_server
	ssl     bool
	http2   bool
	quic    bool
	proxy   bool // proxy_protocol
	call    *spec.Call
}

func addListen(c *conf, call *spec.Call) error {
	l, err := parseListen(call)
	if err != nil {
		return err
	}
	for _, one := range l {
		for _, other := range c.listens {
			if other.options.Addr == one.options.Addr && other.quic == one.quic {
				return call.Errorf(0, "a duplicate listen %s", call.Args[0].Text)
			}
		}
		c.listens = append(c.listens, one)
	}
	return nil
}

// An address is what all servers say about one address and port.
type address struct {
	listenCall
	servers []serverOn
	def     *httpd.Server
	defCall *listenCall
}

type serverOn struct {
	server *httpd.Server
	scope  *spec.Scope
}

// Listening is what the servers of a http block listen on. Ports are who serves
// the Entries, one for each.
type Listening struct {
	Entries []runtime.Entry
	Ports   []*httpd.Port
}

// buildListening gathers the listen directives of all servers into sockets.
func buildListening(h *httpd.HTTP, s *spec.Scope) error {
	var list []*address
	i := 0
	for _, child := range s.Children {
		if child.In != spec.Server {
			continue
		}
		srv := h.Servers[i]
		i++
		calls := spec.Conf[conf](child).listens
		if len(calls) == 0 {
			calls = []listenCall{defaultListen(child)}
		}
		for _, l := range calls {
			if err := addAddress(&list, l, serverOn{srv, child}); err != nil {
				return err
			}
		}
	}
	var out Listening
	for _, p := range ports(list) {
		port := &httpd.Port{HTTP: h}
		first := p[len(p)-1] // the one whose socket it is
		for _, a := range p {
			x := buildAddress(a, s)
			if a == first {
				port.Any = x
				continue
			}
			if port.Addrs == nil {
				port.Addrs = map[netip.Addr]*httpd.Address{}
			}
			port.Addrs[a.addr.Addr()] = x
		}
		out.Entries = append(out.Entries, runtime.Entry{Options: first.options, Serve: port.Serve})
		out.Ports = append(out.Ports, port)
	}
	spec.SetResult(s, out)
	return nil
}

// defaultListen is what a server without a listen directive listens on.
func defaultListen(s *spec.Scope) listenCall {
	port := uint16(8000)
	if os.Getuid() == 0 {
		port = 80
	}
	a := netip.AddrPortFrom(netip.IPv4Unspecified(), port)
	return listenCall{addr: a, options: listen.Options{Network: "tcp", Addr: a.String()}, call: &spec.Call{Directive: s.At, Scope: s}}
}

// addAddress adds one listen directive of a server to the addresses.
func addAddress(list *[]*address, l listenCall, on serverOn) error {
	for _, a := range *list {
		if a.options.Network != l.options.Network || a.options.Addr != l.options.Addr {
			continue
		}
		if l.isSet {
			if a.isSet {
				return l.call.Errorf(0, "duplicate listen options for %s", l.options.Addr)
			}
			a.options, a.isSet, a.bind = l.options, true, a.bind || l.bind
		}
		if l.def {
			if a.defCall != nil {
				return l.call.Errorf(0, "a duplicate default server for %s", l.options.Addr)
			}
			a.def = on.server
			keep := l
			a.defCall = &keep
		}
		if a.proxy != l.proxy && (a.isSet || l.isSet) {
			l.call.Warnf(0, "protocol-options", "protocol options redefined for %s", l.options.Addr)
		}
		a.ssl, a.http2, a.proxy = a.ssl || l.ssl, a.http2 || l.http2, a.proxy || l.proxy
		a.servers = append(a.servers, on)
		return nil
	}
	a := &address{listenCall: l, def: on.server, servers: []serverOn{on}}
	if l.def {
		keep := l
		a.defCall = &keep
	}
	*list = append(*list, a)
	return nil
}

// ports groups addresses by socket. The last of each group is the address the
// socket is bound to: a wildcard serves the other addresses of its port too,
// unless they are bound on their own.
func ports(list []*address) [][]*address {
	var out [][]*address
	for i, a := range list {
		if a.options.Network == "unix" || a.bind {
			out = append(out, []*address{a})
			continue
		}
		wild := slices.IndexFunc(list, func(b *address) bool {
			return b.options.Network != "unix" && b.addr.Port() == a.addr.Port() && b.addr.Addr().IsUnspecified() && b.addr.Addr().Is4() == a.addr.Addr().Is4()
		})
		switch {
		case wild < 0:
			out = append(out, []*address{a})
		case wild == i:
			group := []*address{}
			for _, b := range list {
				if b != a && b.options.Network != "unix" && !b.bind && b.addr.Port() == a.addr.Port() && b.addr.Addr().Is4() == a.addr.Addr().Is4() {
					group = append(group, b)
				}
			}
			out = append(out, append(group, a))
		}
	}
	// A wildcard that was given with options is bound on its own, and still
	// serves those that were not.
	for i, a := range list {
		if a.bind && a.options.Network != "unix" && a.addr.Addr().IsUnspecified() {
			for j, g := range out {
				if len(g) == 1 && g[0] == a {
					for _, b := range list {
						if b != a && !b.bind && b.options.Network != "unix" && b.addr.Port() == a.addr.Port() && b.addr.Addr().Is4() == a.addr.Addr().Is4() {
							out[j] = append([]*address{b}, out[j]...)
						}
					}
				}
			}
		}
		_ = i
	}
	return out
}

// buildAddress makes the table of names of one address.
func buildAddress(a *address, s *spec.Scope) *httpd.Address {
	x := &httpd.Address{Text: a.options.Addr, Default: a.def, SSL: a.ssl, HTTP2: a.http2, ProxyProtocol: a.proxy}
	for _, on := range a.servers {
		list := spec.Conf[conf](on.scope).nameList
		if len(list) == 0 {
			list = []serverName{{}}
		}
		for _, n := range list {
			if err := x.Add(on.server, n.text, n.re); err != nil {
				*s.Diags() = append(*s.Diags(), diag.Diagnostic{
					Pos: on.scope.At.Name.Pos, Severity: diag.Warning, Code: "NX205", Msg: err.Error(),
				})
			}
		}
	}
	return x
}

// parseListen reads a listen directive: one address for each port of a range.
func parseListen(call *spec.Call) ([]listenCall, error) {
	l := listenCall{call: call}
	text := call.Args[0].Text
	bad := func(what string) error {
		return call.Errorf(0, `%s in "%s" of the "listen" directive`, what, text)
	}
	if path, ok := strings.CutPrefix(text, "unix:"); ok {
		if path == "" {
			return nil, bad("no path in the unix domain socket")
		}
		l.path, l.options = path, listen.Options{Network: "unix", Addr: text}
		return []listenCall{l}, parseListenOptions(&l, call)
	}
	l.options.Network = "tcp"
	host, port := text, ""
	switch {
	case strings.HasPrefix(text, "["):
		i := strings.IndexByte(text, ']')
		if i < 0 {
			return nil, bad("invalid host")
		}
		host, port = text[1:i], strings.TrimPrefix(text[i+1:], ":")
	case strings.Contains(text, ":"):
		host, port, _ = strings.Cut(text, ":")
	case !strings.ContainsAny(text, ".*abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$"):
		host, port = "*", text
	}
	n := 80
	if port != "" || strings.HasSuffix(text, ":") {
		p, err := strconv.Atoi(port)
		if err != nil || p < 1 || p > 65535 {
			return nil, bad("invalid port")
		}
		n = p
	}
	var addr netip.Addr
	switch {
	case host == "" || host == "*":
		addr = netip.IPv4Unspecified()
	default:
		a, err := netip.ParseAddr(host)
		if err != nil {
			if !call.Scope.Env().Offline {
				return nil, bad("host not found")
			}
			a = netip.IPv4Unspecified()
		}
		addr = a
	}
	l.addr = netip.AddrPortFrom(addr, uint16(n))
	l.options.Addr = l.addr.String()
	l.options.IPv6Only = addr.Is6()
	if err := parseListenOptions(&l, call); err != nil {
		return nil, err
	}
	return []listenCall{l}, nil
}

func parseListenOptions(l *listenCall, call *spec.Call) error {
	for _, p := range call.Params(1) {
		switch {
		case p.Key == "default_server" || p.Key == "default":
			l.def = true
		case p.Key == "bind":
			l.isSet, l.bind = true, true
		case p.Key == "backlog":
			n, ok := spec.ParseNumber(p.Val)
			if !ok || n == 0 {
				return call.Errorf(p.Arg, `invalid backlog "%s"`, call.Args[p.Arg].Text)
			}
			l.options.Backlog, l.isSet, l.bind = n, true, true
		case p.Key == "reuseport":
			l.options.ReusePort, l.isSet, l.bind = true, true, true
		case p.Key == "deferred":
			l.options.DeferAccept, l.isSet, l.bind = true, true, true
		case p.Key == "ipv6only":
			l.options.IPv6Only, l.isSet, l.bind = p.Val == "on", true, true
		default:
			return call.Errorf(p.Arg, `invalid parameter "%s"`, call.Args[p.Arg].Text)
		}
	}
	return nil
}
