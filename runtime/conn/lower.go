package conn

import (
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// Lower returns the transport as crypto/tls is to use it: with c's timeouts, with
// the bytes c has read ahead, and able to say that a read would have to wait.
//
//	t := tls.Server(c.Lower(), config)
//	c.Secure(t)
//
// What passes through it is not counted in Received and Sent.
func (c *Conn) Lower() net.Conn { return lower{c} }

type lower struct{ c *Conn }

func (l lower) Read(p []byte) (int, error) {
	if a := l.c.ahead; a != nil && a.Len() > 0 {
		n := copy(p, a.Bytes())
		a.R += n
		if a.Len() == 0 {
			a.Free()
			l.c.ahead = nil
		}
		return n, nil
	}
	if u := l.c.upper; u != nil {
		if u.below != nil {
			n := copy(p, u.below.Bytes())
			u.below.R += n
			if u.below.Len() == 0 {
				u.below.Free()
				u.below = nil
			}
			return n, nil
		}
		if u.dry {
			return 0, errWouldBlock
		}
	}
	return l.c.readLower(p)
}

func (l lower) Write(p []byte) (int, error) { return l.c.writeLower(p) }

func (l lower) Close() error         { return l.c.nc.Close() }
func (l lower) LocalAddr() net.Addr  { return l.c.nc.LocalAddr() }
func (l lower) RemoteAddr() net.Addr { return l.c.nc.RemoteAddr() }

func (l lower) SetReadDeadline(t time.Time) error {
	l.c.SetReadDeadline(t)
	return nil
}

// SetWriteDeadline keeps a write timeout of the owner: crypto/tls sets a deadline
// only while it closes, and then it is the shorter of the two that is wanted.
func (l lower) SetWriteDeadline(t time.Time) error {
	if !t.IsZero() {
		l.c.SetWriteTimeout(max(time.Until(t), 1))
	}
	return nil
}

func (l lower) SetDeadline(t time.Time) error {
	l.SetReadDeadline(t)
	return l.SetWriteDeadline(t)
}

// errWouldBlock is temporary, and a net.Error, so that crypto/tls goes on after it.
var errWouldBlock error = wouldBlock{}

type wouldBlock struct{}

func (wouldBlock) Error() string   { return "read would block" }
func (wouldBlock) Timeout() bool   { return true }
func (wouldBlock) Temporary() bool { return true }

func isWouldBlock(err error) bool { return errors.Is(err, errWouldBlock) }

// unwrap returns the error of this package within one that crypto/tls returned.
func (c *Conn) unwrap(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	for _, e := range [...]error{ErrCanceled, ErrInterrupted, os.ErrDeadlineExceeded} {
		if errors.Is(err, e) {
			return e
		}
	}
	return c.closedErr(err)
}
