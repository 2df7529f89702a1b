package conn

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestState(t *testing.T) {
	for _, name := range []string{"tcp", "unix", "tls"} {
		t.Run(name, func(t *testing.T) {
			p := transports[name](t)
			if got := p.a.State(); got != Alive || p.a.Closed() {
				t.Errorf("idle: got %v, want %v", got, Alive)
			}
			send(t, p.b, "x")
			p.a.Await()
			if got := p.a.State(); got != HasData || !p.a.Closed() {
				t.Errorf("with data: got %v, want %v", got, HasData)
			}
			b, err := p.a.AwaitBuffer(10)
			if err != nil || string(b.Bytes()) != "x" || p.a.Received != 1 {
				t.Errorf("after State: got %v, %d counted, want x", err, p.a.Received)
			}
			p.b.Close()
			p.a.Await()
			if got := p.a.State(); got != EOF {
				t.Errorf("ended: got %v, want %v", got, EOF)
			}
		})
	}
}

// The timeout of an earlier read says nothing about an idle connection.
func TestStateAfterTimeout(t *testing.T) {
	p := tcpPair(t)
	p.a.SetReadTimeout(time.Millisecond)
	p.a.Await()
	if got := p.a.State(); got != Alive {
		t.Errorf("got %v, want %v", got, Alive)
	}
}

// A session ticket that comes after the handshake is not data.
func TestStateTicket(t *testing.T) {
	p := tlsPair(t)
	// The server's tickets are in flight to the client, b, since the handshake.
	if got := p.b.State(); got != Alive {
		t.Errorf("got %v, want %v", got, Alive)
	}
}

func TestWatch(t *testing.T) {
	for _, name := range []string{"tcp", "unix", "tls"} {
		t.Run(name, func(t *testing.T) {
			p := transports[name](t)
			send(t, p.b, "pipelined")
			p.a.SetReadTimeout(time.Hour)
			for range 3 {
				stop := p.a.Watch(func() { t.Error("gone was called") })
				stop()
				stop()
			}
			gone := make(chan bool)
			stop := p.a.Watch(func() { close(gone) })
			p.b.Close()
			<-gone
			stop()
			got, err := io.ReadAll(p.a)
			if err != nil || string(got) != "pipelined" {
				t.Errorf("got %q, %v, want the data untouched", got, err)
			}
		})
	}
}

func TestWatchSurvivesDeadlines(t *testing.T) {
	p := tcpPair(t)
	p.a.SetReadTimeout(10 * time.Millisecond)
	if err := p.a.Await(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	gone := make(chan bool)
	stop := p.a.Watch(func() { close(gone) })
	p.a.Interrupt()
	p.b.Close()
	<-gone
	stop()
	if err := p.a.Await(); err != io.EOF && err != ErrInterrupted {
		t.Errorf("got %v", err)
	}
}

func TestCancel(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		read, written := make(chan error), make(chan error)
		go func() { _, err := p.a.AwaitBuffer(10); read <- err }()
		go func() { _, err := p.a.Write(make([]byte, 32<<20)); written <- err }()
		p.a.Cancel()
		if err := <-read; err != ErrCanceled {
			t.Errorf("read: got %v, want %v", err, ErrCanceled)
		}
		if err := <-written; err != ErrCanceled {
			t.Errorf("write: got %v, want %v", err, ErrCanceled)
		}
		if _, err := p.a.AwaitBuffer(10); err != ErrCanceled {
			t.Errorf("a later read: got %v, want %v", err, ErrCanceled)
		}
		p.a.Resume()
		go send(t, p.b, "on")
		b, err := p.a.AwaitBuffer(10)
		if err != nil || string(b.Bytes()) != "on" {
			t.Errorf("after Resume: got %v, want data", err)
		}
	})
}

func TestPeek(t *testing.T) {
	each(t, func(t *testing.T, p pair) {
		go func() {
			for _, s := range []string{"PRO", "XY TC", "P4 rest"} {
				send(t, p.b, s)
			}
			p.b.Close()
		}()
		got, err := p.a.Peek(10)
		if err != nil || !strings.HasPrefix(string(got), "PROXY TCP4") {
			t.Fatalf("got %q, %v, want PROXY TCP4", got, err)
		}
		if p.a.Received != 0 {
			t.Errorf("counted %d while peeking, want 0", p.a.Received)
		}
		p.a.Discard(6)
		if got, err := p.a.Peek(100); err != io.EOF || string(got) != "TCP4 rest" {
			t.Errorf("got %q, %v, want all there is and EOF", got, err)
		}
		b, err := p.a.AwaitBuffer(4096)
		if err != nil || string(b.Bytes()) != "TCP4 rest" || len(b.B) != 4096 {
			t.Errorf("got %v, want the rest in a buffer of 4096", err)
		}
		if p.a.Received != 15 {
			t.Errorf("counted %d, want 15", p.a.Received)
		}
	})
}

