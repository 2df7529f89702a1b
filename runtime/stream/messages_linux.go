package stream

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"understudy/runtime/listen"
)

// messages are the arguments of recvmmsg and sendmmsg (2), which move several
// datagrams with one call.
type messages struct {
	msgs  [mostAnswers]message
	iovs  [mostAnswers]unix.Iovec
	names [mostAnswers]unix.RawSockaddrAny
	got   [atOnce][]byte

	// one turn of RawConn.Write or Control
	left  []message
	errno syscall.Errno
	wait  func(fd uintptr) bool // these two are made once
	once  func(fd uintptr)
}

// A message is struct mmsghdr.
type message struct {
	unix.Msghdr
	n uint32
}

// address is where b begins; an empty datagram has no bytes to point to.
func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }

// receive reads datagrams of a connected socket into room, each into size bytes of
// it. It also says how many would have had room.
func (m *messages) receive(fd int, room []byte, size int) (got [][]byte, most int, errno syscall.Errno) {
	most = min(len(room)/size, atOnce)
	for i := range most {
		m.iovs[i].Base = &room[i*size]
		m.iovs[i].SetLen(size)
		m.msgs[i] = message{Msghdr: unix.Msghdr{Iov: &m.iovs[i]}}
		m.msgs[i].SetIovlen(1)
	}
	n, errno := mmsg(unix.SYS_RECVMMSG, uintptr(fd), m.msgs[:most])
	for i := range n {
		m.got[i] = room[i*size : i*size+int(m.msgs[i].n)]
	}
	return m.got[:n], most, errno
}

