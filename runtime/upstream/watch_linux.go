package upstream

import (
	"sync"

	"golang.org/x/sys/unix"

	"understudy/runtime/epoll"
)

// A watch hears when peers close connections. There is nothing to do per request: a
// connection is added to the set when it is put for the first time, and the
// edge-triggered EPOLLRDHUP comes once, when the peer closes.
type watch struct {
	left func(*Conn)
	set  *epoll.Set

	mu     sync.Mutex
	conns  map[int32]*Conn // by descriptor
	serial int32
	closed bool
}

// newWatch starts a watch that calls left, from one goroutine, for connections
// that were closed by the peer. It returns nil if the system has no descriptors
// left; connections are then checked only when they are used.
func newWatch(left func(*Conn)) *watch {
	w := &watch{left: left, conns: map[int32]*Conn{}}
	var err error
	if w.set, err = epoll.New(w.heard); err != nil {
		return nil
	}
	return w
}

func (w *watch) heard(events []unix.EpollEvent) {
	for _, e := range events {
		if c := w.find(e.Fd, e.Pad); c != nil {
			w.left(c)
		}
	}
}

// find returns the connection that an event is for. A descriptor that was closed
// and opened again since the event has another serial.
func (w *watch) find(fd, serial int32) *Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.conns[fd]; c != nil && c.serial == serial {
		return c
	}
	return nil
}

func (w *watch) add(c *Conn) (ok bool) {
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.serial++
	serial := w.serial
	c.raw.Control(func(fd uintptr) {
		c.fd, c.serial = int32(fd), serial
		ok = w.set.Add(int(fd), unix.EPOLLRDHUP|epoll.Edge, serial) == nil
	})
	if ok {
		w.conns[c.fd] = c
	}
	return ok
}

func (w *watch) remove(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conns[c.fd] != c {
		return
	}
	delete(w.conns, c.fd)
	if w.closed {
		return
	}
	c.raw.Control(func(fd uintptr) { w.set.Remove(int(fd)) })
}

// close ends the watch and waits for its goroutine, which may be calling left.
func (w *watch) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.set.Close()
}
