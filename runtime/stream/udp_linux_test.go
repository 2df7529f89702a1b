package stream

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/listen"
	"understudy/runtime/upstream"
)

// echoPeer sends each datagram back.
func echoPeer(t testing.TB) *upstream.Peer {
	t.Helper()
	pc, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buf := make([]byte, 1<<16)
		for {
			n, from, err := pc.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			pc.WriteToUDPAddrPort(buf[:n], from)
		}
	}()
	t.Cleanup(func() {
		pc.Close()
		<-ended
	})
	return upstream.NewPeer("b", pc.LocalAddr().(*net.UDPAddr).AddrPort())
}

// TestUDPEmpty: a datagram of no bytes is one.
func TestUDPEmpty(t *testing.T) {
	s := newSite(t, noVars())
	p := newProxy(group(t, echoPeer(t)))
	p.Responses = -1
	s.content(p)
	c := dialUDP(t, s.serveUDP(t, "127.0.0.1:0"))
	for _, text := range []string{"", "a", "", "b"} {
		check(t, "answer", exchange(t, c, text), text)
	}
}

// TestUDPClients: datagrams of many clients at a time find their way back.
func TestUDPClients(t *testing.T) {
	s := newSite(t, noVars())
	p := newProxy(group(t, echoPeer(t)))
	p.Responses, p.Buffer = -1, 2048
	s.content(p)
	at := s.serveUDP(t, "127.0.0.1:0")
	var clients sync.WaitGroup
	for i := range 50 {
		c := dialUDP(t, at)
		clients.Go(func() {
			buf := make([]byte, 100)
			for k := range 10 {
				for n := range 3 {
					fmt.Fprintf(c, "%d/%d/%d", i, k, n)
				}
				for n := range 3 {
					got, err := c.Read(buf)
					if want := fmt.Sprintf("%d/%d/%d", i, k, n); err != nil || string(buf[:got]) != want {
						t.Errorf("got %q, %v, want %q", buf[:got], err, want)
						return
					}
				}
			}
		})
	}
	clients.Wait()
}

// TestUDPBufferSize: as in nginx, proxy_buffer_size is the most of a datagram that is
// passed on, but for the first of a client.
func TestUDPBufferSize(t *testing.T) {
	s := newSite(t, noVars())
	p := newProxy(group(t, echoPeer(t)))
	p.Responses, p.Buffer = -1, 5
	s.content(p)
	c := dialUDP(t, s.serveUDP(t, "127.0.0.1:0"))
	check(t, "first", exchange(t, c, "0123456789"), "01234")
	check(t, "second", exchange(t, c, "0123456789"), "01234")
	s.CloseAll()
	<-s.done
	check(t, "ended", swap(s.last(), p.Target.Group.Peers()[0].Name, "$B"), "200 15/10 $B 10/15")
}

// TestUDPPeersFull: the system may have no room for another socket to wait for.
func TestUDPPeersFull(t *testing.T) {
	s := newSite(t, noVars())
	u := &packetPort{Port: s.port}
	defer u.peers.close()
	c := &upstream.Conn{Conn: conn.New(&upstream.Packets{FD: -1})}
	x := &packets{s: &Session{Upstream: &Upstream{conn: c}}, pc: &packetConn{port: u}}
	if err := u.peers.add(x); !errors.Is(err, syscall.EBADF) {
		t.Errorf("got %v", err)
	}
	if n := len(u.peers.by); n > 0 {
		t.Errorf("%d sessions that were not added are kept", n)
	}
}

// TestUDPAlloc: a datagram that is passed on, and its answer, allocate nothing.
func TestUDPAlloc(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	s := newSite(t, noVars())
	p := newProxy(group(t, echoPeer(t)))
	p.Responses = -1
	s.content(p)
	c := dialUDP(t, s.serveUDP(t, "127.0.0.1:0"))
	message, buf := make([]byte, 64), make([]byte, 64)
	n := testing.AllocsPerRun(500, func() {
		c.Write(message)
		if _, err := c.Read(buf); err != nil {
			t.Fatal(err)
		}
	})
	if n > 0 {
		t.Errorf("%v allocations for a datagram and its answer", n)
	}
}

// TestUnixgram: a client that has a name gets answers; for one without a name each
// datagram is a session.
func TestUnixgram(t *testing.T) {
	dir := t.TempDir()
	s := newSite(t, noVars())
	failed := make(chan error, 3)
	s.srv.Content = &Step{Run: func(x *Session) Status {
		if _, err := x.Client.Write([]byte(x.RealIP + " " + x.LocalText())); err != nil {
			failed <- err
		}
		return Success
	}}
	at := &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unixgram"}
	s.servePackets(t, listen.Options{Network: "unixgram", Addr: "unix:" + at.Name})
	me := filepath.Join(dir, "c")
	c, err := net.DialUnix("unixgram", &net.UnixAddr{Name: me, Net: "unixgram"}, at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	c.Write([]byte("hello"))
	buf := make([]byte, 300)
	n, err := c.Read(buf)
	if want := "unix:" + me + " unix:" + at.Name; err != nil || string(buf[:n]) != want {
		t.Errorf("got %q, %v, want %q", buf[:n], err, want)
	}
	<-s.done
	nobody, err := net.DialUnix("unixgram", nil, at)
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	for range 2 {
		nobody.Write([]byte("hi"))
		<-s.done
		check(t, "ended", s.last(), "200 2/0")
	}
	if err := <-failed; !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("sending to nobody: %v", err)
	}
}

