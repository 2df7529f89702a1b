package listen

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"understudy/runtime/conn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines collects what is logged.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) log(level, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, "["+level+"] "+text)
}

func (l *lines) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.all
	l.all = nil
	return all
}

func newSet(t *testing.T) (*Set, *lines) {
	l := &lines{}
	s := &Set{Log: l.log, Sleep: func(time.Duration) {}}
	t.Cleanup(func() { s.Close() })
	return s, l
}

// freeAddr returns an address nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func mustNext(t *testing.T, s *Set, want ...Options) *Change {
	t.Helper()
	ch, err := s.Next(want)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// serve answers each connection with name.
func serve(k *Socket, name string) *Listener {
	return k.Serve(func(c *conn.Conn) {
		c.Write([]byte(name))
		c.Close()
	})
}

func ask(t *testing.T, network, addr string) string {
	t.Helper()
	nc, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	b := make([]byte, 100)
	n, _ := nc.Read(b)
	return string(b[:n])
}

func TestShareAcrossGenerations(t *testing.T) {
	s, _ := newSet(t)
	a, b, c := freeAddr(t), freeAddr(t), freeAddr(t)
	first := mustNext(t, s, Options{Network: "tcp", Addr: a}, Options{Network: "tcp", Addr: b})
	first.Commit()
	oldA, oldB := serve(first.Sockets[0], "first"), serve(first.Sockets[1], "first")
	if got := ask(t, "tcp", a); got != "first" {
		t.Fatalf("got %q, want first", got)
	}

	second := mustNext(t, s, Options{Network: "tcp", Addr: c}, Options{Network: "tcp", Addr: a})
	if second.Sockets[1] != first.Sockets[0] || second.Sockets[0] == first.Sockets[1] {
		t.Error("the shared socket was not shared, or another was")
	}
	if got := ask(t, "tcp", b); got != "first" {
		t.Errorf("before Commit: got %q, want first", got)
	}
	newC, newA := serve(second.Sockets[0], "second"), serve(second.Sockets[1], "second")
	second.Commit()
	oldA.Close()
	oldB.Close()
	for _, addr := range []string{a, c} {
		if got := ask(t, "tcp", addr); got != "second" {
			t.Errorf("%s: got %q, want second", addr, got)
		}
	}
	if _, err := net.Dial("tcp", b); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dropped address: got %v, want refused", err)
	}
	newA.Close()
	newC.Close()
}

func TestCloseStopsAccepting(t *testing.T) {
	s, _ := newSet(t)
	addr := freeAddr(t)
	ch := mustNext(t, s, Options{Network: "tcp", Addr: addr})
	ch.Commit()
	serve(ch.Sockets[0], "x").Close()

	nc, err := net.Dial("tcp", addr) // queued by the kernel
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	l := serve(ch.Sockets[0], "again")
	b := make([]byte, 10)
	if n, err := nc.Read(b); string(b[:n]) != "again" {
		t.Errorf("got %q, %v, want again", b[:n], err)
	}
	l.Close()
}

func TestTakeOverUnderLoad(t *testing.T) {
	s, _ := newSet(t)
	addr := freeAddr(t)
	ch := mustNext(t, s, Options{Network: "tcp", Addr: addr})
	ch.Commit()
	l := serve(ch.Sockets[0], "ok")
	var asked sync.WaitGroup
	for range 4 {
		asked.Go(func() {
			for range 50 {
				if got := ask(t, "tcp", addr); got != "ok" {
					t.Errorf("got %q, want ok", got)
					return
				}
			}
		})
	}
	for range 50 {
		next := serve(ch.Sockets[0], "ok")
		l.Close()
		l = next
	}
	asked.Wait()
	l.Close()
}

func TestAddressInUse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	used, free := ln.Addr().String(), freeAddr(t)
	s, log := newSet(t)
	var slept time.Duration
	s.Sleep = func(d time.Duration) { slept += d }
	_, err = s.Next([]Options{{Network: "tcp", Addr: used}, {Network: "tcp", Addr: free}})
	if err != ErrStillInUse || err.Error() != "still could not bind()" {
		t.Errorf("got %v, want %v", err, ErrStillInUse)
	}
	var want []string
	for range 5 {
		want = append(want, "[emerg] bind() to "+used+" failed (98: Address already in use)",
			"[notice] try again to bind() after 500ms")
	}
	if got := log.take(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if slept != 2500*time.Millisecond {
		t.Errorf("slept %v, want 2.5s", slept)
	}
	if _, err := net.Dial("tcp", free); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the free address was left open: %v", err)
	}
}

