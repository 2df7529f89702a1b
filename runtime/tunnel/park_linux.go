package tunnel

import (
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"understudy/runtime/conn"
	"understudy/runtime/epoll"
)

// parkAfter is how long a direction waits for bytes with a goroutine of its own
// before it goes to the lot. A goroutine with its stack costs about 2.5 KB.
const parkAfter = 250 * time.Millisecond

// A lot is where directions wait without goroutines, and what moves their bytes as
// long as there are few at a time. Any number of them takes one descriptor and one
// goroutine. A direction leaves it when its peer does not take what was read, when
// there is much to move, and when it ends.
type lot struct {
	set   *epoll.Set
	io    *conn.Direct // of the set's goroutine, as are the next two
	room  []byte
	ready []*space

	mu     sync.Mutex
	closed bool
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
	busy   bool // the set's goroutine is moving them
}

// newLot returns a lot, or nil if the system has no descriptor left for one.
func newLot() *lot {
	l := &lot{io: conn.NewDirect(), room: make([]byte, DefaultBuffer), ready: make([]*space, 0, epoll.AtOnce), parked: map[int32]*space{}}
	var err error
	if l.set, err = epoll.New(l.heard); err != nil {
		return nil
	}
	return l
}

func (l *lot) close() {
	l.mu.Lock()
	l.closed = true
	if l.timer != nil {
		l.timer.Stop()
	}
	l.mu.Unlock()
	l.set.Close()
}

// heard has the directions go on that have bytes.
func (l *lot) heard(events []unix.EpollEvent) {
	l.ready = l.choose(events, l.ready[:0])
	l.serve(l.ready)
	clear(l.ready) // the lot is not to keep them
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
	var left [epoll.AtOnce]leftover
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
	if t.ended.Load() != 0 || l.closed {
		return false
	}
	l.serial++
	s := &t.spaces[side-ByA]
	*s = space{t: t, serial: l.serial, side: side}
	c.Descriptor(func(fd uintptr) {
		const events = unix.EPOLLIN | unix.EPOLLRDHUP | epoll.Edge // what has arrived already counts as an edge
		s.fd = int32(fd)
		l.parked[s.fd] = s
		err := l.set.Change(int(fd), events, s.serial)
		if err == unix.ENOENT {
			err = l.set.Add(int(fd), events, s.serial)
		}
		if ok = err == nil; !ok {
			delete(l.parked, s.fd)
		}
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
