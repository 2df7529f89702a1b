package stream

import (
	"context"
	"fmt"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
)

// contain ends a session that panicked, as the process would be one of nginx's workers
// otherwise, and take all other sessions with it. It is not used again.
func (s *Session) contain(st *Stream, c *conn.Conn) {
	fault := recover()
	if fault == nil {
		return
	}
	logs.Fault(fault, func(text string) {
		st.Log.Log(context.Background(), logs.Alert, fmt.Sprintf("*%d %s", c.Serial, text))
	})
	c.Close()
	if s.Client != c {
		return // it was finished already
	}
	if u := s.Upstream; u != nil && u.conn != nil {
		u.conn.Close()
	}
	st.live.remove(s)
}
