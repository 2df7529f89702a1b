package conn

import (
	"io"

	"understudy/runtime/buf"
)

// maxPeek bounds what Peek may be asked for, in bytes; preread_buffer_size and the
// PROXY protocol stay far below.
const maxPeek = 1 << 20

// Peek waits until at least n bytes are there and returns all that are, without
// taking them. The slice is valid until the next read. If the peer ends, or a
// timeout passes, before n bytes have come, it returns what there is with the error.
func (c *Conn) Peek(n int) ([]byte, error) {
	for {
		have := peeked(c.ahead)
		if len(have) >= n {
			return have, nil
		}
		if n > maxPeek {
			return have, io.ErrShortBuffer
		}
		if err := c.readAhead(n); err != nil {
			return peeked(c.ahead), err
		}
	}
}

// readAhead reads once, and appends to what has been read ahead, whose buffer it
// makes at least n bytes large.
func (c *Conn) readAhead(n int) error {
	a := c.ahead
	c.ahead = nil
	b, err := c.AwaitBuffer(max(n, 1<<10))
	if b == nil {
		c.ahead = a
		return err
	}
	c.Received -= int64(b.Len())
	if a == nil {
		c.ahead = b
		return nil
	}
	if a.W+b.Len() > len(a.B) {
		a = a.Grow(max(n, a.Len()+b.Len()))
	}
	a.W += copy(a.Room(), b.Bytes())
	b.Free()
	c.ahead = a
	return nil
}

// Unread puts p, which a read returned, before the bytes that are read next. p is
// copied.
func (c *Conn) Unread(p []byte) {
	if len(p) == 0 {
		return
	}
	have := peeked(c.ahead)
	b := buf.Get(len(p) + len(have))
	b.W = copy(b.B, p)
	b.W += copy(b.B[b.W:], have)
	c.ahead.Free()
	c.ahead = b
	c.Received -= int64(len(p))
}

// Discard takes n bytes that Peek returned.
func (c *Conn) Discard(n int) {
	if c.ahead == nil {
		return
	}
	n = min(n, c.ahead.Len())
	c.ahead.R += n
	c.Received += int64(n)
	if c.ahead.Len() == 0 {
		c.ahead.Free()
		c.ahead = nil
	}
}

// Buffered returns the number of bytes read ahead: those a read returns at once.
func (c *Conn) Buffered() int { return len(peeked(c.ahead)) }

func peeked(b *buf.Buffer) []byte {
	if b == nil {
		return nil
	}
	return b.Bytes()
}
