package stream

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"understudy/runtime/upstream"
	"understudy/runtime/vars"
)

func echo(c *net.TCPConn) { io.Copy(c, c) }

func TestProxy(t *testing.T) {
	b := backend(t, func(c *net.TCPConn) {
		buf := make([]byte, 5)
		io.ReadFull(c, buf)
		io.WriteString(c, "answer")
	})
	s := newSite(t, noVars())
	s.content(newProxy(group(t, b)))
	check(t, "answer", s.talk(t, "hello", false), "answer")
	check(t, "ended", swap(s.last(), b.Name, "$B"), "200 5/6 $B 6/5")
	lines := strings.Split(s.log.all(), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "[info] client 127.0.0.1:") || !strings.HasSuffix(lines[0], " connected to front") ||
		!strings.HasPrefix(lines[1], "[info] proxy 127.0.0.1:") || !strings.HasSuffix(lines[1], " connected to "+b.Name) {
		t.Errorf("log is %q", lines)
	}
	check(t, "log", lines[2], "[info] upstream disconnected, bytes from/to client:5/6, bytes from/to upstream:6/5")
}

func TestNextUpstream(t *testing.T) {
	d, d2 := dead(t), dead(t)
	b := backend(t, func(c *net.TCPConn) { io.WriteString(c, "ok") })
	refused := func(p *upstream.Peer) string {
		return "[error] connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: front, upstream: \"" +
			p.Name + "\", bytes from/to client:0/0, bytes from/to upstream:0/0"
	}
	disabled := func(p *upstream.Peer) string {
		return "[warn] upstream server temporarily disabled while connecting to upstream, client: 127.0.0.1, server: front, upstream: \"" +
			p.Name + "\", bytes from/to client:0/0, bytes from/to upstream:0/0"
	}
	for _, c := range []struct {
		name  string
		peers []*upstream.Peer
		edit  func(*Proxy)
		got   string
		ended string
		log   []string
	}{
		{"goes on", []*upstream.Peer{d, b}, nil, "ok", "200 0/2 $D 0/0 $B 2/0", []string{refused(d), disabled(d)}},
		{"all dead", []*upstream.Peer{d, d2}, nil, "", "502 0/0 $D 0/0 $E 0/0",
			[]string{refused(d), disabled(d), refused(d2), disabled(d2)}},
		{"one", []*upstream.Peer{d}, nil, "", "502 0/0 $D 0/0", []string{refused(d)}},
		{"off", []*upstream.Peer{d, b}, func(p *Proxy) { p.Next = false }, "", "502 0/0 $D 0/0", []string{refused(d), disabled(d)}},
		{"tries", []*upstream.Peer{d, b}, func(p *Proxy) { p.NextTries = 1 }, "", "502 0/0 $D 0/0", []string{refused(d), disabled(d)}},
		{"time", []*upstream.Peer{d, b}, func(p *Proxy) { p.NextTimeout = 1 }, "", "502 0/0 $D 0/0", []string{refused(d), disabled(d)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, noVars())
			peers := make([]*upstream.Peer, len(c.peers))
			for i, p := range c.peers {
				peers[i] = upstream.NewPeer(p.Server, netip.MustParseAddrPort(p.Addr))
			}
			p := newProxy(group(t, peers...))
			if c.edit != nil {
				c.edit(p)
			}
			s.content(p)
			check(t, "answer", s.talk(t, "", false), c.got)
			check(t, "ended", swap(s.last(), d.Name, "$D", d2.Name, "$E", b.Name, "$B"), c.ended)
			var log []string
			for _, l := range strings.Split(s.log.all(), "\n") {
				if !strings.HasPrefix(l, "[info]") {
					log = append(log, l)
				}
			}
			check(t, "log", strings.Join(log, "\n"), strings.Join(c.log, "\n"))
		})
	}
}

