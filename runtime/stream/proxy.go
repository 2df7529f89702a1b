package stream

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"syscall"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/resolver"
	"understudy/runtime/tunnel"
	"understudy/runtime/upstream"
)

// A Target is a group of peers.
type Target struct {
	Group     *upstream.Group
	Key       func(*Session) []byte // what a balancer places the session by; nil: nothing
	FirstByte bool                  // least_time measures the first byte, not the connection
}

// free gives back the peer of a session that has ended. It reports whether the failure
// made the peer unavailable.
func (t *Target) free(u *Upstream, o upstream.Outcome) (disabled bool) {
	a := u.attempt()
	u.tried.Header, u.tried.Response = a.Connect, a.Session
	if t.FirstByte {
		u.tried.Header = a.FirstByte
	}
	return t.Group.Free(&u.tried, o)
}

// A Proxy passes sessions to a peer. It is the content of a server.
//
// https://nginx.org/en/docs/stream/ngx_stream_proxy_module.html
type Proxy struct {
	Target *Target // nil: Address says where sessions go
	// Address is evaluated for each session; Find returns the group of its host
	// and port (0: none was given), or nil.
	Address *Template
	Find    func(host string, port int) *Target

	Connect, Idle    time.Duration // proxy_connect_timeout, proxy_timeout
	Next             bool          // proxy_next_upstream
	NextTries        int           // 0: no limit
	NextTimeout      time.Duration // 0: no limit
	Buffer           int           // proxy_buffer_size
	Upload, Download *Template     // bytes a second; nil: no limit
	Bind             *Template     // the local address; nil: the system's choice
	Transparent      bool          // Bind may be an address of another host
	Protocol         int           // version of the PROXY protocol header that is sent; 0: none
	HalfClose        bool
	SocketKeepalive  bool
	RcvBuf, SndBuf   int // of sockets to peers, in bytes; 0: the system's
	Requests         int // UDP: datagrams of a client after which its session is a new one; 0: no limit
	Responses        int // UDP: datagrams that answer one of a client; -1: any number
	NoDelay          bool

	TLS *upstream.TLS[*Session] // with peers; nil: they are spoken to plainly
}

// Run connects the session to a peer and joins the two.
func (p *Proxy) Run(s *Session) Status {
	u := &Upstream{}
	s.Upstream = u
	s.debug("proxy connection handler")
	bind, st := p.bind(s)
	if st != OK {
		return st
	}
	t, st := p.target(s)
	if st != OK {
		return st
	}
	var key []byte
	if t.Key != nil {
		key = t.Key(s)
	}
	g := t.Group
	g.Begin(&u.tried, key)
	u.target = t
	if p.NextTries > 0 && u.tried.Tries > p.NextTries {
		u.tried.Tries = p.NextTries
	}
	began := time.Now()
	for {
		if st := p.connect(s, g, bind); st != Declined {
			if st != OK {
				return p.end(s, g, st)
			}
			return p.join(s, t)
		}
		if g.Free(&u.tried, upstream.Failed) {
			s.Errorf(logs.Warn, "upstream server temporarily disabled")
		}
		if u.tried.Tries == 0 || !p.Next || p.NextTimeout > 0 && time.Since(began) >= p.NextTimeout {
			return p.end(s, g, BadGateway)
		}
	}
}

// end closes what a session that found no peer has, and returns st.
func (p *Proxy) end(s *Session, g *upstream.Group, st Status) Status {
	u := s.Upstream
	g.Free(&u.tried, upstream.OK)
	u.end()
	if u.conn != nil {
		u.conn.Close()
	}
	return st
}

// bind is the local address of connections to peers.
func (p *Proxy) bind(s *Session) (a netip.AddrPort, st Status) {
	if p.Bind == nil {
		return a, OK
	}
	text := s.Eval(p.Bind)
	if len(text) == 0 {
		return a, OK
	}
	a, ok := resolver.ParseAddrPort(string(text))
	if !ok {
		s.Errorf(logs.Error, `invalid local address "%s"`, text)
	}
	return a, OK
}

