package conn

import (
	"io"
	"os"
	"syscall"

	"understudy/runtime/buf"
)

// What a readOp does once the descriptor is readable.
type readMode uint8

const (
	readPeek readMode = iota // look for a byte, leave it there
	readBuf                  // take a buffer and read into it
	readInto                 // read into p
)

// maxRead is the most one read takes, in bytes.
const maxRead = 1 << 30

// A readOp is the argument and result of one turn of RawConn.Read, whose callback
// is made once per connection so that waiting allocates nothing.
type readOp struct {
	p     []byte
	b     *buf.Buffer
	n     int32
	size  int32
	errno int32 // a syscall.Errno
	mode  readMode
	try   bool // do not wait
	await bool // Interrupt applies
	stop  bool // ended by Interrupt or Cancel
}

func (op *readOp) result(n int, errno syscall.Errno) { op.n, op.errno = int32(n), int32(errno) }

// Await waits until there are bytes to read, holding no buffer. It returns io.EOF
// if the peer has ended its direction instead.
func (c *Conn) Await() error {
	switch {
	case c.ahead != nil:
		return nil
	case c.raw == nil || c.upper != nil:
		b, err := c.AwaitBuffer(1)
		c.ahead = b
		return c.uncount(b, err)
	}
	n, err := c.turn(readPeek, false, true)
	if err == nil && n == 0 {
		return io.EOF
	}
	return err
}

// uncount takes back what AwaitBuffer counted: the bytes will be delivered later.
func (c *Conn) uncount(b *buf.Buffer, err error) error {
	if b != nil {
		c.Received -= int64(b.Len())
	}
	return err
}

// AwaitBuffer waits until there are bytes to read, holding no buffer, then takes
// one of at least n bytes and reads into it once. The buffer is the caller's. It
// returns io.EOF if the peer has ended its direction. Bytes that Peek or Unread
// left come first, without a read.
func (c *Conn) AwaitBuffer(n int) (*buf.Buffer, error) {
	if b := c.ahead; b != nil {
		c.ahead = nil
		b = b.Grow(n)
		if c.upper != nil && c.raw != nil && len(b.Room()) > 0 { // Await may have read a single byte
			m, _ := c.tryUpper(b.Room())
			b.W += m
		}
		c.Received += int64(b.Len())
		return b, nil
	}
	var b *buf.Buffer
	var err error
	switch {
	case c.upper != nil:
		b, err = c.awaitUpper(n)
	case c.raw == nil:
		b, err = c.awaitBlocking(n)
	default:
		b, err = c.awaitRaw(n)
	}
	if err != nil {
		return nil, err
	}
	c.Received += int64(b.W)
	return b, nil
}

func (c *Conn) awaitRaw(n int) (*buf.Buffer, error) {
	c.rd.size = int32(n)
	_, err := c.turn(readBuf, false, true)
	b := c.rd.b
	c.rd.b = nil
	if err != nil {
		b.Free()
		return nil, err
	}
	if b.W == 0 {
		b.Free()
		return nil, io.EOF
	}
	return b, nil
}

// awaitUpper reads through TLS what that has, and waits for the transport, without
// a buffer, when it has nothing. What comes then is taken with the read that
// found it: TLS would need another one.
func (c *Conn) awaitUpper(n int) (*buf.Buffer, error) {
	u, dry, whole := c.upper, c.raw != nil, false
	for {
		if !u.empty {
			b := buf.Get(n)
			u.dry = dry
			m, err := c.tryUpper(b.B)
			u.dry = false
			if m > 0 {
				b.W = m
				u.empty = whole && m < len(b.B)
				return b, nil
			}
			b.Free()
			if err != errWouldBlock {
				return nil, c.unwrap(noProgress(err))
			}
		}
		u.empty = false
		c.rd.size = int32(max(n, recordRoom))
		_, err := c.turn(readBuf, false, true)
		below := c.rd.b
		c.rd.b = nil
		if err != nil {
			below.Free()
			return nil, err
		}
		if below.W == 0 { // the end: TLS knows whether it is one
			below.Free()
			dry = false
			continue
		}
		whole = isRecord(below.Bytes())
		u.below = below
	}
}

// isRecord reports whether p is one TLS record of data and nothing else (RFC 8446,
// section 5.1).
func isRecord(p []byte) bool {
	const header, data = 5, 23
	return len(p) > header && p[0] == data && p[1] == 3 && p[2] == 3 && len(p) == header+int(p[3])<<8+int(p[4])
}