func TestNoLive(t *testing.T) {
	p := dead(t)
	p.Down = true
	s := newSite(t, noVars())
	s.content(newProxy(group(t, p)))
	check(t, "answer", s.talk(t, "", false), "")
	check(t, "ended", s.last(), "502 0/0 up 0/0")
	if want := `[error] no live upstreams while connecting to upstream, client: 127.0.0.1, server: front, upstream: "up", bytes from/to client:0/0, bytes from/to upstream:0/0`; !strings.Contains(s.log.all(), want) {
		t.Errorf("log is %s", s.log.all())
	}
}

func TestTimeout(t *testing.T) {
	b := backend(t, echo)
	s := newSite(t, noVars())
	p := newProxy(group(t, b))
	p.Idle = 30 * time.Millisecond
	s.content(p)
	check(t, "answer", s.talk(t, "ab", false), "ab")
	want := `[info] connection timed out (110: Connection timed out) while proxying connection, client: 127.0.0.1, server: front, upstream: "` +
		b.Name + `", bytes from/to client:2/2, bytes from/to upstream:2/2`
	if !strings.HasSuffix(s.log.all(), want) {
		t.Errorf("log is %s", s.log.all())
	}
	check(t, "ended", swap(s.last(), b.Name, "$B"), "200 2/2 $B 2/2")
}

func TestHalfClose(t *testing.T) {
	b := backend(t, func(c *net.TCPConn) {
		io.Copy(io.Discard, c)
		io.WriteString(c, "after the end")
	})
	s := newSite(t, noVars())
	p := newProxy(group(t, b))
	s.content(p)
	check(t, "off", s.talk(t, "x", true), "")
	p.HalfClose = true
	check(t, "on", s.talk(t, "x", true), "after the end")
}

func TestProxyProtocolOut(t *testing.T) {
	b := backend(t, echo)
	for version, prefix := range map[int]string{1: "PROXY TCP4 127.0.0.1 127.0.0.1 ", 2: "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x13"} {
		s := newSite(t, noVars())
		p := newProxy(group(t, b))
		p.Protocol, p.HalfClose = version, true
		s.content(p)
		got := s.talk(t, "hello", true)
		if !strings.HasPrefix(got, prefix) || !strings.HasSuffix(got, "hello") {
			t.Errorf("version %d: the peer got %q", version, got)
		}
	}
}

// TestVariableTarget is proxy_pass with a variable that names groups, addresses
// and nothing.
func TestVariableTarget(t *testing.T) {
	b := backend(t, func(c *net.TCPConn) { io.WriteString(c, "ok") })
	var to string
	vs := varsTable(Variable{Name: "to", Volatile: true, Get: func(s *Session, _ string) ([]byte, bool) { return s.Copy(to), true }})
	address, err := vs.Compile("$to", noPos)
	if err != nil {
		t.Fatal(err)
	}
	vs.Link(&noDiags)
	s := newSite(t, vs)
	g := group(t, b)
	p := newProxy(nil)
	p.Address = address
	p.Find = func(host string, port int) *Target {
		if host == "named" && port == 0 {
			return g
		}
		return nil
	}
	s.content(p)
	for _, c := range []struct{ to, got, log string }{
		{"named", "ok", ""},
		{b.Addr, "ok", ""},
		{"127.0.0.1", "", `no port in upstream "127.0.0.1"`},
		{"nobody.example:80", "", "no resolver defined to resolve nobody.example"},
		{"127.0.0.1:x", "", `invalid port in upstream "127.0.0.1:x"`},
		{"unix:/nonexistent.sock", "", `connect() to unix:/nonexistent.sock failed (2: No such file or directory)`},
	} {
		to = c.to
		check(t, c.to, s.talk(t, "", false), c.got)
		if !strings.Contains(s.log.all(), c.log) {
			t.Errorf("%s: log is %s", c.to, s.log.all())
		}
	}
}

