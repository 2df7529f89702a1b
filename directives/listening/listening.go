// Package listening is what the listen directives of a http or stream block say:
// it reads them, finds what does not go together, and tells which sockets are to
// be bound, and which addresses each of them serves.
//
// https://nginx.org/en/docs/http/ngx_http_core_module.html#listen
// https://nginx.org/en/docs/stream/ngx_stream_core_module.html#listen
package listening

import (
	"context"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"

	"understudy/directives/spec"
	"understudy/runtime/listen"
	"understudy/runtime/resolver"
)

// Ports are what the listen directives of a block say. They belong to the
// block's conf.
type Ports struct {
	list     []*port
	standIns map[string]netip.Addr // for hosts that are not looked up
}

// Protocols are what is spoken on an address.
type Protocols struct{ ProxyProtocol, SSL, HTTP2 bool }

// Said is what a listen directive says of one address.
type Said struct {
	Text    string // as nginx prints it: "0.0.0.0:80", "unix:/path"
	Options listen.Options
	UDP     bool // it takes datagrams
	Protocols

	addr     netip.AddrPort // not valid: a unix socket
	wildcard bool
	isSet    bool            // it has options of the socket
	bind     bool            // the socket is not shared with a wildcard
	def      bool            // default_server
	words    map[string]bool // the parameters that were given
}

// Addr is the address without the port; not valid for a unix socket.
func (s *Said) Addr() netip.Addr { return s.addr.Addr() }

// Listen adds what a listen directive of a server says. A http server has port
// 80 where none is given; in stream there is no default, but nginx only notices
// that when it binds port 0.
func (p *Ports) Listen(call *spec.Call) error {
	list, err := p.parse(call)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i := range list {
		if l := &list[i]; !seen[l.Text] {
			seen[l.Text] = true
			if err := p.add(l, call.Scope, call); err != nil {
				return err
			}
		}
	}
	return nil
}

// ListenByDefault gives a http server without a listen directive an address.
func (p *Ports) ListenByDefault(call *spec.Call) error {
	port := uint16(8000)
	if os.Getuid() == 0 {
		port = 80
	}
	l := Said{}.at(netip.AddrPortFrom(netip.IPv4Unspecified(), port))
	return p.add(&l, call.Inner, call)
}

// parse reads a listen directive: what it says of each address of a host and
// each port of a range.
func (p *Ports) parse(call *spec.Call) ([]Said, error) {
	text := call.Args[0].Text
	env := call.Scope.Env()
	o := resolver.Options{Listen: true, NoResolve: env.Offline, Lookup: env.LookupFunc()}
	if call.Scope.In == spec.Server {
		o.DefaultPort = 80
	}
	u, err := resolver.ParseURL(context.Background(), text, o)
	if err != nil {
		return nil, call.Errorf(0, `%v in "%s" of the "listen" directive`, err, text)
	}
	var said Said
	if err := said.parse(call); err != nil {
		return nil, err
	}
	if err := said.checkUDP(); err != nil {
		return nil, err
	}
	if u.Network == "unix" {
		said.Text = "unix:" + u.Host
		said.Options.Network, said.Options.Addr = "unix", said.Text
		if said.UDP {
			said.Options.Network = "unixgram"
		}
		return []Said{said}, nil
	}
	addrs := u.Addrs
	if len(addrs) == 0 { // a name that is not looked up
		addrs = []netip.AddrPort{netip.AddrPortFrom(p.standIn(u.Host), uint16(u.Port))}
	}
	list := make([]Said, len(addrs))
	for i, a := range addrs {
		list[i] = said.at(a)
	}
	return list, nil
}

// at returns what a directive says of one address.
func (s Said) at(a netip.AddrPort) Said {
	s.addr, s.Text, s.wildcard = a, resolver.AddrPortText(a), a.Addr().IsUnspecified()
	s.Options.Network, s.Options.Addr = "tcp", s.Text
	if s.UDP {
		s.Options.Network = "udp"
	}
	s.Options.IPv6Only = a.Addr().Is6() && !s.words["ipv6only=off"]
	return s
}

// standIn is an address for a host that is not looked up, of those that are
// nobody's (class E, RFC 1112 section 4): another one for each name.
func (p *Ports) standIn(host string) netip.Addr {
	a, ok := p.standIns[host]
	if !ok {
		if p.standIns == nil {
			p.standIns = map[string]netip.Addr{}
		}
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], 240<<24+uint32(len(p.standIns))+1)
		a = netip.AddrFrom4(b)
		p.standIns[host] = a
	}
	return a
}

// checkUDP refuses what does not go together with datagrams.
func (s *Said) checkUDP() error {
	if !s.UDP {
		return nil
	}
	with := "udp"
	if s.words["quic"] {
		with = "quic"
	}
	for _, name := range []string{"fastopen", "backlog", "deferred", "multipath", "ssl", "http2", "so_keepalive", "proxy_protocol"} {
		if s.words[name] {
			return errors.New(`"` + name + `" parameter is incompatible with "` + with + `"`)
		}
	}
	return nil
}
