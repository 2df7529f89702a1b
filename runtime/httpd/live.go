package httpd

import (
	"sync"
	"sync/atomic"

	"understudy/runtime/conn"
)

// A liveSet is the connections being served, so that idle ones can be closed
// when the configuration retires.
type liveSet struct {
	mu      sync.Mutex
	conns   map[*conn.Conn]held
	closed  bool
	retired atomic.Bool   // closed, for those who do not hold mu
	empty   chan struct{} // closed when closed and no connection is left
}

// A held says who has a connection.
type held bool

const (
	byUs    held = false
	byOther held = true // it was taken over, and is never idle for us again
)

// add takes a connection in, even one that was accepted just before the
// configuration retired: it gets its answer.
func (l *liveSet) add(c *conn.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns == nil {
		l.conns = map[*conn.Conn]held{}
	}
	l.conns[c] = byUs
}

// hand notes that somebody else takes the connection over.
func (l *liveSet) hand(c *conn.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.conns[c]; ok {
		l.conns[c] = byOther
		c.Uninterrupt()
	}
}

// remove forgets a connection, and reports whether it was the last of a
// configuration that has retired.
func (l *liveSet) remove(c *conn.Conn) (last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	last = l.closed && len(l.conns) == 0
	if last && l.empty != nil {
		close(l.empty)
		l.empty = nil
	}
	return last
}

// closing reports whether the configuration has retired.
func (l *liveSet) closing() bool { return l.retired.Load() }

// Retire closes the connections that wait for another request, and lets the
// others finish theirs. The channel is closed when all are gone that had come
// by then.
func (h *HTTP) Retire() <-chan struct{} {
	l := &h.live
	l.mu.Lock()
	defer l.mu.Unlock()
	done := make(chan struct{})
	l.closed = true
	l.retired.Store(true)
	if len(l.conns) == 0 {
		close(done)
		h.watches.Close()
		return done
	}
	l.empty = done
	for c, by := range l.conns {
		if by == byUs {
			c.Interrupt()
		}
	}
	return done
}

// CloseAll closes every connection at once, whatever it does.
func (h *HTTP) CloseAll() {
	h.tunnels.Close() // one that is silent waits where its connection's end is not seen
	h.live.mu.Lock()
	for c := range h.live.conns {
		c.Abort()
	}
	h.live.mu.Unlock()
	h.watches.Close() // their requests may wait for somebody else
}
