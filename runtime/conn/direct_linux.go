package conn

import (
	"io"
	"os"
	"syscall"
)

// A Direct reads and writes connections at once or not at all, for an owner who
// learns from an event set of his own that they are ready, and does not want a
// goroutine for each. Deadlines and cancellation do not concern it. The owner must
// be the only reader, or writer, of the connection meanwhile. A Direct is for one
// goroutine.
type Direct struct {
	p           []byte
	n           int
	errno       syscall.Errno
	read, write func(fd uintptr)
}

// NewDirect returns a Direct.
func NewDirect() *Direct {
	d := new(Direct)
	d.read = func(fd uintptr) { d.n, d.errno = readFD(fd, d.p) }
	d.write = func(fd uintptr) { d.n, d.errno = writeFD(fd, d.p) }
	return d
}

// Can reports whether c is a socket without TLS, of which nothing was read ahead.
func (d *Direct) Can(c *Conn) bool { return c.raw != nil && c.upper == nil && c.Buffered() == 0 }

// Read reads into p what has arrived. 0 bytes without an error are nothing yet;
// io.EOF is the end of the peer's direction.
func (d *Direct) Read(c *Conn, p []byte) (int, error) {
	if err := d.do(c, d.read, p); err != nil {
		return 0, err
	}
	switch {
	case d.errno == syscall.EAGAIN:
		return 0, nil
	case d.errno != 0:
		return 0, os.NewSyscallError("recv", d.errno)
	case d.n == 0:
		return 0, io.EOF
	}
	c.Received += int64(d.n)
	return d.n, nil
}

// Write writes as much of p as the socket takes.
func (d *Direct) Write(c *Conn, p []byte) (int, error) {
	if err := d.do(c, d.write, p); err != nil {
		return 0, err
	}
	switch d.errno {
	case 0:
	case syscall.EAGAIN, syscall.EINTR:
		return 0, nil
	default:
		return 0, os.NewSyscallError("send", d.errno)
	}
	c.Sent += int64(d.n)
	return d.n, nil
}

func (d *Direct) do(c *Conn, f func(fd uintptr), p []byte) error {
	d.p = p
	err := c.raw.Control(f)
	d.p = nil
	if err != nil {
		return c.closedErr(err)
	}
	return nil
}
