package stream

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"understudy/parser/diag"
	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal is an error log that remembers its lines, without time and numbers.
type journal struct {
	mu    sync.Mutex
	lines []string
	trap  string // a line with it panics; "": none does
}

var lineStart = regexp.MustCompile(`^\S+ \S+ (\[\w+\]) \S+ \*\d+ `)

func (j *journal) WriteLine(_ slog.Level, _ time.Time, line []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, lineStart.ReplaceAllString(strings.TrimSpace(string(line)), "$1 "))
	if j.trap != "" && strings.Contains(string(line), j.trap) {
		panic("in the log")
	}
}

// spring has lines that contain text panic.
func (j *journal) spring(text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.trap = text
}

func (j *journal) all() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, "\n")
}

// site is a stream block with one server and one port, and what its sessions
// left behind.
type site struct {
	*Stream
	srv  *Server
	port *Port
	log  *journal
	addr netip.AddrPort

	mu    sync.Mutex
	ended []string // what the log phase saw
	done  chan struct{}
}

func newSite(t *testing.T, vs *Vars) *site {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &site{log: &journal{}, done: make(chan struct{}, 64)}
	s.addr = ln.Addr().(*net.TCPAddr).AddrPort()
	logger := slog.New(logs.NewHandler(logs.Options{PID: 1}, logs.Target{Level: logs.Info, To: s.log}))
	s.Stream = New(vs, logger, "1.31.5")
	s.srv = &Server{ErrorLog: logger, PrereadBuffer: 64, PrereadTimeout: time.Second, ProxyProtocolTimeout: time.Second}
	s.srv.Log = []Step{{Name: "log", Run: func(x *Session) Status {
		s.mu.Lock()
		defer s.mu.Unlock()
		line := fmt.Sprintf("%d %d/%d", x.Status, x.Received(), x.Sent())
		if x.Upstream != nil {
			for _, a := range x.Upstream.Attempts {
				line += fmt.Sprintf(" %s %d/%d", a.Name, a.Received, a.Sent)
				if a.Session < 0 {
					line += " open"
				}
			}
		}
		s.ended = append(s.ended, line)
		x.OnEnd(func() { s.done <- struct{}{} })
		return Declined
	}}}
	s.port = &Port{Stream: s.Stream, Text: "front"}
	s.port.Any = &Address{Text: "front", Default: s.srv}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			s.sync()
			serving.Go(func() { s.port.Serve(conn.New(nc)) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		s.CloseAll()
		serving.Wait()
		<-s.Retire()
	})
	return s
}

// sync orders what tests change before they dial and what sessions then see.
func (s *site) sync() {
	s.mu.Lock()
	defer s.mu.Unlock()
}

func (s *site) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	s.sync()
	c, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(s.addr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(5 * time.Second))
	return c
}

// talk sends text, ends the direction if end is set, and returns the answer.
func (s *site) talk(t *testing.T, text string, end bool) string {
	t.Helper()
	c := s.dial(t)
	io.WriteString(c, text)
	if end {
		c.CloseWrite()
	}
	got, _ := io.ReadAll(c)
	<-s.done
	return string(got)
}

// backend serves connections one after the other; its address is "$B" in wants.
func backend(t *testing.T, serve func(*net.TCPConn)) *upstream.Peer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				serve(c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		wg.Wait()
	})
	return upstream.NewPeer("b", ln.Addr().(*net.TCPAddr).AddrPort())
}

// dead is an address where nobody listens.
func dead(t *testing.T) *upstream.Peer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return upstream.NewPeer("dead", ln.Addr().(*net.TCPAddr).AddrPort())
}

func group(t *testing.T, peers ...*upstream.Peer) *Target {
	t.Helper()
	g, err := upstream.New("up", peers, nil, upstream.Keepalive{})
	if err != nil {
		t.Fatal(err)
	}
	return &Target{Group: g}
}

func newProxy(t *Target) *Proxy {
	return &Proxy{Target: t, Connect: 5 * time.Second, Idle: 5 * time.Second, Next: true, Buffer: 4096, NoDelay: true}
}

func (s *site) content(p *Proxy) {
	s.srv.Content = &Step{Name: "proxy_pass", Run: p.Run, Explain: p.Explain}
}

func (s *site) last() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended[len(s.ended)-1]
}

func noVars() *Vars { return newVars() }

func newVars(vs ...Variable) *Vars {
	t := varsTable(vs...)
	var errs diag.List
	t.Link(&errs)
	return t
}

var (
	noPos   diag.Pos
	noDiags diag.List // of tables that have all their variables
)

func check(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

func swap(s string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(s) }
