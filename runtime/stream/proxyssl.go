package stream

import (
	"syscall"
	"time"

	"understudy/runtime/certs"
	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
)

// secure makes the connection to the peer secure. A PROXY protocol header comes
// before that. Declined asks for the next peer.
// (ngx_stream_proxy_ssl_init_connection)
func (p *Proxy) secure(s *Session, g *upstream.Group) Status {
	u := s.Upstream
	c := u.conn
	fail := func() Status {
		u.end()
		c.Close()
		u.conn = nil
		return Declined
	}
	if p.Protocol > 0 {
		if err := p.sendHeader(s); err != nil {
			s.ConnError(logs.Error, err, "send() failed")
			return Success
		}
	}
	upper, err := p.TLS.Over(s, c.Conn, []byte(g.Name), s.Alloc)
	if err != nil {
		s.Errorf(logs.Error, "%v", err)
		return Internal
	}
	s.Action = "SSL handshaking to upstream"
	limit := max(p.Connect, time.Millisecond)
	began := time.Now()
	c.SetReadTimeout(limit)
	c.SetWriteTimeout(limit)
	err = upper.Handshake()
	c.SetReadTimeout(0)
	c.SetWriteTimeout(0)
	switch {
	case err == nil:
		return OK
	case s.Stream.ctx.Err() != nil:
		return Success // everything is being closed
	case isTimeout(err) || time.Since(began) >= limit:
		s.Errorf(logs.Error, "upstream timed out%s", conn.ErrorText(syscall.ETIMEDOUT))
	default:
		s.Errorf(logs.Error, "%s", certs.HandshakeText(err))
	}
	return fail()
}
