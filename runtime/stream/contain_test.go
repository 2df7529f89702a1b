package stream

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/upstream"
)

// A session that panics, in its phases or when its tunnel has ended, ends its
// connection and nothing else. What it has of others it gives back.
func TestContain(t *testing.T) {
	s := newSite(t, noVars())
	const inContent, inLog, inEnd, nowhere = 0, 1, 2, 3
	var fault atomic.Int32
	ask := func() string {
		c := s.dial(t)
		defer c.Close()
		got, _ := io.ReadAll(c)
		return string(got)
	}
	p := newProxy(group(t, backend(t, func(c *net.TCPConn) { c.Write([]byte("sound")); c.Close() })))
	s.srv.Content = &Step{Name: "fault", Run: func(x *Session) Status {
		if fault.Load() == inContent {
			panic("the fault")
		}
		return p.Run(x)
	}}
	s.srv.Log = append([]Step{{Name: "fault", Run: func(*Session) Status {
		if fault.Load() == inLog {
			panic("another fault")
		}
		return Declined
	}}}, s.srv.Log...)
	s.srv.PreAccess = append(s.srv.PreAccess, Step{Run: func(x *Session) Status {
		x.OnEnd(func() {
			if fault.Load() == inEnd {
				panic("the last fault")
			}
		})
		return Declined
	}})
	held := s.hold() // what comes after a function that panics
	if got := ask(); got != "" {
		t.Errorf("got %q", got)
	}
	fault.Store(inLog)
	if got := ask(); got != "sound" {
		t.Errorf("got %q", got)
	}
	fault.Store(inEnd)
	if got := ask(); got != "sound" {
		t.Errorf("got %q", got)
	}
	for _, want := range []string{"panic: the fault", "panic: another fault", "panic: the last fault", "contain_test.go"} {
		if !strings.Contains(s.log.all(), want) {
			t.Errorf("the log says %q, want %q in it", s.log.all(), want)
		}
	}
	fault.Store(nowhere)
	if got := ask(); got != "sound" {
		t.Errorf("afterwards: got %q", got)
	}
	s.nothingHeld(t, held, p.Target.Group)
}

// hold has each session hold something until it has ended, and returns how many do.
func (s *site) hold() *atomic.Int32 {
	var n atomic.Int32
	s.srv.PreAccess = append(s.srv.PreAccess, Step{Run: func(x *Session) Status {
		n.Add(1)
		x.OnEnd(func() { n.Add(-1) })
		return Declined
	}})
	return &n
}

// nothingHeld waits for the end of all sessions. What they held is free then.
func (s *site) nothingHeld(t *testing.T, held *atomic.Int32, g *upstream.Group) {
	t.Helper()
	<-s.Retire()
	if n := held.Load(); n != 0 {
		t.Errorf("%d sessions that have ended hold something", n)
	}
	if n := g.State(g.Peers()[0]).Conns; n != 0 {
		t.Errorf("the peer has %d connections", n)
	}
	if n := s.Len(); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// A faultyConn panics when it has something to read.
type faultyConn struct{ net.Conn }

func (f faultyConn) Read(b []byte) (int, error) {
	if n, err := f.Conn.Read(b); n == 0 {
		return n, err
	}
	panic("the fault")
}

// TestContainTunnel: the same of a session whose bytes panic on their way.
func TestContainTunnel(t *testing.T) {
	s := newSite(t, noVars())
	held := s.hold()
	p := newProxy(group(t, backend(t, func(c *net.TCPConn) { io.Copy(c, c) })))
	s.content(p)
	near, far := net.Pipe()
	s.port.Serve(conn.New(faultyConn{near}))
	far.Write([]byte("a"))
	if got, _ := io.ReadAll(far); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	<-s.done
	s.nothingHeld(t, held, p.Target.Group)
	if l := s.log.all(); strings.Count(l, "panic: the fault") != 1 {
		t.Errorf("the log says %s", l)
	}
}

// TestContainPeer: a session that panics while it has a peer that it is not connected
// to gives that back.
func TestContainPeer(t *testing.T) {
	s := newSite(t, noVars())
	held := s.hold()
	p := newProxy(group(t, dead(t)))
	s.content(p)
	s.log.spring("connect() failed")
	if got, _ := io.ReadAll(s.dial(t)); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	s.nothingHeld(t, held, p.Target.Group)
}

// TestContainUDP: the same of sessions of datagrams, wherever that is, and others of the
// socket go on.
func TestContainUDP(t *testing.T) {
	dead := func(t *testing.T) *upstream.Peer {
		pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		return upstream.NewPeer("b", pc.LocalAddr().(*net.UDPAddr).AddrPort())
	}
	for _, tt := range []struct {
		name, trap string
		peer       func(*testing.T) *upstream.Peer
		size       int    // of the datagram
		status     string // with which the session ends
	}{
		{"first datagram", "sendmsg() failed", silentPeer, 65500, "500"}, // too large with the header before it
		{"peer's error", "recv() failed", dead, 1, "500"},
		{"timer", "upstream timed out", silentPeer, 1, "500"},
		{"last answer", "udp done", udpBackend, 1, "200"},
		{"next phase", "connected to 127", udpBackend, 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, noVars())
			held := s.hold()
			faulty, sound := newProxy(group(t, tt.peer(t))), newProxy(group(t, udpBackend(t)))
			faulty.Protocol, faulty.Responses, faulty.Idle = 1, 1, 50*time.Millisecond
			sound.Responses = 1
			var others atomic.Bool
			s.srv.Content = &Step{Run: func(x *Session) Status {
				if others.Swap(true) {
					return sound.Run(x)
				}
				return faulty.Run(x)
			}}
			at := s.serveUDP(t, "127.0.0.1:0")
			s.log.spring(tt.trap)
			dialUDP(t, at).Write(make([]byte, tt.size))
			if tt.status != "" {
				<-s.done
				check(t, "ended", s.last()[:3], tt.status)
			}
			for !strings.Contains(s.log.all(), "panic: ") {
				time.Sleep(time.Millisecond)
			}
			s.log.spring("")
			for _, want := range []string{"a0", "a1"} {
				check(t, "another session", exchange(t, dialUDP(t, at), "a"), want)
			}
			time.Sleep(2 * faulty.Idle) // a timer of the session that panicked may not fire
			s.nothingHeld(t, held, faulty.Target.Group)
			if l := s.log.all(); strings.Count(l, "panic: in the log") != 1 || strings.Contains(l, "disconnected on shutdown") {
				t.Errorf("the log says %s", l)
			}
		})
	}
}
