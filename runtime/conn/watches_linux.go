package conn

import (
	"golang.org/x/sys/unix"

	"understudy/runtime/epoll"
)

// A watchSet is where watches are given to the system.
type watchSet struct{ *epoll.Set }

// newSet returns a set, or nil if the system has no descriptor left for one.
func (s *Watches) newSet() *watchSet {
	set := &watchSet{}
	var err error
	set.Set, err = epoll.New(func(events []unix.EpollEvent) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.set != set {
			return
		}
		for _, e := range events {
			s.found(e.Fd, e.Pad)
		}
	})
	if err != nil {
		return nil
	}
	return set
}

// addTo adds the descriptor of w's connection; the lock is held.
func (w *Watch) addTo(fd uintptr) {
	w.fd = int32(fd)
	// ONESHOT: an event that came while the watch was being stopped is the last.
	if w.on.set.Add(int(fd), unix.EPOLLRDHUP|unix.EPOLLONESHOT, w.serial) == nil {
		w.on.by[w.fd] = w
		w.added = true
	}
}

func (set *watchSet) remove(fd int32) { set.Remove(int(fd)) }

func (set *watchSet) close() { set.Close() }
