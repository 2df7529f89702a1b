package conn

import (
	"os"
	"sync"
	"syscall"
	"time"

	"understudy/runtime/buf"
)

// A writeOp is the argument and result of one turn of RawConn.Write. Writers rarely
// wait, so these are shared by all connections instead of being part of each.
type writeOp struct {
	c     *Conn
	bufs  [][]byte // what is left; the first may be a part
	file  uintptr  // for sendfile
	off   int64
	left  int64
	send  bool  // sendfile, not bufs
	pipe  *Pipe // not nil: what is sent comes from it, not from a file
	short bool  // the file ended early
	sent  int64
	until Clock // when the write gives up
	began Clock // when it first had to wait; 0 if it has not
	errno syscall.Errno
	run   func(fd uintptr) bool
}

var writeOps = sync.Pool{New: func() any {
	op := new(writeOp)
	op.run = op.ready
	return op
}}

func (op *writeOp) free() {
	clear(op.bufs)
	*op = writeOp{bufs: op.bufs[:0], run: op.run}
	writeOps.Put(op)
}

// Write writes all of p, as io.Writer.
func (c *Conn) Write(p []byte) (int, error) {
	if c.upper != nil {
		n, err := c.upper.write(p)
		c.Sent += int64(n)
		return n, c.unwrap(err)
	}
	n, err := c.writeLower(p)
	c.Sent += int64(n)
	return n, err
}

// write writes in records of the size there is a limit for. A record that was
// not sent whole is missing in what follows: after it there is nothing to say.
func (u *upper) write(p []byte) (n int, err error) {
	defer func() {
		if err != nil {
			u.broken.Store(true)
		}
	}()
	for u.record > 0 && len(p)-n > u.record && err == nil {
		var m int
		m, err = u.Conn.Write(p[n : n+u.record])
		n += m
	}
	if err != nil {
		return n, err
	}
	m, err := u.Conn.Write(p[n:])
	return n + m, err
}

func (c *Conn) writeLower(p []byte) (int, error) {
	if c.raw == nil {
		return c.writeBlocking(p)
	}
	if len(p) == 0 {
		return 0, nil
	}
	op := writeOps.Get().(*writeOp)
	op.bufs = append(op.bufs, p)
	n, err := c.write(op, "send")
	return int(n), err
}

// Writev writes all of the bufs, in order, with as few system calls as possible. It
// keeps neither bufs nor what is in it.
func (c *Conn) Writev(bufs ...[]byte) (int64, error) {
	if c.upper != nil || c.raw == nil {
		return c.gather(bufs)
	}
	op := writeOps.Get().(*writeOp)
	for _, p := range bufs {
		if len(p) > 0 {
			op.bufs = append(op.bufs, p)
		}
	}
	n, err := c.write(op, "writev")
	c.Sent += n
	return n, err
}

// gather joins small pieces, so that they share a TLS record.
func (c *Conn) gather(bufs [][]byte) (int64, error) {
	b := buf.Get(maxRecord)
	defer b.Free()
	size := maxRecord
	if c.upper != nil && c.upper.record > 0 {
		size = c.upper.record
	}
	var sent int64
	flush := func(p []byte) error {
		n, err := c.Write(p)
		sent += int64(n)
		return err
	}
	for _, p := range bufs {
		for len(p) > 0 {
			if b.W == 0 && len(p) >= size { // whole records need no copy
				n := len(p) / size * size
				if err := flush(p[:n]); err != nil {
					return sent, err
				}
				p = p[n:]
				continue
			}
			n := copy(b.B[b.W:size], p)
			b.W += n
			p = p[n:]
			if b.W < size {
				continue
			}
			if err := flush(b.Bytes()); err != nil {
				return sent, err
			}
			b.Reset()
		}
	}
	if b.W == 0 {
		return sent, nil
	}
	return sent, flush(b.Bytes())
}

