package streamcore

import (
	"context"
	"errors"
	"net/netip"
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
	udp      bool
	given    map[string]bool // parameters that UDP does not have
	protocols
}

// protocols are what is spoken on an address.
type protocols struct{ proxy, ssl bool }

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
		if err := streamConf(call.Scope).add(l, call.Scope, call); err != nil {
			return err
		}
	}
	return nil
}

// streamConf returns the configuration of the stream block around s.
func streamConf(s *spec.Scope) *conf {
	for s.Parent != nil && s.In&spec.Stream == 0 {
		s = s.Parent
	}
	return spec.OwnConf[conf](s)
}

// parseListen reads a listen directive: what it says of each address of a host
// and each port of a range. There is no default port, but nginx only notices
// that when it binds port 0.
func parseListen(call *spec.Call) ([]listenCall, error) {
	text := call.Args[0].Text
	env := call.Scope.Env()
	u, err := resolver.ParseURL(context.Background(), text, resolver.Options{
		Listen: true, NoResolve: env.Offline, Lookup: env.LookupFunc(),
	})
	if err != nil {
		return nil, call.Errorf(0, `%v in "%s" of the "listen" directive`, err, text)
	}
	said := listenCall{given: map[string]bool{}}
	if err := said.parse(call); err != nil {
		return nil, err
	}
	if said.udp {
		for _, name := range []string{"fastopen", "backlog", "deferred", "multipath", "ssl", "so_keepalive", "proxy_protocol"} {
			if said.given[name] {
				return nil, errors.New(`"` + name + `" parameter is incompatible with "udp"`)
			}
		}
		if u.Network == "unix" {
			return nil, call.Coded(-1, "unsupported", `the "udp" parameter of the "listen" directive is not supported for unix sockets yet`)
		}
	}
	if said.ssl && !call.Scope.Supports("ssl_certificate", spec.StreamServer) {
		return nil, call.Coded(-1, "unsupported", `the "ssl" parameter of the "listen" directive of stream is not supported yet`)
	}
	if u.Network == "unix" {
		name := "unix:" + u.Host
		said.text, said.options.Network, said.options.Addr = name, "unix", name
		return []listenCall{said}, nil
	}
	addrs := u.Addrs
	if len(addrs) == 0 { // a name that is not looked up
		addrs = []netip.AddrPort{netip.AddrPortFrom(streamConf(call.Scope).standIn(u.Host), uint16(u.Port))}
	}
	list := make([]listenCall, len(addrs))
	for i, a := range addrs {
		l := said
		l.addr, l.text, l.wildcard = a, resolver.AddrPortText(a), a.Addr().IsUnspecified()
		l.options.Network, l.options.Addr = l.network(), l.text
		l.options.IPv6Only = a.Addr().Is6() && !said.options.IPv6Only
		list[i] = l
	}
	return list, nil
}

func (l *listenCall) network() string {
	if l.udp {
		return "udp"
	}
	return "tcp"
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
		bad := func() error { return call.Errorf(p.Arg, `invalid %s "%s"`, p.Key, word) }
		socket, ok := true, true
		var size int64
		l.given[p.Key] = true
		switch o := &l.options; {
		case word == "default_server":
			l.def, socket = true, false
		case word == "udp":
			l.udp, socket = true, false
		case word == "ssl":
			l.ssl, socket = true, false
		case word == "proxy_protocol":
			l.proxy, socket = true, false
		case word == "bind":
		case p.Key == "fastopen" && p.Has:
			if o.FastOpen, ok = spec.ParseNumber(p.Val); !ok {
				return bad()
			}
		case p.Key == "backlog" && p.Has:
			if o.Backlog, ok = spec.ParseNumber(p.Val); !ok || o.Backlog == 0 {
				return bad()
			}
		case p.Key == "rcvbuf" && p.Has:
			if size, ok = spec.ParseSize(p.Val, false); !ok {
				return bad()
			}
			o.RcvBuf = int(size)
		case p.Key == "sndbuf" && p.Has:
			if size, ok = spec.ParseSize(p.Val, false); !ok {
				return bad()
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
			return call.Errorf(p.Arg, `invalid parameter "%s"`, word)
		}
		if socket {
			l.isSet, l.bind = true, true
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
