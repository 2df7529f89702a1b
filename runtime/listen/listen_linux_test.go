package listen

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"understudy/runtime/conn"
)

func option(t *testing.T, k *Socket, level, opt int) int {
	t.Helper()
	v, err := unix.GetsockoptInt(int(k.fd.file.Fd()), level, opt)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// backlogOf asks the kernel: tcpi_sacked of a listening socket is its backlog.
func backlogOf(t *testing.T, k *Socket) int {
	t.Helper()
	info, err := unix.GetsockoptTCPInfo(int(k.fd.file.Fd()), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Sacked)
}

func TestOptionsApplied(t *testing.T) {
	s, log := newSet(t)
	addr := freeAddr(t)
	o := Options{Network: "tcp", Addr: addr, Backlog: 7, RcvBuf: 8192, SndBuf: 16384, FastOpen: 5, ReusePort: true,
		DeferAccept: true, KeepAlive: Keepalive{Mode: On, Idle: 50 * time.Second, Intvl: 7 * time.Second, Cnt: 3}}
	ch := mustNext(t, s, o)
	ch.Commit()
	k := ch.Sockets[0]
	for _, tt := range []struct {
		name       string
		level, opt int
		want       int
	}{
		{"SO_REUSEADDR", unix.SOL_SOCKET, unix.SO_REUSEADDR, 1},
		{"SO_REUSEPORT", unix.SOL_SOCKET, unix.SO_REUSEPORT, 1},
		{"SO_RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, 2 * 8192}, // the kernel doubles it
		{"SO_SNDBUF", unix.SOL_SOCKET, unix.SO_SNDBUF, 2 * 16384},
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 50},
		{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 7},
		{"TCP_KEEPCNT", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3},
		{"TCP_FASTOPEN", unix.IPPROTO_TCP, unix.TCP_FASTOPEN, 5},
		{"TCP_DEFER_ACCEPT", unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 1},
	} {
		if got := option(t, k, tt.level, tt.opt); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, got, tt.want)
		}
	}
	if got := backlogOf(t, k); got != 7 {
		t.Errorf("backlog: got %d, want 7", got)
	}

	o = Options{Network: "tcp", Addr: addr, Backlog: 9}
	mustNext(t, s, o).Commit()
	if got := backlogOf(t, k); got != 9 {
		t.Errorf("changed backlog: got %d, want 9", got)
	}
	if got := option(t, k, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT); got != 0 {
		t.Errorf("TCP_DEFER_ACCEPT after a reload without deferred: got %d, want 0", got)
	}
	if got := log.take(); got != nil {
		t.Errorf("logged %q", got)
	}
}

