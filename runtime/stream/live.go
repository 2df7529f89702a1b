package stream

import "sync"

// live is the sessions that have not ended.
type live struct {
	mu      sync.Mutex
	first   *Session
	n       int
	retired bool // Retire was called
	hooks   map[*hook]struct{}
	closed  bool          // no session may begin
	empty   chan struct{} // closed when the last has ended; nil until Retire
}

func (l *live) add(s *Session) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	s.next = l.first
	if l.first != nil {
		l.first.prev = s
	}
	l.first = s
	l.n++
	return true
}

func (l *live) remove(s *Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.prev != nil {
		s.prev.next = s.next
	} else {
		l.first = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	s.prev, s.next = nil, nil
	l.n--
	if l.n == 0 && l.empty != nil {
		close(l.empty)
		l.empty = nil
	}
}

// Retire lets the sessions go on: nothing tells nginx, or us, when one may be
// ended. The channel is closed when all have that had begun by then. A
// connection that was accepted just before is served as well.
func (st *Stream) Retire() <-chan struct{} {
	l := &st.live
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retired = true
	for h := range l.hooks {
		h.f()
	}
	done := make(chan struct{})
	if l.n == 0 {
		close(done)
		return done
	}
	l.empty = done
	return done
}

// A hook is called when the block retires or is closed.
type hook struct{ f func() }

// onRetire has f called when the block retires, at once if it has. The function
// it returns takes that back.
func (st *Stream) onRetire(f func()) (remove func()) {
	l := &st.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.retired || l.closed {
		f()
		return func() {}
	}
	h := &hook{f}
	if l.hooks == nil {
		l.hooks = map[*hook]struct{}{}
	}
	l.hooks[h] = struct{}{}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.hooks, h)
	}
}

// CloseAll ends every session at once.
func (st *Stream) CloseAll() {
	st.cancel()
	st.tunnels.Close()
	st.live.mu.Lock()
	defer st.live.mu.Unlock()
	st.live.closed = true
	for h := range st.live.hooks {
		h.f()
	}
	for s := st.live.first; s != nil; s = s.next {
		s.Client.Close()
	}
}

// Len returns the number of sessions.
func (st *Stream) Len() int {
	st.live.mu.Lock()
	defer st.live.mu.Unlock()
	return st.live.n
}
