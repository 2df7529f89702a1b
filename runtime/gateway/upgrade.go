package gateway

import (
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/httpd"
	"understudy/runtime/tunnel"
	"understudy/runtime/upstream"
)

// An upgraded is what an open tunnel keeps of the request it began with.
type upgraded struct {
	taken *httpd.Taken
	state *State // nil if the request was not kept
	peer  *conn.Conn
	group *upstream.Group
	tried upstream.Tried
	began time.Time
	sent  int64 // what the client's connection had sent before
}

// upgrade answers 101 and joins the two connections. The request ends with the
// tunnel.
func (s *State) upgrade(r *httpd.Request, g *upstream.Group, set *Settings, began time.Time) httpd.Status {
	r.Keepalive = false
	st := r.SendHeader()
	if st == httpd.OK && r.Flush() != nil {
		st = httpd.Aborted
	}
	if st != httpd.OK {
		s.attempt().Response = time.Since(began)
		s.finish(g, set, false)
		return st
	}
	client, h := r.Client, r.HTTP
	if rest := r.Unread(); len(rest) > 0 {
		client.Unread(rest)
	}
	if s.buf != nil && s.buf.Len() > 0 {
		s.conn.Unread(s.buf.Bytes())
	}
	o := tunnel.Options{Idle: set.Read, SendA: r.Loc.SendTimeout, SendB: set.Send, Group: h.Tunnels()}
	s.unfailed() // for the request may not be there when the tunnel ends
	u := &upgraded{state: s, peer: s.conn.Detach(), group: g, tried: s.tried, began: began, sent: client.Sent}
	s.conn, s.out, s.group = nil, nil, nil
	u.taken = r.Take()
	if u.taken.Request() == nil {
		u.state = nil
	}
	tunnel.Join(client, u.peer, o, u.done)
	return httpd.TakenOver
}

// done ends the request when its tunnel has ended.
func (u *upgraded) done(res tunnel.Result) {
	if s := u.state; s != nil {
		a := s.attempt()
		a.Response = time.Since(u.began)
		a.Received, a.Sent = u.peer.Received-s.received0, u.peer.Sent-s.sent0
		a.Length = res.BToA
		u.taken.Request().Resp.BodySent += res.BToA
	}
	u.peer.Close()
	u.group.Free(&u.tried, upstream.OK)
	text := ""
	u.blame(res)
	if res.End == tunnel.Timeout {
		text = "upstream timed out (110: Connection timed out) while proxying upgraded connection"
	}
	u.taken.Done(text)
}
