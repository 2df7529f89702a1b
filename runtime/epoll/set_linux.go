package epoll

import (
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Edge is EPOLLET as the kernel's structure has it.
const Edge = 1 << 31

// AtOnce is the largest number of events that a Set hands out at a time.
const AtOnce = 64

// A Set is an epoll set.
type Set struct {
	file *os.File
	fd   int // of file, whose life is the set's
	done chan struct{}
}

// New returns a set that hands its events to got, from one goroutine. The error is
// that there is no descriptor left for one.
func New(got func(events []unix.EpollEvent)) (*Set, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	unix.SetNonblock(fd, true) // so that os.NewFile gives it to the poller
	s := &Set{file: os.NewFile(uintptr(fd), "epoll"), fd: fd, done: make(chan struct{})}
	raw, err := s.file.SyscallConn()
	if err != nil {
		s.file.Close()
		return nil, err
	}
	go s.run(raw, got)
	return s, nil
}

// Add has the set wait for events of a descriptor: with Edge or unix.EPOLLONESHOT,
// since what is not new is not told again. Its events have fd and serial, which tells
// them from those of fd's earlier life. Neither Add, Change nor Remove may be called
// when Close has been.
func (s *Set) Add(fd int, events uint32, serial int32) error {
	return s.control(unix.EPOLL_CTL_ADD, fd, events, serial)
}

// Change is Add for a descriptor that is in the set.
func (s *Set) Change(fd int, events uint32, serial int32) error {
	return s.control(unix.EPOLL_CTL_MOD, fd, events, serial)
}

// Remove takes a descriptor out. One that was closed is out already.
func (s *Set) Remove(fd int) { unix.EpollCtl(s.fd, unix.EPOLL_CTL_DEL, fd, nil) }

func (s *Set) control(op, fd int, events uint32, serial int32) error {
	e := unix.EpollEvent{Events: events, Fd: int32(fd), Pad: serial}
	return unix.EpollCtl(s.fd, op, fd, &e)
}

// Close ends the set, and waits until got has returned.
func (s *Set) Close() {
	s.file.Close()
	<-s.done
}

// busy is from how many events at once on it is likely that there are new ones when
// they have been handled.
const busy = 4

func (s *Set) run(raw syscall.RawConn, got func([]unix.EpollEvent)) {
	defer close(s.done)
	var events [AtOnce]unix.EpollEvent
	raw.Read(func(fd uintptr) bool {
		for {
			n, errno := poll(fd, events[:])
			if n == 0 {
				return errno != 0
			}
			got(events[:n])
			if n < busy {
				return false // this callback is called again: the poller keeps what has come since
			}
		}
	})
}

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