// recordRoom is what is read at least of the transport: a record of a short
// request, in bytes.
const recordRoom = 4 << 10

// tryUpper reads from the TLS layer without waiting for the transport; it returns
// errWouldBlock if nothing has arrived.
func (c *Conn) tryUpper(p []byte) (int, error) {
	c.rd.try = c.raw != nil
	c.upper.empty = false
	n, err := c.upper.Read(p)
	c.rd.try = false
	if err != nil && n == 0 && isWouldBlock(err) {
		return 0, errWouldBlock
	}
	return n, err
}

func noProgress(err error) error {
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// awaitBlocking is for transports without a descriptor: it waits for the first byte
// with room for one, so only the rest of it is not as promised.
func (c *Conn) awaitBlocking(n int) (*buf.Buffer, error) {
	b := buf.Get(n)
	m, err := c.readBlocking(b.B, true)
	if m == 0 {
		b.Free()
		return nil, c.closedErr(noProgress(err))
	}
	b.W = m
	return b, nil
}

func (c *Conn) readBlocking(p []byte, awaiting bool) (int, error) {
	for {
		c.armRead()
		if c.is(canceled) {
			return 0, ErrCanceled
		}
		if awaiting && c.clear(interrupted) {
			return 0, ErrInterrupted
		}
		n, err := c.nc.Read(p)
		if n > 0 || err == nil || !isTimeout(err) {
			return n, err
		}
		if err := c.readWoke(awaiting); err != nil {
			return 0, err
		}
	}
}

// Read reads as io.Reader. It waits with the caller's p; see Await.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if c.ahead != nil {
		n := copy(p, c.ahead.Bytes())
		c.ahead.R += n
		if c.ahead.Len() == 0 {
			c.ahead.Free()
			c.ahead = nil
		}
		c.Received += int64(n)
		return n, nil
	}
	var n int
	var err error
	if c.upper != nil {
		c.upper.empty = false
		n, err = c.upper.Read(p)
		err = c.unwrap(err)
	} else {
		n, err = c.readLower(p)
	}
	c.Received += int64(n)
	return n, err
}

// readLower reads from the transport into p.
func (c *Conn) readLower(p []byte) (int, error) {
	if c.raw == nil {
		return c.readBlocking(p, false)
	}
	c.rd.p = p
	n, err := c.turn(readInto, c.rd.try, false)
	c.rd.p = nil
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// turn waits for the descriptor and does what mode says.
func (c *Conn) turn(mode readMode, try, await bool) (int, error) {
	op := &c.rd
	op.mode, op.try, op.await, op.stop, op.n, op.errno = mode, try, await, false, 0, 0
	for {
		err := c.raw.Read(c.onRead)
		switch {
		case err == nil && op.stop && c.is(canceled):
			return 0, ErrCanceled
		case err == nil && op.stop:
			return 0, ErrInterrupted
		case err == nil && op.errno == 0:
			return int(op.n), nil
		case err == nil && op.errno == int32(syscall.EAGAIN):
			return 0, errWouldBlock
		case err == nil:
			return 0, os.NewSyscallError("recv", syscall.Errno(op.errno))
		case !isTimeout(err):
			return 0, c.closedErr(err)
		}
		if err := c.readWoke(await); err != nil {
			return 0, c.closedErr(err)
		}
	}
}

// ready is called by RawConn.Read, first at once and then whenever the descriptor
// becomes readable. It returns false to wait. Readiness is reported once per event,
// so it has to try before it may wait.
func (c *Conn) ready(fd uintptr) bool {
	op := &c.rd
	switch op.mode {
	case readPeek:
		op.result(peekFD(fd))
	case readBuf:
		b := buf.Get(int(op.size))
		n, errno := readFD(fd, b.B)
		op.result(n, errno)
		if errno == 0 {
			b.W = n
			op.b = b
			return true
		}
		b.Free()
	case readInto:
		op.result(readFD(fd, op.p[:min(len(op.p), maxRead)]))
	}
	if op.errno != int32(syscall.EAGAIN) || op.try {
		return true
	}
	c.armRead()
	if c.is(canceled) {
		op.stop = true
		return true
	}
	if op.await && c.clear(interrupted) {
		op.stop = true
		return true
	}
	return false
}
