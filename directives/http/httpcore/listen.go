package httpcore

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/listen"
	"understudy/runtime/resolver"
)

// A listenCall is what a listen directive says of one address.
type listenCall struct {
	addr     netip.AddrPort // not valid: a unix socket
	text     string         // as nginx prints it
	options  listen.Options
	wildcard bool
	isSet    bool // it has options of the socket
	bind     bool // the socket is not shared with a wildcard
	def      bool // default_server
	backlog  bool // backlog= is given
	quic     bool
	protocols
}

// protocols are what is spoken on an address.
type protocols struct{ proxy, ssl, http2 bool }

func addListen(c *conf, call *spec.Call) error {
	c.hasListen = true
	list, err := parseListen(call)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, l := range list {
		if seen[l.text] {
			continue
		}
		seen[l.text] = true
		if err := httpConf(call.Scope).add(l, call.Scope, call); err != nil {
			return err
		}
	}
	return nil
}

// httpConf returns the configuration of the http block around s.
func httpConf(s *spec.Scope) *conf {
	for s.Parent != nil && s.In&spec.HTTP == 0 {
		s = s.Parent
	}
	return spec.OwnConf[conf](s)
}

// closeServer gives a server without a listen directive the default address.
func closeServer(c *conf, call *spec.Call) error {
	if c.hasListen {
		return nil
	}
	port := uint16(8000)
	if os.Getuid() == 0 {
		port = 80
	}
	l := newListen(netip.AddrPortFrom(netip.IPv4Unspecified(), port))
	return httpConf(call.Inner).add(l, call.Inner, call)
}

func newListen(a netip.AddrPort) listenCall {
	text := resolver.AddrPortText(a)
	return listenCall{
		addr: a, text: text, wildcard: a.Addr().IsUnspecified(),
		options: listen.Options{Network: "tcp", Addr: text, IPv6Only: a.Addr().Is6()},
	}
}

// parseListen reads a listen directive: what it says of each address of a host
// and each port of a range.
func parseListen(call *spec.Call) ([]listenCall, error) {
	text := call.Args[0].Text
	env := call.Scope.Env()
	u, err := resolver.ParseURL(context.Background(), text, resolver.Options{
		DefaultPort: 80, Listen: true, NoResolve: env.Offline, Lookup: lookup(env),
	})
	if err != nil {
		return nil, call.Errorf(0, `%v in "%s" of the "listen" directive`, err, text)
	}
	var said listenCall
	if err := said.parse(call); err != nil {
		return nil, err
	}
	if err := said.check(call); err != nil {
		return nil, err
	}
	if u.Network == "unix" {
		name := "unix:" + u.Host
		said.text, said.options.Network, said.options.Addr = name, "unix", name
		return []listenCall{said}, nil
	}
	addrs := u.Addrs
	if len(addrs) == 0 { // a name that is not looked up
		addrs = []netip.AddrPort{netip.AddrPortFrom(httpConf(call.Scope).standIn(u.Host), uint16(u.Port))}
	}
	list := make([]listenCall, len(addrs))
	for i, a := range addrs {
		l, at := said, newListen(a)
		l.addr, l.text, l.wildcard = a, at.text, at.wildcard
		l.options.Network, l.options.Addr = "tcp", at.text
		l.options.IPv6Only = a.Addr().Is6() && !said.options.IPv6Only
		list[i] = l
	}
	return list, nil
}

// lookup adapts the environment's way to look names up.
func lookup(env *spec.Options) func(context.Context, string) ([]netip.Addr, error) {
	if env.Lookup == nil {
		return nil
	}
	return func(_ context.Context, host string) ([]netip.Addr, error) {
		texts, err := env.Lookup(host)
		var addrs []netip.Addr
		for _, t := range texts {
			if a, ok := resolver.ParseAddr(t); ok {
				addrs = append(addrs, a)
			}
		}
		return addrs, err
	}
}

// standIn is an address for a host that is not looked up, of those that are
// nobody's (RFC 5737): another one for each name.
func (c *conf) standIn(host string) netip.Addr {
	a, ok := c.standIns[host]
	if !ok {
		if c.standIns == nil {
			c.standIns = map[string]netip.Addr{}
		}
		a = netip.AddrFrom4([4]byte{192, 0, 2, byte(len(c.standIns) + 1)})
		c.standIns[host] = a
	}
	return a
}

