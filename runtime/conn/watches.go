package conn

import (
	"sync"
	"time"
)

// Watches hears when the peers of many connections leave: one goroutine and one
// descriptor for all of them, where Conn.Watch takes a goroutine for each. The zero
// Watches is ready; Close ends it.
//
// What is stopped soon costs no system call: a Watch waits in a list at first, and
// those that have been there for a tick are given to the system together.
type Watches struct {
	mu      sync.Mutex
	set     *watchSet        // nil until needed
	by      map[int32]*Watch // by descriptor
	serial  int32
	first   *Watch // of those that wait to be given to the system,
	last    *Watch // the latest
	tick    uint32
	timer   *time.Timer // runs while there are any
	running bool
}

// watchTick is how long a Watch waits before it is given to the system, at least; it
// is less than twice as long.
const watchTick = 2 * time.Millisecond

// A Watch waits for the peer of one connection to leave. It may be used again, for
// another connection, when it has been stopped; so it allocates only the first time.
type Watch struct {
	on     *Watches
	c      *Conn
	left   func()
	happen bool // left was called; guarded by on.mu, as is what follows
	fd     int32
	serial int32 // tells events of fd's earlier life
	added  bool  // to the set
	add    func(fd uintptr)
	stop   func() // of a Conn.Watch, where there is no set

	waits      bool // in the list
	since      uint32
	prev, next *Watch
}

// Start has left called, once, when the peer of c ends its direction or the
// connection fails before Stop is called. It takes no data, and sees the end even
// behind data that nobody reads. It must not wait, nor stop a Watch. Until Stop
// returns nobody may read from c.
func (s *Watches) Start(w *Watch, c *Conn, left func()) {
	w.on, w.c, w.left, w.happen, w.added, w.stop = s, c, left, false, false, nil
	if c.raw == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.waits, w.since = true, s.tick
	w.prev, w.next = s.last, nil
	if s.last != nil {
		s.last.next = w
	} else {
		s.first = w
	}
	s.last = w
	s.run()
}

// run starts the timer unless it runs; the lock is held.
func (s *Watches) run() {
	switch {
	case s.running:
		return
	case s.timer == nil:
		s.timer = time.AfterFunc(watchTick, s.ticked)
	default:
		s.timer.Reset(watchTick)
	}
	s.running = true
}

// ticked gives those to the system that have waited for a tick.
func (s *Watches) ticked() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for w := s.first; w != nil && w.since != s.tick; w = s.first {
		s.forget(w)
		s.watch(w)
	}
	s.tick++
	s.running = false
	if s.first != nil {
		s.run()
	}
}

// forget takes w out of the list; the lock is held.
func (s *Watches) forget(w *Watch) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		s.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		s.last = w.prev
	}
	w.prev, w.next, w.waits = nil, nil, false
}

// watch gives w to the system; the lock is held.
func (s *Watches) watch(w *Watch) {
	if s.by == nil {
		s.by = map[int32]*Watch{}
	}
	if s.set == nil {
		s.set = s.newSet()
	}
	if s.set != nil {
		s.serial++
		w.serial = s.serial
		if w.add == nil {
			w.add = w.addTo
		}
		w.c.raw.Control(w.add)
	}
	if !w.added {
		w.stop = w.c.Watch(w.leave)
	}
}

// leave is what a Conn.Watch calls.
func (w *Watch) leave() {
	w.on.mu.Lock()
	defer w.on.mu.Unlock()
	w.happened()
}

// happened calls left; the lock is held.
func (w *Watch) happened() {
	w.happen = true
	w.left()
}

// Stop ends the watch, and reports whether the peer has left. When it has returned,
// left is not running and will not be called. Stopping twice, or what was never
// started, does nothing.
func (w *Watch) Stop() bool {
	s := w.on
	if s == nil {
		return false
	}
	s.mu.Lock()
	if w.waits {
		s.forget(w)
	}
	if stop := w.stop; stop != nil {
		w.stop = nil
		s.mu.Unlock()
		stop()
		s.mu.Lock()
	}
	defer s.mu.Unlock()
	if w.added && s.by[w.fd] == w {
		delete(s.by, w.fd)
		if !w.happen {
			s.set.remove(w.fd)
		}
	}
	w.on, w.c, w.left, w.added = nil, nil, nil, false
	return w.happen
}

// found is called for an event of the set; the lock is held.
func (s *Watches) found(fd, serial int32) {
	if w := s.by[fd]; w != nil && w.serial == serial && !w.happen {
		s.set.remove(fd)
		w.happened()
	}
}

// Close tells all who watch that their peers have left, and gives back what the
// watches took from the system. Start may be called again, for a connection that was
// accepted just before, and then Close as well.
func (s *Watches) Close() {
	s.mu.Lock()
	for _, w := range s.by {
		if !w.happen {
			w.happened()
		}
	}
	for w := s.first; w != nil; w = s.first {
		s.forget(w)
		w.happened()
	}
	if s.running {
		s.timer.Stop()
		s.running = false
	}
	set := s.set
	s.set, s.by = nil, nil
	s.mu.Unlock()
	if set != nil {
		set.close()
	}
}