// What was peeked of a transport goes to the TLS layer that comes later.
func TestPeekThenSecure(t *testing.T) {
	p := tcpPair(t)
	send(t, p.b, "hello")
	if _, err := p.a.Peek(3); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 10)
	n, err := p.a.Lower().Read(got)
	if err != nil || string(got[:n]) != "hello" {
		t.Errorf("got %q, %v, want hello", got[:n], err)
	}
}

func TestUnread(t *testing.T) {
	p := tcpPair(t)
	p.a.Unread([]byte("b"))
	p.a.Unread([]byte("a"))
	if p.a.Buffered() != 2 {
		t.Errorf("got %d buffered, want 2", p.a.Buffered())
	}
	got := make([]byte, 10)
	if n, err := p.a.Read(got); err != nil || string(got[:n]) != "ab" {
		t.Errorf("got %q, %v, want ab", got[:n], err)
	}
}

func TestLinger(t *testing.T) {
	t.Run("until the peer ends", func(t *testing.T) {
		p := tcpPair(t)
		send(t, p.a, "response")
		go func() {
			p.b.Write(make([]byte, 1<<20)) // a body nobody wants
			p.b.CloseWrite()
		}()
		p.a.Linger(time.Minute, time.Minute)
		got, err := io.ReadAll(p.b)
		if err != nil || string(got) != "response" {
			t.Errorf("got %q, %v, want the response", got, err)
		}
	})
	t.Run("silent peer", func(t *testing.T) {
		p := tcpPair(t)
		start := time.Now()
		p.a.Linger(time.Minute, 30*time.Millisecond)
		if took := time.Since(start); took < 30*time.Millisecond || took > 10*time.Second {
			t.Errorf("took %v, want 30ms", took)
		}
	})
	t.Run("peer that never ends", func(t *testing.T) {
		p := tcpPair(t)
		ended := make(chan bool)
		go func() {
			for _, err := p.b.Write([]byte("x")); err == nil; _, err = p.b.Write([]byte("x")) {
				time.Sleep(time.Millisecond)
			}
			close(ended)
		}()
		start := time.Now()
		p.a.Linger(60*time.Millisecond, 40*time.Millisecond)
		if took := time.Since(start); took < 60*time.Millisecond || took > 10*time.Second {
			t.Errorf("took %v, want 60ms", took)
		}
		<-ended
	})
}

func TestAddresses(t *testing.T) {
	p := tcpPair(t)
	local := p.b.nc.LocalAddr().(*net.TCPAddr).AddrPort()
	if p.a.RemoteAddr() != local || p.a.RemoteText() != "127.0.0.1" || p.a.LocalText() != "127.0.0.1" {
		t.Errorf("got %v %q %q", p.a.RemoteAddr(), p.a.RemoteText(), p.a.LocalText())
	}
	if p.a.LocalAddr() != p.b.RemoteAddr() || p.a.IsUnix() {
		t.Errorf("got local %v, want %v", p.a.LocalAddr(), p.b.RemoteAddr())
	}
	p.a.SetRemoteAddr(netip.MustParseAddrPort("[2001:db8::1]:9"))
	if got := p.a.RemoteText(); got != "2001:db8::1" {
		t.Errorf("after SetRemoteAddr: got %q", got)
	}
	u := unixPair(t)
	if !u.a.IsUnix() || u.a.RemoteText() != "unix:" || !strings.HasPrefix(u.a.LocalText(), "unix:/") || u.a.RemoteAddr().IsValid() {
		t.Errorf("unix: got %v %q %q", u.a.RemoteAddr(), u.a.RemoteText(), u.a.LocalText())
	}
}

func TestErrnoText(t *testing.T) {
	_, err := net.Dial("tcp", "127.0.0.1:1")
	if got, want := ErrnoText(err), "(111: Connection refused)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := ErrnoText(io.EOF); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestErrorText(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, " (111: Connection refused)"},
		{io.EOF, " (EOF)"},
		{nil, ""},
	} {
		if got := ErrorText(tt.err); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
	}
}