func TestAddressFreedBetweenTries(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := newSet(t)
	s.Sleep = func(time.Duration) { ln.Close() }
	ch := mustNext(t, s, Options{Network: "tcp", Addr: ln.Addr().String()})
	ch.Commit()
}

func TestTestModeIgnoresInUse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	s, log := newSet(t)
	s.Test = true
	path := filepath.Join(t.TempDir(), "s")
	ch := mustNext(t, s, Options{Network: "tcp", Addr: ln.Addr().String()}, Options{Network: "unix", Addr: "unix:" + path})
	ch.Rollback()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: got %v, want it removed", path, err)
	}
	if got := log.take(); got != nil {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestBindError(t *testing.T) {
	s, log := newSet(t)
	_, err := s.Next([]Options{{Network: "tcp", Addr: "192.0.2.1:80"}})
	want := "bind() to 192.0.2.1:80 failed (99: Cannot assign requested address)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if got := log.take(); got != nil {
		t.Errorf("logged %q; the caller logs the error", got)
	}
}

func TestUnixSocket(t *testing.T) {
	s, log := newSet(t)
	path := filepath.Join(t.TempDir(), "s")
	o := Options{Network: "unix", Addr: "unix:" + path}
	ch := mustNext(t, s, o)
	ch.Commit()
	type facts struct {
		unix          bool
		remote, local string
	}
	got := make(chan facts, 1)
	ch.Sockets[0].Serve(func(c *conn.Conn) {
		got <- facts{c.IsUnix(), c.RemoteText(), c.LocalText()}
		c.Close()
	})
	ask(t, "unix", path)
	if f := <-got; f != (facts{true, "unix:", "unix:" + path}) {
		t.Errorf("got %+v", f)
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o666 {
		t.Errorf("got mode %v, %v, want 0666", st.Mode(), err)
	}
	other, _ := newSet(t)
	if _, err := other.Next([]Options{o}); err != ErrStillInUse {
		t.Errorf("a second bind: got %v, want %v", err, ErrStillInUse)
	}
	mustNext(t, s).Commit()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after it was dropped: got %v, want it removed", err)
	}
	if got, want := log.take(), []string{"[warn] deleting socket " + path}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAddresses(t *testing.T) {
	s, _ := newSet(t)
	_, port, _ := net.SplitHostPort(freeAddr(t))
	for _, tt := range []struct{ listen, dial string }{
		{"0.0.0.0:" + port, "127.0.0.1"},
		{"127.0.0.1:" + port, "127.0.0.1"},
		{"[::1]:" + port, "::1"},
		{"[::]:" + port, "::1"},
	} {
		ch, err := s.Next([]Options{{Network: "tcp", Addr: tt.listen, IPv6Only: true}})
		if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
			t.Logf("%s: no IPv6 here", tt.listen)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		ch.Commit()
		got := make(chan string, 1)
		l := ch.Sockets[0].Serve(func(c *conn.Conn) {
			got <- fmt.Sprint(c.RemoteText(), " ", c.LocalText(), " ", c.LocalAddr().Port(), " ", c.Serial > 0)
			c.Close()
		})
		ask(t, "tcp", net.JoinHostPort(tt.dial, port))
		if got, want := <-got, tt.dial+" "+tt.dial+" "+port+" true"; got != want {
			t.Errorf("%s: got %q, want %q", tt.listen, got, want)
		}
		l.Close()
		mustNext(t, s).Commit()
	}
}

func TestInheritEnv(t *testing.T) {
	for _, tt := range []struct{ env, want string }{
		{"", ""},
		{"x;", `[emerg] invalid socket number "x;" in NGINX environment variable, ignoring the rest of the variable`},
		{"7", `[emerg] invalid socket number "7" in NGINX environment variable, ignoring`},
		{"987654;", `[crit] getsockname() of the inherited socket #987654 failed (9: Bad file descriptor)`},
	} {
		s, log := newSet(t)
		s.Inherit(tt.env, "")
		got := log.take()
		if len(got) > 0 && got[0] == fmt.Sprintf("[notice] using inherited sockets from %q", tt.env) {
			got = got[1:]
		}
		if g := strings.Join(got, "\n"); g != tt.want {
			t.Errorf("%q: got %q, want %q", tt.env, g, tt.want)
		}
	}
}
