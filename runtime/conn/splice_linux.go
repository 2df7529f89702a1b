package conn

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// A Pipe is what bytes pass through on their way from one connection to another if
// they do not pass through the process: splice(2). It is empty between two uses.
type Pipe struct {
	in, out int
	n       int  // bytes in it
	waited  bool // SendPipe had to wait

	// the arguments and results of Fill
	most  int
	errno syscall.Errno
	pull  func(fd uintptr) // made once
}

// NewPipe returns a pipe, which takes two open files. The error is the system's.
func NewPipe() (*Pipe, error) {
	var fd [2]int
	if err := unix.Pipe2(fd[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("pipe2", err)
	}
	p := &Pipe{out: fd[0], in: fd[1]}
	p.pull = p.fill
	return p, nil
}

// Close gives back what the pipe took, and loses what is in it.
func (p *Pipe) Close() {
	unix.Close(p.in)
	unix.Close(p.out)
}

// Empty reports whether nothing is in the pipe.
func (p *Pipe) Empty() bool { return p.n == 0 }

// Waited reports whether the last SendPipe had to wait for the peer.
func (p *Pipe) Waited() bool { return p.waited }

func (p *Pipe) fill(fd uintptr) { p.n, p.errno = splice(int(fd), p.in, p.most) }

// splice moves bytes without waiting.
func splice(from, to, most int) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_SPLICE, uintptr(from), 0, uintptr(to), 0, uintptr(most),
			unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// Fill moves up to most bytes that have arrived into p, which is empty, without
// waiting. None may be because there are none, because the peer has ended its
// direction, or because they cannot be moved so: the next read will tell.
func (c *Conn) Fill(p *Pipe, most int) (int, error) {
	if c.upper != nil || c.raw == nil || c.ahead != nil {
		return 0, nil
	}
	p.n, p.errno, p.most = 0, 0, most
	if err := c.raw.Control(p.pull); err != nil {
		return 0, c.closedErr(err)
	}
	switch p.errno {
	case 0, syscall.EAGAIN, syscall.EINVAL, syscall.ENOSYS:
	default: // it has been told now, and will not be again
		return 0, os.NewSyscallError("recv", p.errno)
	}
	c.Received += int64(p.n)
	return p.n, nil
}

// ErrNoPipe is returned by SendPipe for a connection that has no descriptor of its
// own to send to, because it speaks TLS for example.
var ErrNoPipe = errors.New("conn: cannot send from a pipe")

// SendPipe sends all that is in p, as Write. It returns how many bytes were sent.
func (c *Conn) SendPipe(p *Pipe) (int, error) {
	if c.upper != nil || c.raw == nil {
		return 0, ErrNoPipe
	}
	p.waited = false
	op := writeOps.Get().(*writeOp)
	op.send, op.pipe, op.left = true, p, int64(p.n)
	n, err := c.write(op, "send")
	p.n -= int(n)
	c.Sent += n
	return int(n), err
}

// sendPipe sends once.
func (op *writeOp) sendPipe(fd uintptr) (int, syscall.Errno) {
	n, errno := splice(op.pipe.out, int(fd), int(op.left))
	if errno == syscall.EAGAIN {
		op.pipe.waited = true
	}
	return n, errno
}
