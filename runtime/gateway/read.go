package gateway

import (
	"errors"
	"os"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/httpd"
)

// readSlowly is wait for a response whose rate is limited.
func (s *State) readSlowly(r *httpd.Request, b *buf.Buffer, set *Settings) (int, error) {
	allowed := s.rate*int64(time.Since(s.rateStart)/time.Second+1) - s.rated
	if allowed <= 0 {
		if !r.Sleep(time.Duration(-allowed*1000/s.rate+1) * time.Millisecond) {
			return 0, errAborted
		}
		allowed = max(s.rate*int64(time.Since(s.rateStart)/time.Second+1)-s.rated, 1)
	}
	full := b.B
	b.B = b.B[:min(int64(len(b.B)), int64(b.W)+allowed)]
	n, err := s.wait(r, b, set)
	b.B = full
	s.rated += int64(n)
	if n > 0 && int64(n) == allowed {
		// nginx waits for as long as the piece was worth.
		if !r.Sleep(time.Duration(int64(n)*1000/s.rate) * time.Millisecond) {
			return n, errAborted
		}
	}
	return n, err
}

// read reads from the peer into b.
func (s *State) read(r *httpd.Request, b *buf.Buffer, set *Settings) (int, error) {
	if s.rate > 0 {
		return s.readSlowly(r, b, set)
	}
	return s.wait(r, b, set)
}

// soon is how long an answer may take before the client is watched: watching
// costs a goroutine.
const soon = 200 * time.Millisecond

// wait reads from the peer into b. While nothing comes the client is watched:
// if it leaves, errAborted is returned.
func (s *State) wait(r *httpd.Request, b *buf.Buffer, set *Settings) (int, error) {
	c := s.conn
	if set.IgnoreAbort || r.Client == nil || r.InBackground() || set.Read > 0 && set.Read <= soon {
		c.SetReadTimeout(set.Read)
		return c.Read(b.Room())
	}
	c.SetReadTimeout(soon)
	n, err := c.Read(b.Room())
	if !isTimeout(err) {
		return n, err
	}
	left := set.Read
	if left > 0 {
		left -= soon
	}
	c.SetReadTimeout(left)
	aborted := false
	done := make(chan struct{})
	stop := r.Client.Watch(func() {
		aborted = true
		close(done)
		c.Conn.Close()
	})
	n, err = c.Read(b.Room())
	stop()
	select {
	case <-done:
		if aborted {
			return n, errAborted
		}
	default:
	}
	return n, err
}

var errAborted = errors.New("client closed connection")

func isTimeout(err error) bool {
	if err == nil {
		return false
	}
	var t interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
