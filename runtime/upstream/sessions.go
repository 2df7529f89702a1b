package upstream

import (
	"crypto/md5"
	"sync"
	"time"
)

// Sessions remember which peers sessions belong to, by the routes of the peers.
// They outlive a configuration. Sessions are as many as fit into a zone of
// nginx's of that size; then the least recently used one gives way.
type Sessions struct {
	room int

	mu     sync.Mutex // guards what follows
	byID   map[[md5.Size]byte]*session
	newest *session
	oldest *session
}

// A session is known by the MD5 of its identifier.
type session struct {
	id          [md5.Size]byte
	route       []byte // replaced, never changed
	used        time.Time
	newer, last *session // by use
}

// What nginx's allocator takes of a zone: about 700 bytes for itself, 24 for each
// page, and a page each for two things that are not sessions.
const (
	slabHead    = 700
	slabPage    = 4096
	slabSession = 256
)

// NewSessions returns the sessions of a zone of size bytes.
func NewSessions(size int64) *Sessions {
	pages := (int(size) - slabHead) / (slabPage + 24)
	return &Sessions{room: max(1, pages-2) * (slabPage / slabSession), byID: map[[md5.Size]byte]*session{}}
}

// Route returns the route of the peer that a session belongs to, nil if it is
// not known. One that was not used for timeout is forgotten.
func (s *Sessions) Route(id []byte, timeout time.Duration) []byte {
	key := md5.Sum(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(time.Now(), timeout)
	if one := s.byID[key]; one != nil {
		return one.route
	}
	return nil
}

// Learn notes that a session was used and belongs to the peer with a route. A
// session that is not known is remembered if create is set; full tells that
// another had to be forgotten for it.
func (s *Sessions) Learn(id []byte, route string, create bool, timeout time.Duration) (full bool) {
	key := md5.Sum(id)
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(now, timeout)
	one := s.byID[key]
	switch {
	case one != nil:
		s.unlink(one)
	case !create:
		return false
	default:
		if full = len(s.byID) >= s.room; full {
			s.forget(s.oldest)
		}
		one = &session{id: key}
		s.byID[key] = one
	}
	if string(one.route) != route {
		one.route = []byte(route)
	}
	one.used = now
	one.last = s.newest
	if s.newest != nil {
		s.newest.newer = one
	} else {
		s.oldest = one
	}
	s.newest = one
	return full
}

// expire forgets the sessions whose time is over; mu is held.
func (s *Sessions) expire(now time.Time, timeout time.Duration) {
	for s.oldest != nil && now.Sub(s.oldest.used) >= timeout {
		s.forget(s.oldest)
	}
}

func (s *Sessions) forget(one *session) {
	s.unlink(one)
	delete(s.byID, one.id)
}

func (s *Sessions) unlink(one *session) {
	if one.newer != nil {
		one.newer.last = one.last
	} else {
		s.newest = one.last
	}
	if one.last != nil {
		one.last.newer = one.newer
	} else {
		s.oldest = one.newer
	}
	one.newer, one.last = nil, nil
}
