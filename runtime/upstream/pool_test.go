package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"understudy/runtime/conn"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A backend is a peer and the ends of the connections to it.
type backend struct {
	t    testing.TB
	l    net.Listener
	peer *Peer
	ends chan net.Conn
}

func newBackend(t testing.TB, network, addr string) *backend {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{t: t, l: l, ends: make(chan net.Conn, 64)}
	if network == "unix" {
		b.peer = NewUnixPeer("unix:"+addr, addr)
	} else {
		a := l.Addr().(*net.TCPAddr).AddrPort()
		b.peer = NewPeer(a.String(), a)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.ends <- c
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
		for len(b.ends) > 0 {
			(<-b.ends).Close()
		}
	})
	return b
}

func (b *backend) dial(g *Group) (*Conn, net.Conn) {
	b.t.Helper()
	c, err := g.Dial(context.Background(), b.peer, DialOptions{Timeout: 5 * time.Second})
	if err != nil {
		b.t.Fatal(err)
	}
	end := <-b.ends
	b.t.Cleanup(func() { end.Close() })
	return c, end
}

func newGroup(t testing.TB, k Keepalive, peers ...*Peer) *Group {
	t.Helper()
	g, err := New("u", peers, nil, k)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// closed waits until the other end of a connection is closed.
func closed(t *testing.T, end net.Conn) {
	t.Helper()
	end.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := end.Read(make([]byte, 1)); n != 0 || err != io.EOF && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("not closed: read %d, %v", n, err)
	}
}

func wantIdle(t *testing.T, g *Group, n int) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if g.Idle() == n {
			return
		}
	}
	t.Errorf("got %d idle connections, want %d", g.Idle(), n)
}

func TestKeepalive(t *testing.T) {
	b := newBackend(t, "tcp", "127.0.0.1:0")
	g := newGroup(t, Keepalive{Conns: 2, Requests: 100}, b.peer)
	if c := g.Get(b.peer, nil); c != nil {
		t.Fatal("a connection from an empty cache")
	}
	c1, e1 := b.dial(g)
	c2, _ := b.dial(g)
	c3, _ := b.dial(g)
	for _, c := range []*Conn{c1, c2, c3} {
		if !g.Put(c, nil) {
			t.Fatal("not kept")
		}
	}
	closed(t, e1) // the least recently used one
	if n := g.Idle(); n != 2 {
		t.Fatalf("got %d idle, want 2", n)
	}
	if c := g.Get(b.peer, nil); c != c3 {
		t.Error("not the one used last")
	}
	if c := g.Get(b.peer, nil); c != c2 {
		t.Error("not the one used before it")
	}
	if c2.Requests != 2 {
		t.Errorf("got %d requests, want 2", c2.Requests)
	}
	c2.Close()
	c3.Close()
	wantIdle(t, g, 0)
}

// Connections go to the peers with their address, of whatever group entry.
func TestKeepaliveAddress(t *testing.T) {
	a, b := newBackend(t, "tcp", "127.0.0.1:0"), newBackend(t, "tcp", "127.0.0.1:0")
	ap, err := netip.ParseAddrPort(a.peer.Addr)
	if err != nil {
		t.Fatal(err)
	}
	again := NewPeer("again", ap)
	g := newGroup(t, Keepalive{Conns: 4}, a.peer, b.peer, again)
	c, _ := a.dial(g)
	g.Put(c, nil)
	if g.Get(b.peer, nil) != nil {
		t.Error("a connection to another address")
	}
	got := g.Get(again, nil)
	if got != c || got.Peer != again {
		t.Error("the connection to the same address was not found")
	}
	got.Close()
}

func TestKeepaliveLocal(t *testing.T) {
	b := newBackend(t, "tcp", "127.0.0.1:0")
	for _, local := range []bool{false, true} {
		g := newGroup(t, Keepalive{Conns: 4, Local: local}, b.peer)
		one, two := new(int), new(int)
		c, _ := b.dial(g)
		g.Put(c, one)
		if got := g.Get(b.peer, two); (got == nil) != local {
			t.Errorf("local %v: got %v by another tag", local, got)
		}
		if got := g.Get(b.peer, one); (got == c) != local {
			t.Errorf("local %v: got %v by the tag", local, got)
		}
		c.Close()
	}
}

func TestKeepaliveLimits(t *testing.T) {
	b := newBackend(t, "tcp", "127.0.0.1:0")
	g := newGroup(t, Keepalive{Conns: 4, Requests: 2, Time: time.Hour}, b.peer)
	c, end := b.dial(g)
	if !g.Put(c, nil) || g.Get(b.peer, nil) != c {
		t.Fatal("not kept after its first request")
	}
	if g.Put(c, nil) {
		t.Error("kept after keepalive_requests")
	}
	closed(t, end)

	c, end = b.dial(g)
	c.Accepted = time.Now().Add(-2 * time.Hour)
	if g.Put(c, nil) {
		t.Error("kept after keepalive_time")
	}
	closed(t, end)

	none := newGroup(t, Keepalive{}, b.peer)
	c, end = b.dial(none)
	if none.Put(c, nil) {
		t.Error("kept without keepalive")
	}
	closed(t, end)
}

