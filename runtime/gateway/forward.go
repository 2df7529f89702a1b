package gateway

import (
	"time"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
)

// Forward passes r to a peer of to and its answer to the client.
func Forward(r *httpd.Request, to Target, p *Protocol, set *Settings) httpd.Status {
	s := beginPass(r, set)
	s.scheme = p.Scheme
	if to.TLS != nil {
		s.scheme = p.Secure
	}
	if st := s.readBody(r, p, set); st != httpd.OK {
		return st
	}
	if set.Cache != nil {
		st, done := s.lookup(r, to.Group, p, set)
		if done {
			s.endCaching(set, httpd.Done)
			return st
		}
	}
	s.separate()
	e := s.cache.entry
	st := s.ask(r, to, p, set)
	if e != nil && !e.Closed() { // else s may be somebody else's: a tunnel has ended
		s.endCaching(set, st)
	}
	return st
}

// ask asks the upstream.
func (s *State) ask(r *httpd.Request, to Target, p *Protocol, set *Settings) httpd.Status {
	var st httpd.Status
	if s.out, st = p.AppendRequest(s.out[:0], r, s); st != httpd.OK {
		return st
	}
	if set.Body != nil {
		s.out = append(s.out, r.Eval(set.Body)...)
	}
	s.debugRequest(r)
	s.beginTries(r, to, set)
	for {
		st, again := s.try(r, to, p, set)
		if !again {
			s.debugEnd(r, st)
			return st
		}
	}
}

// beginPass returns the request's state, ready for another pass.
func beginPass(r *httpd.Request, set *Settings) *State {
	s := Begin(r)
	if s.cache.entry != nil {
		s.cache.entry.Close()
	}
	s.start, s.set, s.cache = time.Now(), set, caching{}
	return s
}

// separate tells the attempts that follow apart from those of passes before.
func (s *State) separate() {
	if len(s.Attempts) > 0 {
		s.Attempts = append(s.Attempts, Attempt{})
	}
}

func (s *State) beginTries(r *httpd.Request, to Target, set *Settings) {
	var key []byte
	if to.Key != nil {
		key = to.Key(r)
	}
	to.Group.Begin(&s.tried, key)
	s.group = to.Group
	s.stick(r, to.Stick)
	if set.NextTries > 0 {
		s.tried.Tries = min(s.tried.Tries, set.NextTries)
	}
}

// readBody reads the request's body unless it is passed on as it comes.
func (s *State) readBody(r *httpd.Request, p *Protocol, set *Settings) httpd.Status {
	b := &r.Body
	if b.Unwanted() { // ngx_http_discard_request_body: the request has none any more
		s.BodyLen = 0
		return httpd.OK
	}
	if set.Body != nil || !set.PassBody {
		return r.ReadBody() // variables may want it, though it is not sent
	}
	switch {
	case !b.Present():
		st := r.ReadBody() // which may make a file of nothing
		s.BodyLen = b.Announced
		return st
	case b.Read() && b.Buffered():
		r.Continue()
		s.BodyLen = b.Length
		return httpd.OK
	}
	if !set.RequestBuffering && !(p.NeedsLength && b.Chunked) {
		st := r.ReadAvailable()
		s.BodyLen, s.Chunked = b.Announced, b.Chunked && b.Pending()
		if !b.Pending() {
			s.BodyLen = b.Length
		}
		return st
	}
	st := r.ReadBody()
	s.BodyLen = b.Length
	return st
}

// A failure is why an attempt came to nothing.
type failure struct {
	reason Condition
	status httpd.Status
}

// try passes the request to one peer. It reports whether another is to be
// tried; if not, st is the end of it.
func (s *State) try(r *httpd.Request, to Target, p *Protocol, set *Settings) (st httpd.Status, again bool) {
	began := time.Now()
	peer := s.pick(r, to)
	if peer == nil {
		if st, ok := s.stale(r, to.Group, set, OnError, true); ok {
			return st, false
		}
		return 502, false
	}
	f := s.connect(r, to, peer, set, began)
	if f == nil {
		s.debugConnect(r)
		f = s.send(r, p, set)
	}
	if f == nil {
		f = s.readHead(r, p, set, began)
	}
	if f == nil && s.Head.Status == 101 && r.Header(header.Upgrade) == nil {
		return s.unasked(r, to.Group, set, began)
	}
	if f == nil {
		r.Recovered()
		if s.cache.entry != nil {
			s.noteHead(r, set)
		}
		if st, done := s.judge(r, to.Group, set); done {
			return st, st == httpd.Declined
		}
		s.answered(to.Group)
		return s.respond(r, to.Group, p, set, began), false
	}
	s.attempt().Response = time.Since(began)
	f.debugNext(r)
	return s.next(r, to.Group, set, *f)
}