// target finds where the session goes.
func (p *Proxy) target(s *Session) (*Target, Status) {
	if p.Target != nil {
		return p.Target, OK
	}
	text := string(s.Eval(p.Address))
	url, err := resolver.ParseURL(s.Stream.ctx, text, resolver.Options{NoResolve: true})
	if err != nil {
		s.Errorf(logs.Error, `%v in upstream "%s"`, err, text)
		return nil, Internal
	}
	host := url.Host
	if url.Network == "unix" {
		host = text
	}
	if t := p.Find(host, url.Port); t != nil {
		return t, OK
	}
	var peers []*upstream.Peer
	switch {
	case url.Network == "unix":
		peers = append(peers, upstream.NewUnixPeer(text, url.Host))
	case url.Port == 0:
		s.Errorf(logs.Error, `no port in upstream "%s"`, host)
		return nil, Internal
	case len(url.Addrs) > 0:
		peers = append(peers, upstream.NewPeer(text, url.Addrs[0]))
	case s.Server.Resolver == nil:
		s.Errorf(logs.Error, "no resolver defined to resolve %s", host)
		return nil, Internal
	case s.Explaining():
		s.Note("%s would be resolved", host)
		return nil, Success
	default:
		addrs, err := s.resolve(host)
		switch {
		case s.Stream.ctx.Err() != nil:
			return nil, Success // everything is being closed
		case err != nil:
			s.Errorf(logs.Error, "%v", err)
			return nil, Internal
		}
		for _, a := range addrs {
			peers = append(peers, upstream.NewPeer(text, netip.AddrPortFrom(a, uint16(url.Port))))
		}
	}
	g, err := upstream.New(host, peers, nil, upstream.Keepalive{})
	if err != nil {
		s.Errorf(logs.Alert, "%v", err)
		return nil, Internal
	}
	return &Target{Group: g}, OK
}

// resolve looks a name up.
func (s *Session) resolve(host string) ([]netip.Addr, error) {
	return s.Server.Resolver.Resolve(s.Stream.ctx, host, s.Server.ResolverTimeout)
}

// connect tries one peer. Declined asks for the next.
func (p *Proxy) connect(s *Session, g *upstream.Group, bind netip.AddrPort) Status {
	u := s.Upstream
	s.Action = "connecting to upstream"
	now := time.Now()
	u.begin(now)
	s.debugPeer()
	peer, err := g.Next(&u.tried)
	if err != nil {
		u.Name = g.Name
		u.attempt().Name = g.Name
		if host, _ := g.Unresolved(); host != "" {
			s.Errorf(logs.Error, `host not found in upstream "%s"`, host)
		} else {
			s.Errorf(logs.Error, "no live upstreams")
		}
		return BadGateway
	}
	u.Name = peer.Name
	u.attempt().Name = peer.Name
	c, err := p.dial(s, g, peer, bind)
	switch {
	case err == nil:
	case s.Stream.ctx.Err() != nil:
		return Success // everything is being closed
	case isTimeout(err):
		s.Errorf(logs.Error, "upstream timed out%s", conn.ErrorText(syscall.ETIMEDOUT))
		return Declined
	case bindFailed(err):
		s.Errorf(logs.Crit, "bind(%s) failed%s", s.Eval(p.Bind), conn.ErrorText(err))
		u.attempt().Name = "" // nginx has not noted it yet
		return Internal
	default:
		p.connectFailed(s, peer, err)
		return Declined
	}
	u.conn = c
	if err := c.SetNoDelay(p.NoDelay); err != nil {
		s.Errorf(logs.Alert, "setsockopt(TCP_NODELAY) failed%s", conn.ErrorText(err))
		u.end()
		c.Close()
		u.conn = nil
		return Declined
	}
	if p.TLS != nil && s.packets == nil {
		if st := p.secure(s, g); st != OK {
			return st
		}
	}
	u.attempt().Connect = time.Since(now)
	g.Connected(&u.tried)
	s.debugConnected()
	return OK
}

func (p *Proxy) dial(s *Session, g *upstream.Group, peer *upstream.Peer, bind netip.AddrPort) (*upstream.Conn, error) {
	o := upstream.DialOptions{
		Timeout: max(p.Connect, time.Millisecond), Bind: bind, Transparent: p.Transparent, KeepAlive: p.SocketKeepalive,
		RcvBuf: p.RcvBuf, SndBuf: p.SndBuf,
	}
	if s.packets != nil {
		return g.DialPackets(peer, o)
	}
	return g.Dial(s.Stream.ctx, peer, o)
}

// bindFailed reports whether a socket could not have the address of proxy_bind.
func bindFailed(err error) bool {
	var call *os.SyscallError
	return errors.As(err, &call) && call.Syscall == "bind"
}