func TestInherit(t *testing.T) {
	old, _ := newSet(t)
	addr, dropped := freeAddr(t), freeAddr(t)
	want := Options{Network: "tcp", Addr: addr}
	mustNext(t, old, want, Options{Network: "tcp", Addr: dropped}).Commit()
	env := ""
	files, _ := old.Heirs()
	for _, f := range files {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		env += strconv.Itoa(fd) + ";"
	}
	s, log := newSet(t)
	s.Inherit(env, "")
	old.Close()
	ch := mustNext(t, s, want) // fails with "in use" if it is opened instead
	if len(ch.Sockets) != 1 || !ch.Sockets[0].Inherited {
		t.Fatal("the socket was not inherited")
	}
	ch.Commit()
	l := serve(ch.Sockets[0], "heir")
	if got := ask(t, "tcp", addr); got != "heir" {
		t.Errorf("got %q, want heir", got)
	}
	l.Close()
	if _, err := net.Dial("tcp", dropped); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("an inherited socket nobody wants: got %v, want refused", err)
	}
	if got, want := log.take(), []string{`[notice] using inherited sockets from "` + env + `"`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// An nginx with reuseport and several workers has several sockets for an address:
// what any of them gets is served.
func TestInheritTwins(t *testing.T) {
	addr := freeAddr(t)
	want := Options{Network: "tcp", Addr: addr, ReusePort: true}
	env, before := "", ""
	for range 3 {
		old, _ := newSet(t)
		mustNext(t, old, want).Commit()
		files, _ := old.Heirs()
		fd, err := unix.FcntlInt(files[0].Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		env += strconv.Itoa(fd) + ";"
		old.Close()
	}
	s, log := newSet(t)
	s.Inherit(env, "")
	for _, who := range []string{"first", "second"} { // as after a reload
		ch := mustNext(t, s, want)
		ch.Commit()
		if _, got := s.Heirs(); !slices.Equal(got, []string{"NGINX=3;4;5;"}) {
			t.Errorf("%s passes on %q", who, got)
		}
		l := serve(ch.Sockets[0], who)
		defer l.Close()
		for range 50 {
			if got := ask(t, "tcp", addr); got != who {
				t.Fatalf("after %q got %q, want %q", before, got, who)
			}
		}
		before = who
	}
	s.Close()
	if _, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("closed: got %v, want refused", err)
	}
	if got, want := log.take(), []string{`[notice] using inherited sockets from "` + env + `"`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a service manager keeps stays known as its own, from binary to binary.
func TestInheritBorrowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	want := []Options{{Network: "unix", Addr: "unix:" + path}, {Network: "tcp", Addr: freeAddr(t)}}
	first, _ := newSet(t)
	mustNext(t, first, want...).Commit()
	files, _ := first.Heirs()
	var env, borrowed string
	for i, f := range files {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		env += strconv.Itoa(fd) + ";"
		if i == 0 {
			borrowed = env
		}
	}
	s, _ := newSet(t)
	s.Inherit(env, borrowed)
	mustNext(t, s, want...).Commit()
	if _, got := s.Heirs(); !slices.Equal(got, []string{"NGINX=3;4;", "UNDERSTUDY_BORROWED=3;"}) {
		t.Errorf("passes on %q", got)
	}
	s.Close()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// Running out of descriptors is logged as nginx does, and accepting goes on later.
func TestOutOfDescriptors(t *testing.T) {
	s, log := newSet(t)
	addr := freeAddr(t)
	ch := mustNext(t, s, Options{Network: "tcp", Addr: addr})
	ch.Commit()
	k := ch.Sockets[0]
	real, failures := k.fd.onAccept, 1
	k.fd.onAccept = func(fd uintptr) bool {
		if failures > 0 {
			failures--
			k.fd.err = unix.EMFILE
			return true
		}
		return real(fd)
	}
	l := serve(k, "later")
	if got := ask(t, "tcp", addr); got != "later" {
		t.Errorf("got %q, want later", got)
	}
	l.Close()
	if got, want := log.take(), []string{"[crit] accept4() failed (24: Too many open files)"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestUDP(t *testing.T) {
	s, log := newSet(t)
	addr := freeAddr(t)
	ch := mustNext(t, s, Options{Network: "udp", Addr: addr})
	ch.Commit()
	f, err := ch.Sockets[0].Packets()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	u, err := net.FilePacketConn(f)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	c, err := net.Dial("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte("ping"))
	b := make([]byte, 10)
	n, from, err := u.ReadFrom(b)
	if err != nil || string(b[:n]) != "ping" || from.String() != c.LocalAddr().String() {
		t.Errorf("got %q from %v, %v", b[:n], from, err)
	}
	if got := log.take(); got != nil {
		t.Errorf("logged %q", got)
	}
}

// A change between TCP and MPTCP needs both sockets for a while.
func TestMultipath(t *testing.T) {
	s, log := newSet(t)
	o := Options{Network: "tcp", Addr: freeAddr(t)}
	mustNext(t, s, o).Commit()
	o.Multipath = true
	ch, err := s.Next([]Options{o})
	if errors.Is(err, syscall.EPROTONOSUPPORT) || errors.Is(err, syscall.ENOPROTOOPT) {
		t.Skip("the kernel has no MPTCP")
	}
	if err != nil {
		t.Fatal(err)
	}
	ch.Commit()
	l := serve(ch.Sockets[0], "mptcp")
	if got := ask(t, "tcp", o.Addr); got != "mptcp" {
		t.Errorf("got %q, want mptcp", got)
	}
	l.Close()
	if got := log.take(); got != nil {
		t.Errorf("logged %q", got)
	}
}

func BenchmarkAccept(b *testing.B) {
	s := &Set{Log: func(level, text string) { b.Log(level, text) }}
	defer s.Close()
	ch, err := s.Next([]Options{{Network: "tcp", Addr: "127.0.0.1:20871"}})
	if err != nil {
		b.Fatal(err)
	}
	ch.Commit()
	got := make(chan *conn.Conn, 1)
	l := ch.Sockets[0].Serve(func(c *conn.Conn) { got <- c })
	defer l.Close()
	b.ReportAllocs()
	for b.Loop() {
		nc, err := net.Dial("tcp", "127.0.0.1:20871")
		if err != nil {
			b.Fatal(err)
		}
		(<-got).Reset()
		nc.Close()
	}
}