// pick starts an attempt and returns its peer, or nil if none is left: then the
// attempt has ended with 502.
func (s *State) pick(r *httpd.Request, to Target) *upstream.Peer {
	s.Attempts = append(s.Attempts, Attempt{Name: to.Group.Name, Connect: -1, Header: -1, Response: -1})
	s.sent, s.cached = false, false
	s.peerName = to.Name
	s.debugPeer(r)
	s.tried.Hint = s.session.hint()
	peer, err := to.Group.Next(&s.tried)
	if err != nil {
		if host, port := to.Group.Unresolved(); host != "" {
			r.Errorf(logs.Error, "host not found in upstream \"%s\" while connecting to upstream", host)
			r.Blame("unresolved-host", "_pass", httpd.Fact{Name: "host", Value: host}, httpd.Fact{Name: "port", Value: int(port)})
		} else {
			r.Errorf(logs.Error, "no live upstreams while connecting to upstream")
			r.Blame("no-live-upstream", "_pass", httpd.Fact{Name: "upstream", Value: to.Group.Name})
		}
		s.attempt().Status = 502
		s.attempt().Response = 0
		return nil
	}
	s.attempt().Name, s.peerName = peer.Name, peer.Name
	s.session.picked(peer)
	return peer
}

// unasked refuses a 101 to a client that did not ask for another protocol. What
// follows it is in none that the client speaks (RFC 9110 section 15.2.2); nginx
// passes its head on. There is no page, as there is no body in nginx's answer.
func (s *State) unasked(r *httpd.Request, g *upstream.Group, set *Settings, began time.Time) (httpd.Status, bool) {
	r.Errorf(logs.Error, "upstream switched protocols unasked while reading response header from upstream")
	s.blame(r, "upstream-invalid", "_pass", httpd.Fact{Name: "why", Value: "it answered 101 to a request without Upgrade"})
	s.attempt().Response = time.Since(began)
	st, again := s.next(r, g, set, failure{OnInvalidHeader, 502})
	if st == 502 && !r.Resp.Sent() {
		st = r.Reply(st, nil, nil)
	}
	return st, again
}

// next decides what follows a failed attempt: ngx_http_upstream_next.
func (s *State) next(r *httpd.Request, g *upstream.Group, set *Settings, f failure) (httpd.Status, bool) {
	outcome := upstream.Failed
	switch {
	case f.status == 499 || f.reason == NextOff: // it is the client who failed
		outcome = upstream.OK
		s.unfailed()
	case f.reason == On403 || f.reason == On404:
		outcome = upstream.Next
	}
	if g.Free(&s.tried, outcome) {
		r.Errorf(logs.Warn, "upstream server temporarily disabled while %s", s.doing())
	}
	if s.cached && f.reason == OnError {
		s.tried.Tries++ // behind Free, which leaves none of a single peer
	}
	s.drop()
	if s.attempt().Status == 0 {
		s.attempt().Status = int(f.status)
	}
	if f.status == 499 {
		return 499, false
	}
	reason := f.reason
	if s.sent && r.MethodID&(h1.POST|h1.LOCK|h1.PATCH) != 0 {
		reason |= NonIdempotent
	}
	switch {
	case s.tried.Tries <= 0,
		set.NextUpstream&reason != reason,
		s.sent && s.streamed(r),
		set.NextTimeout > 0 && time.Since(s.start) >= set.NextTimeout:
		if st, ok := s.stale(r, g, set, f.reason, true); ok {
			return st, false
		}
		return f.status, false
	}
	return httpd.Declined, true
}

func (s *State) doing() string {
	if s.attempt().Connect < 0 {
		return "connecting to upstream"
	}
	return "reading response header from upstream"
}

// streamed reports whether some of the client's body is gone for good.
func (s *State) streamed(r *httpd.Request) bool {
	return r.Body.Present() && !r.Body.Buffered()
}

func (s *State) drop() {
	if s.conn != nil {
		s.attempt().Received = s.conn.Received - s.received0
		s.attempt().Sent = s.conn.Sent - s.sent0
		s.conn.Close()
		s.conn = nil
	}
}
