package tunnel

import (
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"understudy/runtime/conn"
)

// parkAfter is how long a direction waits for bytes with a goroutine of its own
// before it goes to the lot. A goroutine with its stack costs about 2.5 KB, and
// coming back from the lot about 2 us.
const parkAfter = 250 * time.Millisecond

// A lot is where directions that are silent wait without goroutines: an epoll set
// that is itself waited for by the runtime's poller, so that any number of them
// takes one descriptor and one goroutine.
type lot struct {
	file *os.File
	raw  syscall.RawConn

	mu     sync.Mutex
	parked map[int32]space // by descriptor
	serial int32
	fresh  int // parked since memory was given back
	timer  *time.Timer
}

// A space is a direction that waits.
type space struct {
	t      *Tunnel
	side   End // ByA or ByB: whose bytes it waits for
	serial int32
}

// newLot returns a lot, or nil if the system has no descriptor left for one.
func newLot() *lot {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	unix.SetNonblock(fd, true) // so that os.NewFile gives it to the poller
	l := &lot{file: os.NewFile(uintptr(fd), "epoll"), parked: map[int32]space{}}
	if l.raw, err = l.file.SyscallConn(); err != nil {
		l.file.Close()
		return nil
	}
	go l.run()
	return l
}

func (l *lot) close() {
	l.mu.Lock()
	if l.timer != nil {
		l.timer.Stop()
	}
	l.mu.Unlock()
	l.file.Close()
}

func (l *lot) run() {
	var events [64]unix.EpollEvent
	l.raw.Read(func(fd uintptr) bool {
		for {
			n, err := unix.EpollWait(int(fd), events[:], 0)
			if err == unix.EINTR {
				continue
			}
			if n <= 0 {
				return err != nil
			}
			l.mu.Lock()
			for _, e := range events[:n] {
				// A descriptor closed and opened again has another serial.
				if s, ok := l.parked[e.Fd]; ok && s.serial == e.Pad {
					delete(l.parked, e.Fd)
					go s.t.from(s.side)
				}
			}
			l.mu.Unlock()
		}
	})
}

// park puts a direction into the lot. If it reports true, the goroutine of the
// direction is to end; another goes on when there are bytes, or when the tunnel
// ends.
func (l *lot) park(t *Tunnel, side End, c *conn.Conn) (ok bool) {
	if l == nil || c.Secured() || c.Buffered() > 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.ended.Load() != 0 {
		return false
	}
	l.serial++
	c.Descriptor(func(fd uintptr) {
		l.raw.Control(func(ep uintptr) {
			e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLONESHOT, Fd: int32(fd), Pad: l.serial}
			l.parked[e.Fd] = space{t, side, l.serial}
			err := unix.EpollCtl(int(ep), unix.EPOLL_CTL_MOD, int(fd), &e)
			if err == unix.ENOENT {
				err = unix.EpollCtl(int(ep), unix.EPOLL_CTL_ADD, int(fd), &e)
			}
			if ok = err == nil; !ok {
				delete(l.parked, e.Fd)
			}
		})
	})
	if ok {
		l.giveBack()
	}
	return ok
}

// Memory is given back when many directions have been parked, and not often.
const (
	manyParked   = 256
	giveBackWait = time.Second
)

// giveBack has the stacks of goroutines that ended returned to the system: the
// runtime would keep them for ones to come.
func (l *lot) giveBack() {
	if l.fresh++; l.fresh < manyParked {
		return
	}
	l.fresh = 0
	if l.timer == nil {
		l.timer = time.AfterFunc(giveBackWait, debug.FreeOSMemory)
		return
	}
	l.timer.Reset(giveBackWait)
}

// wake has the parked directions of a tunnel that has ended go on.
func (l *lot) wake(t *Tunnel) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for side, c := range map[End]*conn.Conn{ByA: t.a, ByB: t.b} {
		c.Descriptor(func(fd uintptr) {
			if s, ok := l.parked[int32(fd)]; ok && s.t == t {
				delete(l.parked, int32(fd))
				go t.from(side)
			}
		})
	}
}
