package tunnel

import (
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"understudy/runtime/conn"
)

// parkAfter is how long a direction waits for bytes with a goroutine of its own
// before it goes to the lot. A goroutine with its stack costs about 2.5 KB.
const parkAfter = 250 * time.Millisecond

// A lot is where directions wait without goroutines, and what moves their bytes as
// long as there are few at a time: an epoll set that is itself waited for by the
// runtime's poller, so that any number of them takes one descriptor and one
// goroutine. A direction leaves it when its peer does not take what was read, when
// there is much to move, and when it ends.
type lot struct {
	file *os.File
	raw  syscall.RawConn
	io   *conn.Direct // of run's goroutine
	room []byte       // likewise

	mu     sync.Mutex
	parked map[int32]*space // by descriptor
	serial int32
	fresh  int // parked since memory was given back
	timer  *time.Timer
}

// A space is where one direction of a tunnel waits.
type space struct {
	t      *Tunnel
	fd     int32
	serial int32
	side   End  // ByA or ByB: whose bytes it waits for
	busy   bool // run's goroutine is moving them
}

// newLot returns a lot, or nil if the system has no descriptor left for one.
func newLot() *lot {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	unix.SetNonblock(fd, true) // so that os.NewFile gives it to the poller
	l := &lot{file: os.NewFile(uintptr(fd), "epoll"), io: conn.NewDirect(), room: make([]byte, DefaultBuffer), parked: map[int32]*space{}}
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

// edges is EPOLLET as the kernel's structure has it.
const edges = 1 << 31

// maxEvents is how many directions are served between two looks at who is ready.
const maxEvents = 64

func (l *lot) run() {
	var events [maxEvents]unix.EpollEvent
	var ready [maxEvents]*space
	l.raw.Read(func(fd uintptr) bool {
		for {
			n, errno := poll(fd, events[:])
			if n == 0 {
				return errno != 0
			}
			l.serve(l.choose(events[:n], ready[:0]))
			if n < busy {
				return false // this callback is called again: the poller keeps what has come since
			}
		}
	})
}

// busy is from how many events at once on it is likely that there are new ones when
// they have been served.
const busy = 4

// poll returns events without waiting, which is why the scheduler is not told.
func poll(fd uintptr, events []unix.EpollEvent) (int, unix.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, fd,
			uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// choose appends to list the directions that have bytes. Those that end get
// goroutines of their own.
func (l *lot) choose(events []unix.EpollEvent, list []*space) []*space {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		s := l.parked[e.Fd]
		switch {
		case s == nil || s.serial != e.Pad: // a descriptor closed and opened again has another serial
		case e.Events&^unix.EPOLLIN != 0:
			delete(l.parked, e.Fd)
			go s.t.from(s.side)
		default:
			s.busy = true
			list = append(list, s)
		}
	}
	return list
}

// serve moves the bytes of directions.
func (l *lot) serve(list []*space) {
	var left [maxEvents]leftover
	for i, s := range list {
		left[i] = s.t.pass(s.side, l.io, l.room)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, s := range list {
		s.busy = false
		if left[i] != (leftover{}) || s.t.ended.Load() != 0 {
			delete(l.parked, s.fd)
			go s.t.finish(s.side, left[i])
		}
	}
}

// park puts a direction into the lot. If it reports true, the goroutine of the
// direction is to end; another goes on when that is needed.
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
	s := &t.spaces[side-ByA]
	*s = space{t: t, serial: l.serial, side: side}
	c.Descriptor(func(fd uintptr) {
		l.raw.Control(func(ep uintptr) {
			s.fd = int32(fd)
			// Edges only, but what has arrived already counts as one.
			e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | edges, Fd: s.fd, Pad: s.serial}
			l.parked[s.fd] = s
			err := unix.EpollCtl(int(ep), unix.EPOLL_CTL_MOD, int(fd), &e)
			if err == unix.ENOENT {
				err = unix.EpollCtl(int(ep), unix.EPOLL_CTL_ADD, int(fd), &e)
			}
			if ok = err == nil; !ok {
				delete(l.parked, s.fd)
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
	for i := range t.spaces {
		s := &t.spaces[i]
		if s.t != nil && l.parked[s.fd] == s && !s.busy { // serve sees that it has ended
			delete(l.parked, s.fd)
			go t.from(s.side)
		}
	}
}