func TestRetireAndCloseAll(t *testing.T) {
	b := backend(t, echo)
	s := newSite(t, noVars())
	s.content(newProxy(group(t, b)))
	c := s.dial(t)
	io.WriteString(c, "a")
	buf := make([]byte, 1)
	io.ReadFull(c, buf)
	gone := s.Retire()
	io.WriteString(c, "b")
	if _, err := io.ReadFull(c, buf); err != nil || buf[0] != 'b' {
		t.Errorf("a session of a retired block does not go on: %v", err)
	}
	select {
	case <-gone:
		t.Error("Retire does not wait for the session")
	default:
	}
	s.CloseAll()
	<-gone
	want := `[info] shutdown timeout while proxying connection, client: 127.0.0.1, server: front, upstream: "` +
		b.Name + `", bytes from/to client:2/2, bytes from/to upstream:2/2`
	if !strings.HasSuffix(s.log.all(), want) {
		t.Errorf("log is %s", s.log.all())
	}
	if n := s.Len(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

func TestExplain(t *testing.T) {
	b := dead(t)
	s := newSite(t, noVars())
	s.srv.Access = []Step{{Name: "access", Run: func(x *Session) Status {
		x.Note("client is %s", x.RealIP)
		return Declined
	}}}
	s.srv.Preread = []Step{{Name: "ssl_preread", Run: func(*Session) Status { return Again }}}
	s.content(newProxy(group(t, b)))
	_, tr := s.port.Explain(Query{Remote: netip.MustParseAddrPort("192.0.2.1:5"), Local: netip.MustParseAddrPort("127.0.0.1:80")})
	var got []string
	for _, e := range tr.Events {
		got = append(got, e.Phase+": "+e.Name+" "+e.Text)
	}
	check(t, "trace", swap(strings.Join(got, "\n"), b.Name, "$D"), strings.Join([]string{
		"server:  for front",
		"access: access next",
		"note:  client is 192.0.2.1",
		"preread: ssl_preread needs more data",
		"note:  ssl_preread would wait for what the client sends",
		"content: proxy_pass to up: $D",
	}, "\n"))
}

// TestAllocs: what a session needs beyond its connection is used again.
func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	vs := varsTable(Variable{Name: "a", Get: func(s *Session, _ string) ([]byte, bool) { return s.Copy(s.RealIP), true }})
	tm, err := vs.Compile("<$a>", noPos)
	if err != nil {
		t.Fatal(err)
	}
	vs.Link(&noDiags)
	s := newSite(t, vs)
	s.srv.PreAccess = []Step{{Run: func(x *Session) Status { x.Eval(tm); return Declined }}}
	s.srv.Access = []Step{{Run: func(*Session) Status { return OK }}}
	s.srv.Content = &Step{Run: func(*Session) Status { return Success }}
	n := testing.AllocsPerRun(100, func() {
		x := s.session()
		x.Port, x.Addr, x.Server, x.RealIP = s.port, s.port.Any, s.srv, "127.0.0.1"
		if st := x.run(); st != Success {
			t.Fatal(st)
		}
		x.release()
	})
	if n > 0 {
		t.Errorf("%v allocations for a session", n)
	}
}

func BenchmarkPhases(b *testing.B) {
	st := New(vars.NewTable[*Session](), nil, "")
	srv := &Server{Content: &Step{Run: func(*Session) Status { return Success }}}
	a := &Address{Default: srv}
	p := &Port{Stream: st}
	p.Any = a
	b.ReportAllocs()
	for b.Loop() {
		x := st.session()
		x.Port, x.Addr, x.Server = p, a, srv
		x.run()
		x.release()
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int{"": 0, "10": 10, "1k": 1 << 10, "2M": 2 << 20, "x": 0, "1kk": 0, "-1": 0} {
		if got := parseSize([]byte(text)); got != want {
			t.Errorf("parseSize(%q) = %d, want %d", text, got, want)
		}
	}
}