// unixgram returns a client's socket with a name of its own, and the site's address.
func (s *site) unixgram(t *testing.T) (at *net.UnixAddr, client func(name string) *net.UnixConn) {
	t.Helper()
	dir := t.TempDir()
	at = &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unixgram"}
	s.servePackets(t, listen.Options{Network: "unixgram", Addr: "unix:" + at.Name})
	return at, func(name string) *net.UnixConn {
		t.Helper()
		if name != "" && name[0] != '@' {
			name = filepath.Join(dir, name)
		}
		c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(5 * time.Second))
		return c
	}
}

// TestUnixgramSlow: a client that does not read loses its session when its socket is
// full, as in nginx; others do not wait for it.
func TestUnixgramSlow(t *testing.T) {
	s := newSite(t, noVars())
	p := newProxy(group(t, echoPeer(t)))
	p.Responses = -1
	s.content(p)
	at, client := s.unixgram(t)
	slow, quick := client("slow"), client("quick")
	for range 64 { // the kernel keeps about ten
		if _, err := slow.WriteTo([]byte("hello"), at); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-s.done:
	case <-time.After(5 * time.Second):
		t.Error("the session of the client that does not read goes on")
	}
	if want := "[alert] shared connection is busy while proxying and sending to client, udp client: unix:" + slow.LocalAddr().String(); !strings.Contains(s.log.all(), want) {
		t.Errorf("log is %s, want %q in it", s.log.all(), want)
	}
	buf := make([]byte, 100)
	for _, text := range []string{"a", "b"} {
		quick.WriteTo([]byte(text), at)
		n, err := quick.Read(buf)
		if err != nil || string(buf[:n]) != text {
			t.Fatalf("another client got %q, %v, want %q", buf[:n], err, text)
		}
	}
}

// TestUnixgramAbstract: a client may have a name that is no path. As in nginx it is
// answered, its name is not told, and each of its datagrams is a session.
func TestUnixgramAbstract(t *testing.T) {
	s := newSite(t, noVars())
	s.srv.Content = &Step{Run: func(x *Session) Status {
		x.Client.Write([]byte(x.RealIP))
		return Success
	}}
	at, client := s.unixgram(t)
	for _, name := range []string{
		"",                // the kernel chooses one
		"@understudy-abc", // Go's way to write that it begins with a zero byte
		"@understudy-a\x00",
		"a",
	} {
		c := client(name)
		want := "unix:"
		if name == "a" {
			want += c.LocalAddr().String()
		}
		c.WriteTo([]byte("hi"), at)
		buf := make([]byte, 200)
		n, err := c.Read(buf)
		if err != nil || string(buf[:n]) != want {
			t.Errorf("%q got %q, %v, want %q", name, buf[:n], err, want)
		}
		<-s.done
	}
}

// TestContainUnixgram: a datagram that panics where the socket is read ends its session.
func TestContainUnixgram(t *testing.T) {
	s := newSite(t, noVars())
	held := s.hold()
	p := newProxy(group(t, echoPeer(t)))
	p.Responses, p.Buffer = -1, 1<<16
	s.content(p)
	at, client := s.unixgram(t)
	c := client("c")
	buf := make([]byte, 100)
	ask := func() {
		t.Helper()
		c.WriteTo([]byte("a"), at)
		n, err := c.Read(buf)
		if err != nil || string(buf[:n]) != "a" {
			t.Fatalf("got %q, %v", buf[:n], err)
		}
	}
	ask()
	s.log.spring("sendmsg() failed")
	c.WriteTo(make([]byte, 65530), at) // too large for UDP
	<-s.done
	check(t, "ended", s.last()[:3], "500")
	ask()
	s.log.spring("disconnected on shutdown")
	s.nothingHeld(t, held, p.Target.Group)
	if l := s.log.all(); strings.Count(l, "panic: in the log") != 2 {
		t.Errorf("the log says %s", l)
	}
}

// TestUnixgramPeer: datagrams that the peer has no room for wait, in order.
func TestUnixgramPeer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p")
	pc, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	s := newSite(t, noVars())
	p := newProxy(group(t, upstream.NewUnixPeer("unix:"+path, path)))
	p.Responses = -1
	s.content(p)
	c := dialUDP(t, s.serveUDP(t, "127.0.0.1:0"))
	const many = 24 // the kernel keeps about ten, the session 16
	for i := range many {
		fmt.Fprintf(c, "%d", i)
		time.Sleep(time.Millisecond) // the peer is to be read last
	}
	pc.SetReadDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 100)
	for i := range many {
		n, err := pc.Read(buf)
		if want := fmt.Sprint(i); err != nil || string(buf[:n]) != want {
			t.Fatalf("got %q, %v, want %q", buf[:n], err, want)
		}
	}
}
