package stream

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"understudy/runtime/listen"
	"understudy/runtime/upstream"
)

// serveUDP has the site serve a UDP socket as well, on an address with port 0,
// and returns where it is.
func (s *site) serveUDP(t *testing.T, addr string) netip.AddrPort {
	t.Helper()
	probe, err := net.ListenPacket("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	at := probe.LocalAddr().(*net.UDPAddr).AddrPort()
	probe.Close()
	at = netip.AddrPortFrom(netip.MustParseAddrPort(addr).Addr(), at.Port())
	s.servePackets(t, listen.Options{Network: "udp", Addr: at.String()})
	return at
}

// servePackets has the site serve a socket of datagrams until the test ends.
func (s *site) servePackets(t *testing.T, o listen.Options) {
	t.Helper()
	set := &listen.Set{Log: func(level, text string) { t.Log(level, text) }}
	ch, err := set.Next([]listen.Options{o})
	if err != nil {
		t.Fatal(err)
	}
	ch.Commit()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.port.ServeUDP(ch.Sockets[0])
	}()
	t.Cleanup(func() {
		s.CloseAll()
		<-ended
		set.Close()
	})
}

func dialUDP(t *testing.T, at netip.AddrPort) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	return c
}

// exchange sends a datagram and returns the next that comes.
func exchange(t *testing.T, c *net.UDPConn, text string) string {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n])
}

// udpBackend answers each datagram with it and how many came before.
func udpBackend(t *testing.T) *upstream.Peer {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 100)
		for i := 0; ; i++ {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			pc.WriteTo(append(buf[:n:n], byte('0'+i)), from)
		}
	}()
	t.Cleanup(func() {
		pc.Close()
		<-ended
	})
	return upstream.NewPeer("b", pc.LocalAddr().(*net.UDPAddr).AddrPort())
}

func TestUDPReturn(t *testing.T) {
	s := newSite(t, noVars())
	s.srv.Content = &Step{Run: func(x *Session) Status {
		if !x.UDP() {
			t.Error("the session is not of UDP")
		}
		x.Client.Write([]byte(x.RealIP))
		return Success
	}}
	c := dialUDP(t, s.serveUDP(t, "127.0.0.1:0"))
	check(t, "answer", exchange(t, c, "hello"), "127.0.0.1")
	<-s.done
	check(t, "ended", s.last(), "200 5/9")
	if l := s.log.all(); !strings.HasPrefix(l, "[info] udp client 127.0.0.1:") {
		t.Errorf("log is %s", l)
	}
}

// TestUDPWildcard: what was sent to an address is answered from there.
func TestUDPWildcard(t *testing.T) {
	s := newSite(t, noVars())
	s.srv.Content = &Step{Run: func(x *Session) Status {
		x.Client.Write([]byte(x.LocalText()))
		return Success
	}}
	at := s.serveUDP(t, "0.0.0.0:0")
	c := dialUDP(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), at.Port()))
	check(t, "answer", exchange(t, c, "hello"), "127.0.0.2")
	<-s.done
}

func TestUDPProxy(t *testing.T) {
	b := udpBackend(t)
	s := newSite(t, noVars())
	p := newProxy(group(t, b))
	p.Responses = 1
	s.content(p)
	c := dialUDP(t, s.serveUDP(t, "127.0.0.1:0"))
	for _, want := range []string{"a0", "a1"} { // a session each
		check(t, "answer", exchange(t, c, "a"), want)
		<-s.done
		check(t, "ended", swap(s.last(), b.Name, "$B"), "200 1/2 $B 2/1")
	}
	if l := s.log.all(); strings.Count(l, "[info] udp done, packets from/to client:1/1, bytes from/to client:1/2, bytes from/to upstream:2/1") != 2 {
		t.Errorf("log is %s", l)
	}
}

func TestUDPSession(t *testing.T) {
	b := udpBackend(t)
	s := newSite(t, noVars())
	p := newProxy(group(t, b))
	p.Responses, p.Idle = -1, 500*time.Millisecond
	s.content(p)
	c := dialUDP(t, s.serveUDP(t, "127.0.0.1:0"))
	check(t, "first", exchange(t, c, "a"), "a0")
	check(t, "second", exchange(t, c, "bc"), "bc1")
	<-s.done // by the timeout
	check(t, "ended", swap(s.last(), b.Name, "$B"), "200 3/5 $B 5/3")
	if l := s.log.all(); !strings.Contains(l, "[info] udp timed out, packets from/to client:2/2, bytes from/to client:3/5, bytes from/to upstream:5/3") {
		t.Errorf("log is %s", l)
	}
}

