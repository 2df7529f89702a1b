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

func isTimeout(err error) bool {
	if err == nil {
		return false
	}
	var t interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
