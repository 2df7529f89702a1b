package gateway

import (
	"errors"
	"io"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
)

const connHasData = conn.HasData

// readHead reads the head of the response.
func (s *State) readHead(r *httpd.Request, p *Protocol, set *Settings, began time.Time) *failure {
	s.headBuf.Free()
	s.buf.Free()
	s.headBuf, s.buf = nil, buf.Get(set.BufferSize)
	b := s.buf
	limit := min(len(b.B), set.BufferSize)
	if e := s.cache.entry; e != nil {
		limit -= e.HeadStart // nginx reads behind what precedes the head in the file
	}
	s.resetHead()
	for {
		if b.W >= limit {
			r.Errorf(logs.Error, "upstream sent too big header while reading response header from upstream")
			s.blameBigHeader(r, b, limit, set)
			return &failure{OnInvalidHeader, 502}
		}
		full := b.B
		b.B = b.B[:limit]
		n, err := s.wait(r, b, set)
		b.B = full
		if n <= 0 {
			return s.readFailure(r, err)
		}
		s.debugRead(r, n, limit-b.W)
		b.W += n
		switch err = p.ReadHead(r, s, b); err {
		case h1.ErrMore:
			continue
		case nil:
			s.debugHead(r)
			s.headLen = s.conn.Received - s.received0 - int64(b.Len())
			s.attempt().Header = time.Since(began)
			s.attempt().Status = s.Head.Status
			return nil
		case ErrLogged:
		default:
			r.Errorf(logs.Error, "%v while reading response header from upstream", err)
		}
		s.blameHead(r, b, err)
		return &failure{OnInvalidHeader, 502}
	}
}

// resetHead prepares for the head of a response.
func (s *State) resetHead() {
	s.Head.Reset()
	s.relays = false
	s.Body, s.NoBody, s.Keep, s.Upgrade, s.Nameless, s.early = nil, false, false, false, false, 0
	s.records.r = nil
	s.cache.hit = false
}

func (s *State) readFailure(r *httpd.Request, err error) *failure {
	switch {
	case errors.Is(err, errAborted):
		return aborted(r, "reading response header from upstream")
	case isTimeout(err):
		r.Errorf(logs.Error, "upstream timed out (110: Connection timed out) while reading response header from upstream")
		s.blameTimeout(r, "_read_timeout", "waiting for the response of", s.set.Read)
		return &failure{OnTimeout, 504}
	case err == nil || err == io.EOF:
		r.Errorf(logs.Error, "upstream prematurely closed connection while reading response header from upstream")
		s.blameClosed(r, nil)
	default:
		r.Errorf(logs.Error, "recv() failed%s while reading response header from upstream", httpd.Errno(err))
		s.blameClosed(r, err)
	}
	return &failure{OnError, 502}
}

// judge looks at a status that may be another peer's turn, or ours to answer.
// done means that the response is not passed on; Declined that the next peer
// is tried.
func (s *State) judge(r *httpd.Request, g *upstream.Group, set *Settings) (st httpd.Status, done bool) {
	status := s.Head.Status
	if status < 300 {
		return 0, false
	}
	if reason := nextStatuses[status]; reason != 0 {
		mask := reason
		if r.MethodID&(h1.POST|h1.LOCK|h1.PATCH) != 0 {
			mask |= NonIdempotent
		}
		if s.tried.Tries > 1 && set.NextUpstream&mask == mask && !s.streamed(r) &&
			(set.NextTimeout == 0 || time.Since(s.start) < set.NextTimeout) {
			s.attempt().Response = time.Since(s.start)
			st, again := s.next(r, g, set, failure{reason, httpd.Status(status)})
			return st, again || st != httpd.Declined
		}
		if s.cache.status == CacheExpired && set.Cache.UseStale&reason != 0 {
			s.attempt().Response = time.Since(s.start)
			s.finish(g, set, false)
			return s.stale(r, g, set, reason, false)
		}
	}
	if st, ok := s.revalidated(r, g, set); ok {
		return st, true
	}
	if status == 404 && set.Intercept404 || set.Intercept && r.Intercepts(status) {
		s.attempt().Response = time.Since(s.start)
		if set.Intercept && r.Intercepts(status) {
			s.intercepted(set, status)
		}
		if status == 401 {
			for f := s.Head.First(header.WWWAuthenticate); f != nil; f = s.Head.Next(f) {
				r.Resp.Headers.AddID(header.WWWAuthenticate, r.Copy(s.Head.Value(f)))
			}
		}
		s.finish(g, set, s.reusable())
		return httpd.Status(status), true
	}
	return 0, false
}

// reusable reports whether the response has ended with its head, and the
// connection may be used again.
func (s *State) reusable() bool {
	return s.Keep && s.buf.Len() == 0 && (s.NoBody || s.Body.Whole())
}

// finish ends the last attempt: its connection is kept for another request if
// that is possible.
func (s *State) finish(g *upstream.Group, tag any, keep bool) {
	if s.conn == nil {
		return
	}
	a := s.attempt()
	a.Received = s.conn.Received - s.received0
	if s.relays { // framing counts
		a.Length = a.Received - s.headLen
	}
	a.Sent = s.conn.Sent - s.sent0
	s.tried.Header, s.tried.Response = a.Header, a.Response
	if keep {
		g.Put(s.conn, tag)
	} else {
		s.conn.Close()
	}
	s.conn = nil
	s.unfailed()
	g.Free(&s.tried, upstream.OK)
}
