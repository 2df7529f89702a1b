package conn

import (
	"sync/atomic"
	"time"
)

// Watch calls gone, once and in a goroutine of its own, if the peer ends its
// direction or the connection fails before stop is called. It takes no data; on
// Linux it sees the end even behind data that nobody reads. Until stop returns
// nobody may read or set a read timeout; when it has returned, gone is not running
// and will not be called. gone must not call stop.
func (c *Conn) Watch(gone func()) (stop func()) {
	if c.raw == nil {
		return func() {}
	}
	w := &watcher{c: c, done: make(chan struct{})}
	go w.run(gone)
	return w.stop
}

type watcher struct {
	c        *Conn
	gone     bool
	stopping atomic.Bool
	done     chan struct{}
}

func (w *watcher) run(gone func()) {
	defer close(w.done)
	for {
		err := w.c.raw.Read(w.ready)
		switch {
		case w.stopping.Load():
			return
		case err == nil && w.gone:
			gone()
			return
		case !isTimeout(err): // closed by its owner
			return
		}
		// a deadline of an earlier read, or Interrupt
		w.c.nc.SetReadDeadline(never)
		if w.stopping.Load() {
			return
		}
	}
}

func (w *watcher) ready(fd uintptr) bool {
	w.gone = hungUp(fd)
	return w.gone || w.stopping.Load()
}

func (w *watcher) stop() {
	if w.stopping.Swap(true) {
		return
	}
	for stopped := false; !stopped; {
		w.c.nc.SetReadDeadline(past)
		select {
		case <-w.done:
			stopped = true
		case <-time.After(time.Millisecond): // another watch of c took the deadline for an old one
		}
	}
	w.c.nc.SetReadDeadline(never)
	w.c.readArmed = 0
}
