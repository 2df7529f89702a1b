package stream

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
)

// A session that panics, in its phases or when its tunnel has ended, ends its
// connection and nothing else.
func TestContain(t *testing.T) {
	s := newSite(t, noVars())
	const inContent, inLog, nowhere = 0, 1, 2
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
	if got := ask(); got != "" {
		t.Errorf("got %q", got)
	}
	fault.Store(inLog)
	if got := ask(); got != "sound" {
		t.Errorf("got %q", got)
	}
	for _, want := range []string{"panic: the fault", "panic: another fault", "contain_test.go"} {
		if !strings.Contains(s.log.all(), want) {
			t.Errorf("the log says %q, want %q in it", s.log.all(), want)
		}
	}
	fault.Store(nowhere)
	if got := ask(); got != "sound" {
		t.Errorf("afterwards: got %q", got)
	}
}
