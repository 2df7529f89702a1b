package httpd

import (
	"sync/atomic"
	"time"

	"understudy/runtime/h1"
)

// A clock keeps the text of the current second.
type clock struct{ now atomic.Pointer[second] }

type second struct {
	unix int64
	text []byte
}

// date returns t as an HTTP date (RFC 9110, section 5.6.7).
func (c *clock) date(t time.Time) []byte {
	s := c.now.Load()
	if u := t.Unix(); s == nil || s.unix != u {
		s = &second{u, h1.AppendTime(nil, u)}
		c.now.Store(s)
	}
	return s.text
}
