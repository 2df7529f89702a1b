package conn

import "sync"

// Watches hears when the peers of many connections leave: one goroutine and one
// descriptor for all of them, where Conn.Watch takes a goroutine for each. The zero
// Watches is ready; Close ends it.
type Watches struct {
	mu     sync.Mutex
	set    *watchSet        // nil until needed
	by     map[int32]*Watch // by descriptor
	serial int32
}

// A Watch waits for the peer of one connection to leave. It may be used again, for
// another connection, when it has been stopped; so it allocates only the first time.
type Watch struct {
	on     *Watches
	left   func()
	happen bool // left was called; guarded by on.mu
	fd     int32
	serial int32 // tells events of fd's earlier life
	added  bool
	add    func(fd uintptr)
	stop   func() // of a Conn.Watch, where there is no set
}

// Start has left called, once, when the peer of c ends its direction or the
// connection fails before Stop is called. It takes no data, and sees the end even
// behind data that nobody reads. It must not wait, nor stop a Watch. Until Stop
// returns nobody may read from c.
func (s *Watches) Start(w *Watch, c *Conn, left func()) {
	w.on, w.left, w.happen, w.added, w.stop = s, left, false, false, nil
	if c.raw == nil {
		return
	}
	s.mu.Lock()
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
		c.raw.Control(w.add)
	}
	s.mu.Unlock()
	if !w.added {
		w.stop = c.Watch(w.leave)
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
	if w.stop != nil {
		w.stop()
		w.stop = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.added && s.by[w.fd] == w {
		delete(s.by, w.fd)
		if !w.happen {
			s.set.remove(w.fd)
		}
	}
	w.on, w.left, w.added = nil, nil, false
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
// watches took from the system.
func (s *Watches) Close() {
	s.mu.Lock()
	for _, w := range s.by {
		if !w.happen {
			w.happened()
		}
	}
	set := s.set
	s.set, s.by = nil, nil
	s.mu.Unlock()
	if set != nil {
		set.close()
	}
}