func TestKeepaliveUnwantedData(t *testing.T) {
	b := newBackend(t, "tcp", "127.0.0.1:0")
	g := newGroup(t, Keepalive{Conns: 8}, b.peer)
	c, end := b.dial(g)
	g.Put(c, nil)
	end.Write([]byte("HTTP/1.1 408 Request Timeout\r\n\r\n"))
	for !c.Closed() {
		time.Sleep(time.Millisecond)
	}
	if g.Get(b.peer, nil) != nil {
		t.Error("a connection with data was given out")
	}
	closed(t, end)
}

func TestKeepaliveReadTimeoutIsForgotten(t *testing.T) {
	b := newBackend(t, "tcp", "127.0.0.1:0")
	g := newGroup(t, Keepalive{Conns: 8}, b.peer)
	c, end := b.dial(g)
	c.SetReadTimeout(time.Millisecond)
	if err := c.Await(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	g.Put(c, nil)
	if g.Get(b.peer, nil) != c {
		t.Fatal("closed by the timeout of the last request")
	}
	end.Write([]byte("x"))
	if err := c.Await(); err != nil {
		t.Error(err)
	}
	c.Close()
}

func TestKeepaliveTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPeer("a", netip.MustParseAddrPort("127.0.0.1:1"))
		g, err := New("u", []*Peer{p}, nil, Keepalive{Conns: 8, Timeout: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		put := func() *Conn {
			near, far := net.Pipe()
			t.Cleanup(func() { far.Close() })
			c := &Conn{Conn: conn.New(near), Peer: p}
			if !g.Put(c, nil) {
				t.Fatal("not kept")
			}
			return c
		}
		want := func(n int) {
			t.Helper()
			synctest.Wait()
			if g.Idle() != n {
				t.Errorf("got %d idle after %v, want %d", g.Idle(), time.Since(began), n)
			}
		}
		put()
		time.Sleep(30 * time.Second)
		put()
		time.Sleep(29 * time.Second)
		want(2)
		time.Sleep(2 * time.Second)
		want(1)
		c := g.Get(p, nil) // its time starts again
		g.Put(c, nil)
		time.Sleep(59 * time.Second)
		want(1)
		time.Sleep(2 * time.Second)
		want(0)
		put() // the timer starts again, too
		time.Sleep(61 * time.Second)
		want(0)
	})
}

func TestGroupClose(t *testing.T) {
	b := newBackend(t, "tcp", "127.0.0.1:0")
	g := newGroup(t, Keepalive{Conns: 8, Timeout: time.Minute}, b.peer)
	idle, e1 := b.dial(g)
	busy, e2 := b.dial(g)
	g.Put(idle, nil)
	g.Close()
	closed(t, e1)
	if g.Put(busy, nil) {
		t.Error("kept by a closed group")
	}
	closed(t, e2)
	g.Close()
}

func TestDetach(t *testing.T) {
	b := newBackend(t, "tcp", "127.0.0.1:0")
	g := newGroup(t, Keepalive{Conns: 8}, b.peer)
	c, end := b.dial(g)
	g.Put(c, nil)
	c = g.Get(b.peer, nil)
	raw := c.Detach()
	end.Write([]byte("x"))
	end.(*net.TCPConn).CloseWrite()
	var p [2]byte
	if n, err := io.ReadFull(raw, p[:]); n != 1 || err != io.ErrUnexpectedEOF {
		t.Errorf("read %d, %v", n, err)
	}
	raw.Close()
	if g.Put(c, nil) {
		t.Error("a detached connection was kept")
	}
}

func TestDial(t *testing.T) {
	b := newBackend(t, "tcp", "127.0.0.1:0")
	g := newGroup(t, Keepalive{}, b.peer)
	c, err := g.Dial(context.Background(), b.peer, DialOptions{Bind: netip.MustParseAddrPort("127.0.0.9:0"), KeepAlive: true})
	if err != nil {
		t.Fatal(err)
	}
	end := <-b.ends
	if got := end.RemoteAddr().(*net.TCPAddr).IP.String(); got != "127.0.0.9" {
		t.Errorf("bound to %v", got)
	}
	end.Close()
	c.Close()

	b.l.Close()
	_, err = g.Dial(context.Background(), b.peer, DialOptions{})
	if e, _ := conn.Errno(err); e != syscall.ECONNREFUSED {
		t.Errorf("got %v, want ECONNREFUSED", err)
	}
	unix := NewUnixPeer("unix:/nonexistent", "/nonexistent")
	_, err = g.Dial(context.Background(), unix, DialOptions{})
	if e, _ := conn.Errno(err); e != syscall.ENOENT {
		t.Errorf("got %v, want ENOENT", err)
	}
}

func TestDialDatagram(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	p := NewPeer("a", pc.LocalAddr().(*net.UDPAddr).AddrPort())
	g := newGroup(t, Keepalive{}, p)
	c, err := g.Dial(context.Background(), p, DialOptions{Datagram: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte("ping"))
	b := make([]byte, 10)
	if n, _, err := pc.ReadFrom(b); err != nil || string(b[:n]) != "ping" {
		t.Errorf("got %q, %v", b[:n], err)
	}
}
