package conn

import (
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestOptions(t *testing.T) {
	p := tcpPair(t)
	get := func(opt int) (v int) {
		t.Helper()
		p.a.control(func(fd uintptr) (err error) {
			v, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, opt)
			return err
		})
		return v
	}
	for _, on := range []bool{true, false} {
		want := map[bool]int{true: 1}[on]
		if err := p.a.SetNoDelay(on); err != nil || get(unix.TCP_NODELAY) != want {
			t.Errorf("TCP_NODELAY %v: %v, got %d", on, err, get(unix.TCP_NODELAY))
		}
		if err := p.a.SetCork(on); err != nil || get(unix.TCP_CORK) != want {
			t.Errorf("TCP_CORK %v: %v, got %d", on, err, get(unix.TCP_CORK))
		}
	}
	err := p.a.SetKeepalive(Keepalive{Idle: 77 * time.Second, Count: 4})
	if err != nil || get(unix.TCP_KEEPIDLE) != 77 || get(unix.TCP_KEEPCNT) != 4 {
		t.Errorf("keepalive: %v, got %d, %d", err, get(unix.TCP_KEEPIDLE), get(unix.TCP_KEEPCNT))
	}
	info, err := p.a.TCPInfo()
	if err != nil || info.RTT == 0 || info.SndCwnd == 0 || info.RcvSpace == 0 {
		t.Errorf("TCP_INFO: got %+v, %v", info, err)
	}
	u := unixPair(t)
	if err := u.a.SetCork(true); err != nil {
		t.Errorf("TCP_CORK on a unix socket: %v", err)
	}
	if _, err := u.a.TCPInfo(); err == nil {
		t.Error("TCP_INFO of a unix socket: no error")
	}
}

// adoptedPair is a connected pair of descriptors that Adopt took.
func adoptedPair(t testing.TB) pair {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Adopt(fds[0], netip.AddrPort{}, &Local{Path: "/run/x"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Adopt(fds[1], netip.AddrPort{}, &Local{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return pair{a, b}
}

var systemTransports = map[string]func(testing.TB) pair{"adopted": adoptedPair}

func TestAdopted(t *testing.T) {
	p := adoptedPair(t)
	if !p.a.IsUnix() || p.a.LocalText() != "unix:/run/x" {
		t.Errorf("got %v %q", p.a.IsUnix(), p.a.LocalText())
	}
	send(t, p.b, "x")
	p.b.CloseWrite()
	if got, err := io.ReadAll(p.a); err != nil || string(got) != "x" {
		t.Errorf("got %q, %v, want x", got, err)
	}
}

// Nothing on the way of a request or response allocates, with timeouts set.
func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties pools")
	}
	p := tcpPair(t)
	p.a.SetWriteTimeout(time.Hour)
	name := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(name, make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	msg := make([]byte, 100)
	in := make([]byte, 300)
	drain := func(n int) {
		if _, err := io.ReadFull(p.b, in[:n]); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name string
		f    func()
	}{
		{"AwaitBuffer with data", func() {
			p.b.Write(msg)
			p.a.SetReadTimeout(time.Hour)
			b, err := p.a.AwaitBuffer(4096)
			if err != nil {
				t.Fatal(err)
			}
			b.Free()
		}},
		{"Await", func() {
			p.b.Write(msg)
			p.a.SetReadTimeout(time.Minute)
			p.a.Await()
			p.a.Read(in)
		}},
		{"Write", func() { p.a.Write(msg); drain(100) }},
		{"Writev", func() { p.a.Writev(msg, msg[:50], msg); drain(250) }},
		{"SendFile", func() { p.a.SendFile(f, 0, 100); drain(100) }},
		{"State", func() { p.a.State() }},
	} {
		if n := testing.AllocsPerRun(200, tt.f); n != 0 {
			t.Errorf("%s: got %v allocations, want 0", tt.name, n)
		}
	}
}

func TestAllocsWaiting(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties pools")
	}
	p := tcpPair(t)
	go func() { // answers each byte, so that the reader always waits
		one := make([]byte, 1)
		for {
			if _, err := p.b.Read(one); err != nil {
				return
			}
			p.b.Write(one)
		}
	}()
	one := make([]byte, 1)
	n := testing.AllocsPerRun(500, func() {
		p.a.Write(one)
		p.a.SetReadTimeout(time.Hour)
		b, err := p.a.AwaitBuffer(1024)
		if err != nil {
			t.Fatal(err)
		}
		b.Free()
	})
	if n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
	p.a.Close()
}

func BenchmarkRoundTrip(b *testing.B) {
	for _, bm := range []struct {
		name string
		wait time.Duration
	}{{"no timeout", 0}, {"timeout", time.Minute}} {
		b.Run(bm.name, func(b *testing.B) {
			p := tcpPair(b)
			done := make(chan bool)
			go func() {
				defer close(done)
				one := make([]byte, 100)
				for {
					n, err := p.b.nc.Read(one)
					if err != nil {
						return
					}
					p.b.nc.Write(one[:n])
				}
			}()
			msg := make([]byte, 100)
			b.ReportAllocs()
			for b.Loop() {
				p.a.Write(msg)
				p.a.SetReadTimeout(bm.wait)
				x, err := p.a.AwaitBuffer(4096)
				if err != nil {
					b.Fatal(err)
				}
				x.Free()
			}
			p.a.Close()
			<-done
		})
	}
}

func BenchmarkSetReadTimeout(b *testing.B) {
	p := tcpPair(b)
	for b.Loop() {
		p.a.SetReadTimeout(time.Minute)
	}
}
