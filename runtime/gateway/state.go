package gateway

import (
	"sync"

	"understudy/runtime/httpd"
	"understudy/runtime/upstream"
)

// states is where State values wait to be used again.
var states = sync.Pool{New: func() any { return new(State) }}

// Begin returns the request's state, made if this is its first pass.
func Begin(r *httpd.Request) *State {
	if s := StateOf(r); s != nil {
		return s
	}
	s := states.Get().(*State)
	s.released = false
	r.Upstream = s
	return s
}

// Release implements httpd.Attachment: the request has ended.
func (s *State) Release() {
	if s.released {
		return
	}
	if s.conn != nil {
		s.conn.Close()
	}
	s.unstore()
	if s.cache.entry != nil {
		s.cache.entry.Close()
	}
	s.buf.Free()
	s.headBuf.Free()
	kept := *s
	*s = State{
		Attempts: kept.Attempts[:0], Head: kept.Head, out: kept.out[:0], tried: kept.tried,
		abort: kept.abort, slow: slowness{lost: kept.slow.lost}, released: true,
	}
	s.Head.Reset()
	states.Put(s)
}

// Fail implements httpd.Attachment: a panic has ended the request. What others see of
// it is closed and counted no more, and nothing is used again.
func (s *State) Fail() {
	if s.released {
		return
	}
	s.released = true
	if l := s.slow.backlog; l != nil {
		l.quit()
		l.close()
	}
	if s.conn != nil {
		s.conn.Close()
	}
	s.unstore()
	if s.cache.entry != nil {
		s.cache.entry.Close()
	}
	if s.group != nil {
		s.group.Free(&s.tried, upstream.OK)
	}
}

// Each calls f with the attempts, in their order.
func (s *State) Each(f func(a *Attempt)) {
	if l := s.slow.backlog; l != nil { // who reads beside us counts in the last
		l.mu.Lock()
		defer l.mu.Unlock()
	}
	for i := range s.Attempts {
		f(&s.Attempts[i])
	}
}

// URL implements httpd.Attachment: where the request goes, for the error log.
func (s *State) URL() string {
	if len(s.Attempts) == 0 {
		return ""
	}
	return s.scheme + s.peerName + string(s.URI)
}

func (s *State) attempt() *Attempt { return &s.Attempts[len(s.Attempts)-1] }
