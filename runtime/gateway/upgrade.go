package gateway

import (
	"time"

	"understudy/runtime/httpd"
	"understudy/runtime/tunnel"
	"understudy/runtime/upstream"
)

// upgrade answers 101 and joins the two connections. The request ends with the
// tunnel.
func (s *State) upgrade(r *httpd.Request, g *upstream.Group, set *Settings, began time.Time) httpd.Status {
	r.Keepalive = false
	if st := r.SendHeader(); st != httpd.OK {
		s.attempt().Response = time.Since(began)
		s.finish(g, set, false)
		return st
	}
	if r.Flush() != nil {
		s.attempt().Response = time.Since(began)
		s.finish(g, set, false)
		return httpd.Aborted
	}
	client := r.Client
	if rest := r.Unread(); len(rest) > 0 {
		client.Unread(rest)
	}
	if rest := s.buf.Bytes(); len(rest) > 0 {
		s.conn.Unread(rest)
	}
	s.shrink(r)
	a := s.attempt()
	sent := client.Sent
	peer := s.conn
	s.conn = nil
	detach := peer.Detach()
	done := r.Take()
	tunnel.Join(client, detach, tunnel.Options{
		Idle: set.Read, SendA: r.Loc.SendTimeout, SendB: set.Send, Group: r.HTTP.Tunnels(),
	}, func(res tunnel.Result) {
		a = s.attempt()
		a.Response = time.Since(began)
		a.Received, a.Sent = detach.Received-s.received0, detach.Sent-s.sent0
		a.Length = res.BToA
		r.Resp.BodySent += client.Sent - sent
		detach.Close()
		g.Free(&s.tried, upstream.OK)
		done(endText(res))
	})
	return httpd.Taken
}

// shrink gives back what an open tunnel does not need.
func (s *State) shrink(r *httpd.Request) {
	s.out = nil
	r.Shrink()
}

// endText is the log line of a tunnel that did not just end; "" for one that did.
func endText(res tunnel.Result) string {
	if res.End == tunnel.Timeout {
		return "upstream timed out (110: Connection timed out) while proxying upgraded connection"
	}
	return ""
}
