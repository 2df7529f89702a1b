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
	var fault atomic.Bool
	fault.Store(true)
	ask := func() string {
		c := s.dial(t)
		defer c.Close()
		got, _ := io.ReadAll(c)
		return string(got)
	}
	s.srv.Content = &Step{Name: "fault", Run: func(*Session) Status { panic("the fault") }}
	if got := ask(); got != "" {
		t.Errorf("got %q", got)
	}
	s.content(newProxy(group(t, backend(t, func(c *net.TCPConn) { c.Write([]byte("sound")); c.Close() }))))
	logged := s.srv.Log
	s.srv.Log = append([]Step{{Name: "fault", Run: func(*Session) Status {
		if fault.Load() {
			panic("another fault")
		}
		return Declined
	}}}, logged...)
	if got := ask(); got != "sound" {
		t.Errorf("got %q", got)
	}
	for _, want := range []string{"panic: the fault", "panic: another fault", "contain_test.go"} {
		if !strings.Contains(s.log.all(), want) {
			t.Errorf("the log says %q, want %q in it", s.log.all(), want)
		}
	}
	fault.Store(false)
	if got := ask(); got != "sound" {
		t.Errorf("afterwards: got %q", got)
	}
}
