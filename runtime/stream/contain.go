package stream

import (
	"context"
	"fmt"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
)

// contain ends a session that panicked, as the process would be one of nginx's workers
// otherwise, and take all other sessions with it. What it has of others is given back.
// It is not used again.
func (s *Session) contain(st *Stream, c *conn.Conn) {
	fault := recover()
	if fault == nil {
		return
	}
	logs.Fault(fault, st.faultLine(c))
	c.Close()
	if s.Client != c {
		return // it was finished already
	}
	defer s.contain(st, c) // what others left here may panic as well
	if u := s.Upstream; u != nil {
		if u.target != nil {
			u.target.Group.Free(&u.tried, upstream.OK)
		}
		if u.conn != nil {
			u.conn.Close()
		}
	}
	s.end()
	st.live.remove(s)
}

// caught is deferred by what works on a session of datagrams while it holds its lock,
// and answers st. A panic ends the session.
func (x *packets) caught(st *Status) {
	fault := recover()
	if fault == nil {
		return
	}
	logs.Fault(fault, x.s.Stream.faultLine(x.s.Client))
	if !x.ended {
		x.end(Internal)
	}
	*st = x.status
}

// caught is deferred by what gives a datagram to a session, or begins one.
func (u *packetPort) caught() {
	if fault := recover(); fault != nil {
		logs.Fault(fault, func(text string) { u.Stream.Log.Log(context.Background(), logs.Alert, text) })
	}
}

// faultLine returns what logs a line about a panic in a session of c.
func (st *Stream) faultLine(c *conn.Conn) func(text string) {
	return func(text string) {
		st.Log.Log(context.Background(), logs.Alert, fmt.Sprintf("*%d %s", c.Serial, text))
	}
}
