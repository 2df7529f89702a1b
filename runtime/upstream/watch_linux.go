package upstream

import (
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A watch hears when peers close connections. It is an epoll set that is itself
// waited for by the runtime's poller: one descriptor and one goroutine, no thread,
// whatever the number of connections, and nothing to do per request: a connection
// is added when it is put for the first time, and the edge-triggered EPOLLRDHUP
// comes once, when the peer closes.
type watch struct {
	left func(*Conn)

	file *os.File
	raw  syscall.RawConn
	done chan struct{}

	mu     sync.Mutex
	conns  map[int32]*Conn // by descriptor
	serial int32
	closed bool
}

// newWatch starts a watch that calls left, from one goroutine, for connections
// that were closed by the peer. It returns nil if the system has no descriptors
// left; connections are then checked only when they are used.
func newWatch(left func(*Conn)) *watch {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	unix.SetNonblock(fd, true) // so that os.NewFile gives it to the poller
	w := &watch{left: left, file: os.NewFile(uintptr(fd), "epoll"), done: make(chan struct{}), conns: map[int32]*Conn{}}
	if w.raw, err = w.file.SyscallConn(); err != nil {
		w.file.Close()
		return nil
	}
	go w.run()
	return w
}

func (w *watch) run() {
	defer close(w.done)
	var events [64]unix.EpollEvent
	w.raw.Read(func(fd uintptr) bool {
		for {
			n, err := unix.EpollWait(int(fd), events[:], 0)
			if err == unix.EINTR {
				continue
			}
			if n <= 0 {
				return err != nil
			}
			for _, e := range events[:n] {
				if c := w.find(e.Fd, e.Pad); c != nil {
					w.left(c)
				}
			}
		}
	})
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
		err := w.raw.Control(func(ep uintptr) {
			e := unix.EpollEvent{Events: unix.EPOLLRDHUP | unix.EPOLLET&0xffffffff, Fd: c.fd, Pad: serial}
			ok = unix.EpollCtl(int(ep), unix.EPOLL_CTL_ADD, int(fd), &e) == nil
		})
		ok = ok && err == nil
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
	c.raw.Control(func(fd uintptr) {
		w.raw.Control(func(ep uintptr) { unix.EpollCtl(int(ep), unix.EPOLL_CTL_DEL, int(fd), nil) })
	})
}

// close ends the watch and waits for its goroutine, which may be calling left.
func (w *watch) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.file.Close()
	<-w.done
}
