package conn

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A watchSet is an epoll set that is itself waited for by the runtime's poller, so
// that it takes no thread.
type watchSet struct {
	file *os.File
	raw  syscall.RawConn
	fd   int // of file, whose life is the set's
	done chan struct{}
}

// newSet returns a set, or nil if the system has no descriptor left for one.
func (s *Watches) newSet() *watchSet {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	unix.SetNonblock(fd, true) // so that os.NewFile gives it to the poller
	set := &watchSet{file: os.NewFile(uintptr(fd), "epoll"), fd: fd, done: make(chan struct{})}
	if set.raw, err = set.file.SyscallConn(); err != nil {
		set.file.Close()
		return nil
	}
	go set.run(s)
	return set
}

func (set *watchSet) run(s *Watches) {
	defer close(set.done)
	var events [64]unix.EpollEvent
	set.raw.Read(func(fd uintptr) bool {
		for {
			n, err := unix.EpollWait(int(fd), events[:], 0)
			if err == unix.EINTR {
				continue
			}
			if n <= 0 {
				return err != nil
			}
			s.mu.Lock()
			if s.set == set {
				for _, e := range events[:n] {
					s.found(e.Fd, e.Pad)
				}
			}
			s.mu.Unlock()
		}
	})
}

// addTo adds the descriptor of w's connection; the lock is held.
func (w *Watch) addTo(fd uintptr) {
	w.fd = int32(fd)
	// ONESHOT: an event that came while the watch was being stopped is the last.
	e := unix.EpollEvent{Events: unix.EPOLLRDHUP | unix.EPOLLONESHOT, Fd: w.fd, Pad: w.serial}
	if unix.EpollCtl(w.on.set.fd, unix.EPOLL_CTL_ADD, int(fd), &e) == nil {
		w.on.by[w.fd] = w
		w.added = true
	}
}

// remove takes a descriptor out. One that was closed is out already.
func (set *watchSet) remove(fd int32) {
	unix.EpollCtl(set.fd, unix.EPOLL_CTL_DEL, int(fd), nil)
}

func (set *watchSet) close() {
	set.file.Close()
	<-set.done
}
