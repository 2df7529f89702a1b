package gateway

import (
	"context"
	"time"

	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/resolver"
	"understudy/runtime/upstream"
)

// connect takes an idle connection to peer or makes one.
func (s *State) connect(r *httpd.Request, to Target, peer *upstream.Peer, set *Settings, began time.Time) *failure {
	g := to.Group
	if c := g.Get(peer, set); c != nil {
		s.conn, s.cached = c, true
		s.received0, s.sent0 = c.Received, c.Sent
		s.attempt().Connect = time.Since(began)
		return nil
	}
	o := upstream.DialOptions{KeepAlive: set.SocketKeepalive, Transparent: set.Transparent, RcvBuf: set.RcvBuf, SndBuf: set.SndBuf}
	if set.Bind != nil {
		local := string(r.Eval(set.Bind))
		a, ok := resolver.ParseAddrPort(local)
		if !ok && local != "" {
			r.Errorf(logs.Error, "invalid local address %q", local)
		}
		o.Bind = a
	}
	ctx := dialing{Context: context.Background()}
	if set.Connect > 0 {
		ctx.until = began.Add(set.Connect)
	}
	if watched(r, set) {
		ctx.r = r
	}
	c, err := g.Dial(&ctx, peer, o)
	if ctx.watch.Stop() {
		if err == nil {
			c.Close()
		}
		return aborted(r, "connecting to upstream")
	}
	if err != nil {
		if isTimeout(err) {
			r.Errorf(logs.Error, "upstream timed out (110: Connection timed out) while connecting to upstream")
			s.blameTimeout(r, "_connect_timeout", "connecting to", set.Connect)
			return &failure{OnTimeout, 504}
		}
		r.Errorf(logs.Error, "connect() failed%s while connecting to upstream", httpd.Errno(err))
		s.blameConnect(r, peer, err)
		return &failure{OnError, 502}
	}
	s.conn = c
	s.received0, s.sent0 = 0, 0
	if to.TLS != nil {
		if f := s.secure(r, to, set); f != nil {
			return f
		}
	}
	s.attempt().Connect = time.Since(began)
	return nil
}
