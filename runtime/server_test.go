package runtime

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"understudy/runtime/conn"
	"understudy/runtime/listen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A part answers every line with its name, and keeps connections until they
// are closed or, once it is retired, have been answered.
type part struct {
	name string

	mu      sync.Mutex
	conns   map[*conn.Conn]bool // to whether it is in the middle of a line
	retired bool
	empty   chan struct{}
}

func newPart(name string) *part {
	return &part{name: name, conns: map[*conn.Conn]bool{}, empty: make(chan struct{})}
}

func (p *part) serve(c *conn.Conn) {
	p.mu.Lock()
	p.conns[c] = false
	p.mu.Unlock()
	r := bufio.NewReader(c)
	for {
		b, err := r.ReadByte()
		if err != nil {
			break
		}
		p.mu.Lock()
		p.conns[c] = b != '\n'
		quit := b == '\n' && p.retired
		p.mu.Unlock()
		if b == '\n' {
			io.WriteString(c, p.name+"\n")
		}
		if quit {
			break
		}
	}
	c.Close()
	p.mu.Lock()
	delete(p.conns, c)
	if p.retired && len(p.conns) == 0 {
		close(p.empty)
	}
	p.mu.Unlock()
}

func (p *part) Retire() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retired = true
	if len(p.conns) == 0 {
		close(p.empty)
	}
	for c, busy := range p.conns {
		if !busy {
			c.Close()
		}
	}
	return p.empty
}

func (p *part) CloseAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

func (p *part) graph(addr string) (*Graph, chan struct{}) {
	done := make(chan struct{})
	return &Graph{
		Listen: []Entry{{Options: listen.Options{Network: "tcp", Addr: addr}, Serve: p.serve}},
		Parts:  []Part{p},
		Done:   func() { close(done) },
	}, done
}

func newServer() *Server {
	return &Server{Sockets: &listen.Set{Log: func(string, string) {}, Sleep: func(time.Duration) {}}}
}

// freeAddr returns an address nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	return c
}

// ask sends text and returns the answer, or "" if the connection ends.
func ask(c net.Conn, text string) string {
	io.WriteString(c, text)
	line, _ := bufio.NewReader(c).ReadString('\n')
	return line
}

func wait(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s did not happen", what)
	}
}

func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func TestReload(t *testing.T) {
	s, addr := newServer(), freeAddr(t)
	one, two := newPart("one"), newPart("two")
	g1, gone1 := one.graph(addr)
	g2, gone2 := two.graph(addr)
	if err := s.Start(g1); err != nil {
		t.Fatal(err)
	}
	idle, busy := dial(t, addr), dial(t, addr)
	for _, c := range []net.Conn{idle, busy} {
		if got := ask(c, "x\n"); got != "one\n" {
			t.Fatalf("got %q from the first generation", got)
		}
	}
	if got := ask(busy, "y\nhalf"); got != "one\n" { // the part has seen the y, and soon the half
		t.Fatalf("got %q", got)
	}
	for ready := false; !ready; {
		one.mu.Lock()
		for _, b := range one.conns {
			ready = ready || b
		}
		one.mu.Unlock()
	}
	if err := s.Reload(g2); err != nil {
		t.Fatal(err)
	}
	if got := ask(idle, "z\n"); got != "" {
		t.Errorf("an idle connection of the old generation answered %q", got)
	}
	if got := ask(dial(t, addr), "x\n"); got != "two\n" {
		t.Errorf("got %q from the second generation", got)
	}
	if isDone(gone1) {
		t.Error("the old generation is gone while a connection is busy")
	}
	if got := ask(busy, "\n"); got != "one\n" {
		t.Errorf("the busy connection answered %q", got)
	}
	wait(t, "the end of the first generation", gone1)
	wait(t, "quit", s.Quit())
	wait(t, "the end of the second generation", gone2)
	if _, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after quit: %v", err)
	}
}

func TestReloadFails(t *testing.T) {
	s, addr := newServer(), freeAddr(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := newPart("one")
	g, _ := p.graph(addr)
	if err := s.Start(g); err != nil {
		t.Fatal(err)
	}
	bad, _ := newPart("two").graph(taken.Addr().String())
	if err := s.Reload(bad); !errors.Is(err, listen.ErrStillInUse) {
		t.Errorf("reload: %v", err)
	}
	if got := ask(dial(t, addr), "x\n"); got != "one\n" {
		t.Errorf("got %q after a reload that failed", got)
	}
	wait(t, "stop", s.Stop())
}

func TestShutdownTimeout(t *testing.T) {
	s, addr := newServer(), freeAddr(t)
	p := newPart("one")
	g, gone := p.graph(addr)
	g.ShutdownTimeout = time.Millisecond
	if err := s.Start(g); err != nil {
		t.Fatal(err)
	}
	c := dial(t, addr)
	ask(c, "x\nhalf")
	wait(t, "quit", s.Quit())
	if !isDone(gone) {
		t.Error("quit is done before the generation")
	}
	if got := ask(c, "\n"); got != "" {
		t.Errorf("after the timeout the connection answered %q", got)
	}
}

// TestDrain is SIGWINCH: nobody accepts, and who connects waits for the next
// generation.
func TestDrain(t *testing.T) {
	s, addr := newServer(), freeAddr(t)
	g1, gone := newPart("one").graph(addr)
	if err := s.Start(g1); err != nil {
		t.Fatal(err)
	}
	s.Drain()
	wait(t, "the end of the generation", gone)
	c := dial(t, addr)
	io.WriteString(c, "x\n")
	g2, _ := newPart("two").graph(addr)
	if err := s.Reload(g2); err != nil {
		t.Fatal(err)
	}
	if got := ask(c, ""); got != "two\n" {
		t.Errorf("got %q", got)
	}
	wait(t, "stop", s.Stop())
}

func TestStopWhileQuitting(t *testing.T) {
	s, addr := newServer(), freeAddr(t)
	g, _ := newPart("one").graph(addr)
	if err := s.Start(g); err != nil {
		t.Fatal(err)
	}
	ask(dial(t, addr), "x\nhalf")
	quit := s.Quit()
	wait(t, "stop", s.Stop())
	wait(t, "quit", quit)
}

// TestPrepare opens sockets that are not served until somebody says so.
func TestPrepare(t *testing.T) {
	s, addr := newServer(), freeAddr(t)
	g, _ := newPart("one").graph(addr)
	n, err := s.Prepare(g)
	if err != nil {
		t.Fatal(err)
	}
	n.Drop()
	if _, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("after Drop: %v", err)
	}
	if n, err = s.Prepare(g); err != nil {
		t.Fatal(err)
	}
	n.Listen()
	c := dial(t, addr)
	n.Serve()
	if got := ask(c, "x\n"); got != "one\n" {
		t.Errorf("got %q", got)
	}
	wait(t, "stop", s.Stop())
}