// connectFailed logs a connection that was not made. Linux tells of some
// failures at once, for which nginx has other words.
func (p *Proxy) connectFailed(s *Session, peer *upstream.Peer, err error) {
	n, ok := conn.Errno(err)
	at := peer.Network == "unix" || n == syscall.ENETUNREACH || n == syscall.EINVAL
	level := logs.Error
	if ok && !usual(n) {
		level = logs.Crit
	}
	switch {
	case at || errors.Is(err, fs.ErrNotExist):
		s.Errorf(level, "connect() to %s failed%s", peer.Name, conn.ErrorText(err))
	default:
		s.Errorf(level, "connect() failed%s", conn.ErrorText(err))
	}
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// join lets bytes flow. The session is finished by the tunnel's last goroutine.
func (p *Proxy) join(s *Session, t *Target) Status {
	u := s.Upstream
	s.Plainf(logs.Info, "%sproxy %s connected to %s", s.kind(), connText(u.conn.Conn), u.Name)
	if s.packets != nil {
		return p.relay(s, t)
	}
	if p.Protocol > 0 && p.TLS == nil {
		if err := p.sendHeader(s); err != nil {
			s.ConnError(logs.Error, err, "send() failed")
			return p.end(s, t.Group, Success)
		}
	}
	s.Action = "proxying connection"
	o := tunnel.Options{
		Idle: p.Idle, HalfClose: p.HalfClose, Buffer: p.Buffer, Group: &s.Stream.tunnels,
		RateA: rate(s, p.Upload), RateB: rate(s, p.Download),
	}
	tunnel.Join(s.Client, u.conn.Detach(), o, func(r tunnel.Result) { p.ended(s, t, r) })
	return Done
}

// connText is the local address of c with its port.
func connText(c *conn.Conn) string {
	if a := c.LocalAddr(); a.IsValid() {
		return resolver.AddrPortText(a)
	}
	return "unix:"
}

// header is the PROXY protocol header.
func (p *Proxy) header(s *Session) []byte {
	b := s.Alloc(128)
	if p.Protocol == 2 {
		return conn.AppendProxy2(b, s.RemoteAddr(), s.LocalAddr(), s.packets != nil)
	}
	return conn.AppendProxy1(b, s.RemoteAddr(), s.LocalAddr())
}

// sendHeader sends the PROXY protocol header.
func (p *Proxy) sendHeader(s *Session) error {
	c := s.Upstream.conn
	c.SetWriteTimeout(p.Idle)
	_, err := c.Write(p.header(s))
	return err
}

// rate evaluates a rate limit, 0 if there is none.
func rate(s *Session, t *Template) int {
	if t == nil {
		return 0
	}
	return parseSize(s.Eval(t))
}

// parseSize reads a size as ngx_parse_size does; 0 if it is none.
func parseSize(b []byte) int {
	unit, n := 1, 0
	if len(b) > 0 {
		switch b[len(b)-1] | 0x20 {
		case 'k':
			unit, b = 1<<10, b[:len(b)-1]
		case 'm':
			unit, b = 1<<20, b[:len(b)-1]
		}
	}
	for _, c := range b {
		if c < '0' || c > '9' || n > (1<<40) {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n * unit
}

// ended is called when the tunnel has.
func (p *Proxy) ended(s *Session, t *Target, r tunnel.Result) {
	defer s.contain(s.Stream, s.Client)
	u := s.Upstream
	switch r.End {
	case tunnel.ByA, tunnel.ByB:
		who := "client"
		if r.End == tunnel.ByB {
			who = "upstream"
		}
		if r.Err != nil {
			level := logs.Info
			s.Action = "proxying and reading from " + who
			if r.End == tunnel.ByB {
				level = logs.Error
			}
			s.ConnError(level, r.Err, "recv() failed")
		}
		s.Plainf(logs.Info, "%s disconnected, bytes from/to client:%d/%d, bytes from/to upstream:%d/%d",
			who, s.Received(), s.Sent(), u.received(), u.sent())
	case tunnel.Timeout:
		s.Errorf(logs.Info, "connection timed out%s", conn.ErrorText(syscall.ETIMEDOUT))
	case tunnel.Closed:
		s.Errorf(logs.Info, "shutdown timeout")
	case tunnel.FailedA:
		s.Action = "proxying and sending to client"
		s.SendError(r.Err)
	case tunnel.FailedB:
		s.Action = "proxying and sending to upstream"
		s.ConnError(logs.Error, r.Err, "send() failed")
	}
	if a := u.attempt(); r.FirstB != 0 {
		a.FirstByte = a.sinceStart(r.FirstB)
	}
	u.end()
	t.free(u, upstream.OK)
	u.conn.Close()
	s.Finish(Success)
}