func TestUDPRequests(t *testing.T) {
	b := udpBackend(t)
	s := newSite(t, noVars())
	p := newProxy(group(t, b))
	p.Requests, p.Responses = 2, 1
	s.content(p)
	c := dialUDP(t, s.serveUDP(t, "127.0.0.1:0"))
	for _, want := range []string{"a0", "a1", "a2", "a3"} {
		check(t, "answer", exchange(t, c, "a"), want)
	}
	<-s.done
	<-s.done
	check(t, "ended", swap(s.last(), b.Name, "$B"), "200 2/4 $B 4/2")
}

// TestUDPWaiting: datagrams that come while the first of a client is not passed on yet
// begin sessions of their own if that one is to have no others.
func TestUDPWaiting(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Proxy)
		want string
	}{
		{"proxy_requests", func(p *Proxy) { p.Requests, p.Responses = 1, 1 }, "200 1/2 $B 2/1"},
		{"proxy_requests of two", func(p *Proxy) { p.Requests, p.Responses = 2, 1 }, "200 2/4 $B 4/2"},
		{"proxy_responses", func(p *Proxy) { p.Responses = 0 }, "200 1/0 $B 0/1"},
		{"return", nil, "200 1/2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := udpBackend(t)
			s := newSite(t, noVars())
			p := newProxy(group(t, b))
			each := 1 // datagrams of a session
			if c.edit != nil {
				c.edit(p)
				s.content(p)
				each = max(p.Requests, 1)
			} else {
				s.srv.Content = &Step{Run: func(x *Session) Status {
					x.Client.Write([]byte("ok"))
					return Success
				}}
			}
			begun, gate := make(chan struct{}, 64), make(chan struct{})
			s.srv.Access = []Step{{Run: func(x *Session) Status {
				begun <- struct{}{}
				<-gate
				return Declined
			}}}
			at := s.serveUDP(t, "127.0.0.1:0")
			one, other := dialUDP(t, at), dialUDP(t, at)
			for range 6 {
				one.Write([]byte("a"))
			}
			for range each {
				other.Write([]byte("b"))
			}
			<-begun
			<-begun // so those of the first have been read
			close(gate)
			for range 6/each + 1 {
				select {
				case <-s.done:
				case <-time.After(5 * time.Second):
					t.Fatal("a datagram is lost")
				}
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, got := range s.ended {
				check(t, "ended", swap(got, b.Name, "$B"), c.want)
			}
		})
	}
}

// silentPeer hears datagrams, and answers none.
func silentPeer(t *testing.T) *upstream.Peer {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	return upstream.NewPeer("b", pc.LocalAddr().(*net.UDPAddr).AddrPort())
}

// TestUDPSilent: a peer that does not answer as often as it has to fails.
func TestUDPSilent(t *testing.T) {
	b := silentPeer(t)
	s := newSite(t, noVars())
	p := newProxy(group(t, b))
	p.Responses, p.Idle = 1, 20*time.Millisecond
	s.content(p)
	c := dialUDP(t, s.serveUDP(t, "127.0.0.1:0"))
	c.Write([]byte("a"))
	<-s.done
	check(t, "ended", swap(s.last(), b.Name, "$B"), "502 1/0 $B 0/1")
	want := `[error] upstream timed out (110: Connection timed out) while proxying connection, udp client: 127.0.0.1, server: front, upstream: "` +
		b.Name + `", bytes from/to client:1/0, bytes from/to upstream:0/1`
	if !strings.Contains(s.log.all(), want) {
		t.Errorf("log is %s", s.log.all())
	}
}

// TestUDPSilentRate: the same of a peer that may only send at some rate.
func TestUDPSilentRate(t *testing.T) {
	vs := newVars()
	limit, err := vs.Compile("1k", noPos)
	if err != nil {
		t.Fatal(err)
	}
	for _, edit := range []func(*Proxy){
		func(p *Proxy) { p.Download = limit },
		func(p *Proxy) { p.Upload = limit },
	} {
		s := newSite(t, vs)
		p := newProxy(group(t, silentPeer(t)))
		p.Responses, p.Idle = 1, 50*time.Millisecond
		edit(p)
		s.content(p)
		dialUDP(t, s.serveUDP(t, "127.0.0.1:0")).Write([]byte("a"))
		select {
		case <-s.done:
			check(t, "status", s.last()[:3], "502")
		case <-time.After(5 * time.Second):
			t.Fatal("the session does not end")
		}
	}
}

func TestUDPRetire(t *testing.T) {
	b := udpBackend(t)
	s := newSite(t, noVars())
	p := newProxy(group(t, b))
	p.Responses = -1
	s.content(p)
	c := dialUDP(t, s.serveUDP(t, "127.0.0.1:0"))
	check(t, "answer", exchange(t, c, "a"), "a0")
	<-s.Retire()
	<-s.done
	if l := s.log.all(); !strings.HasSuffix(l, "[info] disconnected on shutdown") {
		t.Errorf("log is %s", l)
	}
}
