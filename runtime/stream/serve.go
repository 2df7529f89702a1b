package stream

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/resolver"
	"understudy/runtime/vars"
)

// Serve serves one connection, which it owns. It returns when the session has
// ended, or when a tunnel goes on with it.
func (p *Port) Serve(c *conn.Conn) { p.serve(c, nil) }

// serve serves one connection, or the datagrams of one client. It answers Done if
// the session goes on without it.
func (p *Port) serve(c *conn.Conn, pc *packetConn) Status {
	st := p.Stream
	a := p.Any
	if len(p.Addrs) > 0 { // else there is no need to know
		a = p.Address(c.LocalAddr().Addr())
	}
	s := st.session()
	s.Port, s.Addr, s.Server, s.Client = p, a, a.Default, c
	s.packets = pc
	s.Start = time.Now()
	s.RealIP = c.RemoteText()
	if !st.live.add(s) {
		c.Close()
		s.release()
		return Success
	}
	if s.Debugging(logs.DebugEvent) {
		s.Plainf(logs.DebugEvent, "accept: %s fd:%d", endText(c), c.FD())
	}
	defer s.contain(st, c)
	s.Plainf(logs.Info, "%sclient %s connected to %s", s.kind(), endText(c), p.Text)
	s.Action = "initializing session"
	status := s.serve()
	switch status {
	case Done, Passed:
	default:
		s.Finish(status)
	}
	return status
}

// endText is the client's address with its port.
func endText(c *conn.Conn) string {
	if a := c.RemoteAddr(); a.IsValid() {
		return resolver.AddrPortText(a)
	}
	return c.RemoteText()
}

func (s *Session) serve() Status {
	if s.Addr.ProxyProtocol {
		if st := s.readProxyProtocol(); st != OK {
			return st
		}
	}
	return s.run()
}

// readProxyProtocol reads the PROXY protocol header, which comes before all.
func (s *Session) readProxyProtocol() Status {
	s.Action = "reading PROXY protocol"
	s.Client.SetReadTimeout(s.Server.ProxyProtocolTimeout)
	err := s.Client.ReadProxyHeader(conn.MaxProxyHeader)
	s.Client.SetReadTimeout(0)
	var text conn.ProxyError
	switch {
	case err == nil:
		s.Action = "initializing session"
		return OK
	case errors.As(err, &text):
		s.Errorf(logs.Error, "%s", string(text))
		return BadRequest
	case errors.Is(err, conn.ErrProxyHeader):
		return BadRequest
	case errors.Is(err, io.EOF):
		s.Errorf(logs.Error, `broken header: ""`)
		return BadRequest
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.Errorf(logs.Info, "client timed out%s", conn.ErrorText(syscall.ETIMEDOUT))
		return Success
	}
	s.readFailed(err)
	return Success
}

// readFailed logs a read from the client that failed, unless it was us who
// closed the connection.
func (s *Session) readFailed(err error) {
	if !errors.Is(err, net.ErrClosed) && !errors.Is(err, conn.ErrCanceled) {
		s.ConnError(logs.Info, err, "recv() failed")
	}
}

// run takes the session through the phases.
func (s *Session) run() Status {
	v := s.Server
	for _, p := range [...]struct {
		name  string
		steps []Step
	}{{"post-accept", v.PostAccept}, {"preaccess", v.PreAccess}, {"access", v.Access}} {
		if st := s.phase(p.name, p.steps); st != OK {
			return st
		}
	}
	if s.Addr.SSL {
		if st := s.secure(); st != OK {
			return st
		}
	}
	v = s.Server // by now one that the client asked for, perhaps
	for i := range v.Preread {
		s.debugStep("preread", i)
		st := s.prereadStep(&v.Preread[i])
		if st == OK {
			break
		}
		if st != Declined {
			return st
		}
	}
	return s.content()
}

func (s *Session) phase(name string, steps []Step) Status {
	for i := range steps {
		s.debugStep(name, i)
		if st := s.do(name, &steps[i]); st != Declined {
			return st
		}
	}
	return OK
}

// do runs one step.
func (s *Session) do(phase string, step *Step) Status {
	if s.trace != nil {
		return s.trace.step(s, phase, step)
	}
	return step.Run(s)
}

// prereadStep runs a step that may want to see what the client sends first.
func (s *Session) prereadStep(step *Step) Status {
	s.Action = "prereading client data"
	if s.trace != nil {
		s.preread = s.trace.first
	}
	st := s.do("preread", step)
	if st != Again {
		return st
	}
	if s.Client == nil {
		s.Note("%s would wait for what the client sends", step.Name)
		return Declined
	}
	c := s.Client
	c.SetReadTimeout(s.Server.PrereadTimeout)
	defer c.SetReadTimeout(0)
	defer func() { s.preread = nil }()
	for size := s.Server.PrereadBuffer; ; {
		p, err := c.Peek(len(s.preread) + 1)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, os.ErrDeadlineExceeded):
			return Success
		case err != nil:
			s.readFailed(err)
			return Success
		}
		s.preread = p[:min(len(p), size)]
		if st := s.do("preread", step); st != Again {
			return st
		}
		if len(s.preread) == size {
			s.Errorf(logs.Error, "preread buffer full")
			return BadRequest
		}
	}
}

func (s *Session) content() Status {
	s.Action = ""
	if st := s.noDelay(); st != OK {
		return st
	}
	if s.Server.Content == nil {
		return Internal
	}
	return s.do("content", s.Server.Content)
}

// noDelay has what is written to the client sent at once, if the server says so.
func (s *Session) noDelay() Status {
	if s.Server.NoDelay && s.Client != nil {
		if err := s.Client.SetNoDelay(true); err != nil {
			s.Errorf(logs.Alert, "setsockopt(TCP_NODELAY) failed%s", conn.ErrorText(err))
			return Internal
		}
	}
	return OK
}

// Finish ends the session: it is logged, and its connection closed.
func (s *Session) Finish(status Status) {
	s.Status = status
	s.debugEnd(status)
	for i := range s.Server.Log {
		s.Server.Log[i].Run(s)
	}
	if s.Debugging(logs.DebugStream) {
		s.Plainf(logs.DebugStream, "close stream connection: %d", s.Client.FD())
	}
	s.end() // before the client can know, and come again
	s.Client.Close()
	s.Stream.live.remove(s)
	s.release()
}

// end does what is to happen when the session has ended.
func (s *Session) end() {
	for i, f := range s.ends {
		s.ends[i] = nil
		if f != nil { // else it was called, and another panicked
			f()
		}
	}
	s.ends = s.ends[:0]
}

// PassTo ends the session without a trace and has serve go on with its
// connection.
func (s *Session) PassTo(serve func(*conn.Conn)) Status {
	c := s.Client
	s.Stream.live.remove(s)
	s.release()
	serve(c)
	return Passed
}

// session returns a clean session.
func (st *Stream) session() *Session {
	s, _ := st.pool.Get().(*Session)
	if s == nil {
		s = &Session{Stream: st, slots: make([]vars.Slot, st.Vars.Len())}
	}
	return s
}

// release makes s ready to be used again.
func (s *Session) release() {
	s.end()
	s.arena.Reset()
	clear(s.slots)
	*s = Session{Stream: s.Stream, slots: s.slots, arena: s.arena, caps: s.caps[:0], ends: s.ends[:0]}
	s.Stream.pool.Put(s)
}
