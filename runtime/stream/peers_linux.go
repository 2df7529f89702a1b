package stream

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"understudy/runtime/epoll"
	"understudy/runtime/upstream"
)

// atOnce is how many datagrams of one peer are read with one call.
const atOnce = 4

// packetPeers waits for what the peers of a port's sessions send.
type packetPeers struct {
	mu     sync.Mutex
	set    *epoll.Set // nil before the first session; guarded by mu
	serial int32
	by     map[int32]*packets // by descriptor; guarded by mu
}

// A packetPeer is the socket to the peer of a session.
type packetPeer struct {
	fd     int
	serial int32  // tells events of fd's earlier life
	events uint32 // what is waited for; 0: it is not in the set
}

// add has the peer of a session read, whose lock is held.
func (s *packetPeers) add(x *packets) error {
	x.peer.fd = x.s.Upstream.conn.NetConn().(*upstream.Packets).FD
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set == nil {
		set, err := epoll.New(s.serve)
		if err != nil {
			return err
		}
		s.set, s.by = set, map[int32]*packets{}
	}
	s.serial++
	x.peer.serial = s.serial
	if err := x.want(unix.EPOLLIN); err != nil {
		return err
	}
	s.by[int32(x.peer.fd)] = x
	return nil
}

// remove takes a session, whose lock is held, out of the set.
func (s *packetPeers) remove(x *packets) {
	if x.peer.events == 0 {
		return
	}
	x.peer.events = 0
	s.mu.Lock()
	delete(s.by, int32(x.peer.fd))
	s.mu.Unlock()
}

// close is called when there are no sessions any more.
func (s *packetPeers) close() {
	s.mu.Lock()
	set := s.set
	s.mu.Unlock()
	if set != nil {
		set.Close()
	}
}

// serve handles events, and sends what came of them.
func (s *packetPeers) serve(events []unix.EpollEvent) {
	var a *answers
	for i := range events {
		e := &events[i]
		x := s.find(e.Fd, e.Pad)
		if x == nil {
			continue
		}
		if a == nil {
			a = newAnswers(x.pc.port.in)
		}
		x.pc.mu.Lock()
		if x.ended {
			x.pc.mu.Unlock()
			continue
		}
		if e.Events&unix.EPOLLOUT != 0 {
			if st := x.proceed(); st != Done {
				x.unlock(st)
				continue
			}
			if x.unsent == nil {
				x.want(unix.EPOLLIN)
			}
		}
		a.read(x)
	}
	if a != nil {
		a.flush()
		a.free()
	}
}

func (s *packetPeers) find(fd, serial int32) *packets {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.by[fd]; x != nil && x.peer.serial == serial {
		return x
	}
	return nil
}

// want changes what the set tells of the socket.
func (x *packets) want(events uint32) error {
	set := x.pc.port.peers.set
	do := set.Change
	if x.peer.events == 0 {
		do = set.Add
	}
	if err := do(x.peer.fd, events|epoll.Edge, x.peer.serial); err != nil {
		return os.NewSyscallError("epoll_ctl", err)
	}
	x.peer.events = events
	return nil
}

// sendPeer sends a datagram to the peer. If there is no room for it, it reports that
// and has proceed called when there is.
func (x *packets) sendPeer(b []byte) (wait bool, err error) {
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(x.peer.fd), address(b), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	switch errno {
	case 0:
		return false, nil
	case unix.EAGAIN:
		return true, x.want(unix.EPOLLIN | unix.EPOLLOUT)
	}
	return false, os.NewSyscallError("sendmsg", errno)
}

// read reads what the peer of a session has sent, whose lock is held and will be
// released, and passes it on.
func (x *packets) read() {
	a := newAnswers(x.pc.port.in)
	a.read(x)
	a.flush()
	a.free()
}

// read reads what the peer of a session has sent. The session's lock is held, and
// will be held by a until the answers are sent.
func (a *answers) read(x *packets) {
	a.readAll(x)
	a.hold(x)
}

// readAll answers Done if the session goes on.
func (a *answers) readAll(x *packets) (st Status) {
	defer x.caught(&st)
	size := max(x.p.Buffer, 1)
	for st = Done; st == Done && x.down.wait() <= 0; {
		if !a.fits(size) {
			if a.flush(); x.ended {
				break
			}
		}
		most := min(atOnce, mostAnswers-len(a.list))
		if x.down.rate > 0 {
			most = 1
		}
		got, most, errno := a.mm.receive(x.peer.fd, a.space(most, size), size)
		if errno == unix.EAGAIN {
			break
		}
		if errno != 0 {
			return x.unread(os.NewSyscallError("recv", errno))
		}
		for _, b := range got {
			if st = x.answer(a.keep(b), a); st != Done {
				break
			}
		}
		if len(got) < most {
			break
		}
	}
	return st
}
