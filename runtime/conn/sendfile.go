package conn

import (
	"io"
	"runtime"
	"syscall"

	"understudy/runtime/buf"
)

// A File is what SendFile sends from. Fd is asked where the system can send from
// a file itself, ReadAt elsewhere.
type File interface {
	io.ReaderAt
	Fd() uintptr
	Name() string
}

// SendFile sends n bytes of f from off. It neither uses nor moves f's own offset,
// so that connections may share f. It returns io.ErrUnexpectedEOF if the file has
// become shorter.
func (c *Conn) SendFile(f File, off, n int64) error {
	if n <= 0 {
		return nil
	}
	if c.upper != nil || c.raw == nil || !canSendfile {
		return c.copyFile(f, off, n)
	}
	op := writeOps.Get().(*writeOp)
	op.send, op.file, op.off, op.left = true, f.Fd(), off, n
	sent, err := c.write(op, "sendfile")
	runtime.KeepAlive(f)
	c.Sent += sent
	if err != nil && sent == 0 {
		// not every file system can
		if errno, ok := Errno(err); ok && (errno == syscall.EINVAL || errno == syscall.ENOSYS) {
			return c.copyFile(f, off, n)
		}
	}
	if err == nil && sent < n {
		return io.ErrUnexpectedEOF
	}
	return err
}

// copyFile sends with reads and writes.
func (c *Conn) copyFile(f File, off, n int64) error {
	b := buf.Get(int(min(n, 16<<10)))
	defer b.Free()
	for n > 0 {
		m, err := f.ReadAt(b.B[:min(n, int64(len(b.B)))], off)
		if m > 0 {
			if _, err := c.Write(b.B[:m]); err != nil {
				return err
			}
			off += int64(m)
			n -= int64(m)
			continue
		}
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	return nil
}