// parse reads the parameters. While it does, IPv6Only means that it is off.
func (l *listenCall) parse(call *spec.Call) error {
	for _, p := range call.Params(1) {
		word := call.Args[p.Arg].Text
		bad := func(what string) error { return call.Errorf(p.Arg, `invalid %s "%s"`, what, word) }
		socket, ok := true, true
		var n int
		var size int64
		switch o := &l.options; {
		case word == "default_server" || word == "default":
			l.def, socket = true, false
		case word == "bind":
		case p.Key == "fastopen" && p.Has:
			if n, ok = spec.ParseNumber(p.Val); !ok {
				return bad("fastopen")
			}
			o.FastOpen = n
		case p.Key == "backlog" && p.Has:
			if n, ok = spec.ParseNumber(p.Val); !ok || n == 0 {
				return bad("backlog")
			}
			o.Backlog, l.backlog = n, true
		case p.Key == "rcvbuf" && p.Has:
			if size, ok = spec.ParseSize(p.Val, false); !ok {
				return bad("rcvbuf")
			}
			o.RcvBuf = int(size)
		case p.Key == "sndbuf" && p.Has:
			if size, ok = spec.ParseSize(p.Val, false); !ok {
				return bad("sndbuf")
			}
			o.SndBuf = int(size)
		case p.Key == "accept_filter" && p.Has:
			call.Warnf(p.Arg, "accept-filter", `accept filters "%s" are not supported on this platform, ignored`, word)
			socket = false
		case word == "deferred":
			o.DeferAccept = true
		case strings.HasPrefix(word, "ipv6only=o"):
			if p.Val != "on" && p.Val != "off" {
				return call.Errorf(p.Arg, `invalid ipv6only flags "%s"`, p.Val)
			}
			o.IPv6Only = p.Val == "off"
		case word == "reuseport":
			o.ReusePort = true
		case word == "multipath":
			o.Multipath = true
		case p.Key == "so_keepalive" && p.Has:
			if o.KeepAlive, ok = parseKeepalive(p.Val); !ok {
				return call.Errorf(p.Arg, `invalid so_keepalive value: "%s"`, p.Val)
			}
		default:
			if err := l.parseProtocol(call, p.Arg, word); err != nil {
				return err
			}
			socket = false
		}
		if socket {
			l.isSet, l.bind = true, true
		}
	}
	return nil
}

// parseProtocol reads the parameters that say what is spoken.
func (l *listenCall) parseProtocol(call *spec.Call, arg int, word string) error {
	needs := ""
	switch word {
	case "ssl":
		l.ssl, needs = true, "ssl_certificate"
	case "http2":
		call.Warnf(arg, "listen-http2", `the "listen ... http2" directive is deprecated, use the "http2" directive instead`)
		l.http2, needs = true, "http2"
	case "quic":
		l.quic, needs = true, "http3"
	case "proxy_protocol":
		l.proxy = true
	default:
		return call.Errorf(arg, `invalid parameter "%s"`, word)
	}
	if needs != "" && !call.Scope.Supports(needs, spec.Server) {
		return call.Coded(arg, "unsupported", `the "%s" parameter is not supported yet`, word)
	}
	return nil
}

// check refuses what does not go together with QUIC.
func (l *listenCall) check(call *spec.Call) error {
	if !l.quic {
		return nil
	}
	l.options.Network = "udp"
	for _, p := range []struct {
		given bool
		name  string
	}{
		{l.options.FastOpen != 0, "fastopen"}, {l.backlog, "backlog"}, {l.options.DeferAccept, "deferred"},
		{l.options.Multipath, "multipath"}, {l.ssl, "ssl"}, {l.http2, "http2"},
		{l.options.KeepAlive.Mode != listen.Unset, "so_keepalive"}, {l.proxy, "proxy_protocol"},
	} {
		if p.given {
			return errors.New(`"` + p.name + `" parameter is incompatible with "quic"`)
		}
	}
	return nil
}

// parseKeepalive reads "on", "off" or "[idle]:[interval]:[count]", of which one
// must be given.
func parseKeepalive(s string) (k listen.Keepalive, ok bool) {
	switch s {
	case "on":
		return listen.Keepalive{Mode: listen.On}, true
	case "off":
		return listen.Keepalive{Mode: listen.Off}, true
	}
	idle, rest, _ := strings.Cut(s, ":")
	intvl, count, _ := strings.Cut(rest, ":")
	if idle != "" {
		if k.Idle, ok = spec.ParseTime(idle, false); !ok {
			return k, false
		}
	}
	if intvl != "" {
		if k.Intvl, ok = spec.ParseTime(intvl, false); !ok {
			return k, false
		}
	}
	if count != "" {
		if k.Cnt, ok = spec.ParseNumber(count); !ok {
			return k, false
		}
	}
	k.Mode = listen.On
	return k, k.Idle != 0 || k.Intvl != 0 || k.Cnt != 0
}