// write runs op until all is sent, and frees it. It returns the bytes sent.
func (c *Conn) write(op *writeOp, call string) (int64, error) {
	op.c = c
	defer op.end()
	for {
		err := c.raw.Write(op.run)
		if err != nil && op.impatient() {
			c.setWriteArmed(op.until)
			continue
		}
		switch {
		case c.is(canceled):
			return op.sent, ErrCanceled
		case err == nil && op.errno != 0:
			return op.sent, os.NewSyscallError(call, op.errno)
		case err == nil:
			return op.sent, nil
		case !isTimeout(err) || c.is(closed):
			return op.sent, c.closedErr(err)
		case op.until != 0 && Now() >= op.until:
			return op.sent, os.ErrDeadlineExceeded
		}
		if op.until == 0 && c.writeWait > 0 { // an old deadline fired before the first try
			op.until = c.writeUntil(Now())
		}
		c.setWriteArmed(op.until)
	}
}

// end frees op, and takes the time it had to wait from the patience there is.
func (op *writeOp) end() {
	if p := op.c.patience; p != nil && op.began != 0 {
		p.Left -= time.Duration(Now() - op.began)
	}
	op.free()
}

// ready is called by RawConn.Write, first at once and then whenever the descriptor
// becomes writable. It returns false to wait.
func (op *writeOp) ready(fd uintptr) bool {
	for {
		n, errno := op.step(fd)
		if errno == syscall.EINTR {
			continue
		}
		if errno == syscall.EAGAIN {
			op.arm()
			return op.c.is(canceled)
		}
		op.errno = errno
		if errno != 0 || op.advance(n) {
			return true
		}
	}
}

// step writes once.
func (op *writeOp) step(fd uintptr) (int, syscall.Errno) {
	switch {
	case op.pipe != nil:
		return op.sendPipe(fd)
	case op.send:
		return sendFD(fd, op.file, op.off, op.left)
	case len(op.bufs) == 1:
		return writeFD(fd, op.bufs[0])
	case len(op.bufs) == 0:
		return 0, 0
	}
	return writevFD(fd, op.bufs)
}

// advance takes n sent bytes off, and tells whether nothing is left to do.
func (op *writeOp) advance(n int) bool {
	op.sent += int64(n)
	if op.send {
		op.off += int64(n)
		op.left -= int64(n)
		op.short = n == 0 && op.left > 0
		return op.left <= 0 || op.short
	}
	done := 0
	for done < len(op.bufs) && n >= len(op.bufs[done]) {
		n -= len(op.bufs[done])
		done++
	}
	if done > 0 { // keep the array's start: the op is used again
		op.bufs = op.bufs[:copy(op.bufs, op.bufs[done:])]
	}
	if len(op.bufs) == 0 {
		return true
	}
	op.bufs[0] = op.bufs[0][n:]
	return false
}

func (op *writeOp) arm() {
	c := op.c
	if c.writeWait == 0 && c.patience == nil {
		op.until = 0
		return
	}
	now := Now()
	op.until = 0
	if c.writeWait != 0 {
		op.until = c.writeUntil(now)
	}
	at := op.until
	if p := c.patience; p != nil {
		if op.began == 0 {
			op.began = now
		}
		if lost := max(op.began+Clock(p.Left), 1); at == 0 || lost < at {
			at = lost
		}
	}
	if c.writeArm == 0 || c.writeArm > at {
		c.setWriteArmed(at)
	}
}

func (c *Conn) setWriteArmed(t Clock) {
	c.writeArm = t
	if t == 0 {
		c.nc.SetWriteDeadline(never)
		return
	}
	c.nc.SetWriteDeadline(t.time())
}

// writeBlocking is for transports without a descriptor. They say when a write is
// done, not when it makes progress.
func (c *Conn) writeBlocking(p []byte) (int, error) {
	if c.writeWait > 0 {
		c.setWriteArmed(c.writeUntil(Now()))
	} else if c.writeArm != 0 {
		c.setWriteArmed(0)
	}
	n, err := c.nc.Write(p)
	if err != nil && c.is(canceled) {
		return n, ErrCanceled
	}
	if err != nil {
		err = c.closedErr(err)
	}
	return n, err
}