// mmsg moves datagrams without waiting, and tells how many.
func mmsg(call, fd uintptr, msgs []message) (int, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(call, fd, uintptr(unsafe.Pointer(&msgs[0])), uintptr(len(msgs)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// A packetSocket is a listening socket of datagrams.
type packetSocket struct {
	file    *os.File
	raw     syscall.RawConn
	addr    netip.AddrPort // not valid: a unix socket,
	path    string         // of that
	wild    bool
	stopped atomic.Bool
}

func newPacketSocket(sock *listen.Socket) (*packetSocket, error) {
	f, err := sock.Packets()
	if err != nil {
		return nil, err
	}
	s := &packetSocket{file: f}
	if s.raw, err = f.SyscallConn(); err != nil {
		f.Close()
		return nil, err
	}
	if s.addr, err = netip.ParseAddrPort(sock.Addr); err != nil {
		s.path = sock.Addr[len("unix:"):]
	}
	s.wild = err == nil && s.addr.Addr().IsUnspecified()
	return s, nil
}

func (s *packetSocket) stop() {
	s.stopped.Store(true)
	s.file.SetDeadline(time.Unix(1, 0))
}

func (s *packetSocket) close() { s.file.Close() }

// localAddr is where a datagram was sent to.
func (s *packetSocket) localAddr(e *ends) net.Addr {
	switch {
	case !s.addr.IsValid():
		return &net.UnixAddr{Name: s.path, Net: "unixgram"}
	case s.wild:
		return net.UDPAddrFromAddrPort(netip.AddrPortFrom(e.localIP(), s.addr.Port()))
	}
	return net.UDPAddrFromAddrPort(s.addr)
}

// A batch is room for datagrams of clients.
type batch struct {
	msgs    [batchSize]message
	iovs    [batchSize]unix.Iovec
	names   [batchSize]unix.RawSockaddrAny
	control [batchSize][64]byte
	data    [batchSize][1 << 16]byte // none is larger
	ends    ends                     // of the one at hand
}

const batchSize = 16

var batches = sync.Pool{New: func() any {
	b := new(batch)
	for i := range b.msgs {
		b.iovs[i].Base = &b.data[i][0]
		b.iovs[i].SetLen(len(b.data[i]))
		b.msgs[i].Iov = &b.iovs[i]
		b.msgs[i].SetIovlen(1)
		b.msgs[i].Name = (*byte)(unsafe.Pointer(&b.names[i]))
		b.msgs[i].Control = &b.control[i][0]
	}
	return b
}}

// receive hands datagrams on until stop.
func (s *packetSocket) receive(u *packetPort) {
	turn := func(fd uintptr) bool { return s.turn(fd, u) }
	for !s.stopped.Load() {
		if err := s.raw.Read(turn); errors.Is(err, os.ErrClosed) {
			return
		}
	}
}

// turn reads the socket until it is empty. It reports false if nothing else happened.
func (s *packetSocket) turn(fd uintptr, u *packetPort) bool {
	b := batches.Get().(*batch)
	defer batches.Put(b)
	for !s.stopped.Load() {
		n, errno := b.receive(fd)
		switch {
		case errno == unix.EAGAIN:
			return false
		case errno != 0:
			return true
		}
		for i := range n {
			if b.ends.read(b, i) {
				u.deliver(&b.ends, b.data[i][:b.msgs[i].n])
			}
		}
		if n < batchSize {
			return false // the queue was empty; the poller tells of what came since
		}
	}
	return true
}

// receive reads what there is.
func (b *batch) receive(fd uintptr) (int, syscall.Errno) {
	for i := range b.msgs {
		b.msgs[i].Namelen = unix.SizeofSockaddrAny
		b.msgs[i].SetControllen(len(b.control[i]))
		b.msgs[i].Flags = 0
	}
	return mmsg(unix.SYS_RECVMMSG, fd, b.msgs[:])
}

// read finds the addresses of a datagram of a batch. It reports false if that is not
// whole.
func (e *ends) read(b *batch, i int) bool {
	m := &b.msgs[i]
	if m.Flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0 {
		return false
	}
	*e = ends{}
	e.set(&b.names[i], m.Namelen)
	e.setLocal(b.control[i][:m.Controllen])
	return true
}

// sendAll sends answers, and notes which could not be. A client whose unix socket is
// full is not waited for, which would be until it reads; where the network has no room
// that is waited for until stop.
func (s *packetSocket) sendAll(a *answers) {
	m := &a.mm
	for i := range a.list {
		to, data := a.list[i].to, a.list[i].data
		m.iovs[i].Base = unsafe.SliceData(data)
		m.iovs[i].SetLen(len(data))
		h := unix.Msghdr{Iov: &m.iovs[i]}
		h.SetIovlen(1)
		h.Name, h.Namelen = to.ends.name(&m.names[i])
		if len(to.control) > 0 {
			h.Control = &to.control[0]
			h.SetControllen(len(to.control))
		}
		m.msgs[i] = message{Msghdr: h}
	}
	if m.wait == nil {
		m.wait, m.once = m.sendOrWait, m.send
	}
	for m.left = m.msgs[:len(a.list)]; len(m.left) > 0; {
		err := s.sendSome(m)
		if err == nil && m.errno == 0 {
			continue
		}
		if err == nil {
			err = os.NewSyscallError("sendmsg", m.errno)
		}
		a.list[len(a.list)-len(m.left)].err = err
		m.left = m.left[1:]
	}
	clear(m.msgs[:len(a.list)])
}

// sendSome sends some of what is left; m.errno is why not the next of it.
func (s *packetSocket) sendSome(m *messages) error {
	if s.addr.IsValid() && !s.stopped.Load() {
		if err := s.raw.Write(m.wait); !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		} // it was stopped meanwhile
	}
	return s.raw.Control(m.once)
}

// send sends what is left, as much of it as can be.
func (m *messages) send(fd uintptr) {
	n, errno := mmsg(unix.SYS_SENDMMSG, fd, m.left)
	m.left, m.errno = m.left[n:], errno
}

func (m *messages) sendOrWait(fd uintptr) bool {
	m.send(fd)
	return m.errno != unix.EAGAIN
}
