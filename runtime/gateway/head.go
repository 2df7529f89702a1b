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
	s.Head.Reset()
	if s.Head.Warn == nil {
		s.Head.Warn = func(*h1.Error) {}
	}
	early := 0
	for {
		if b.W >= limit {
			r.Errorf(logs.Error, "upstream sent too big header while reading response header from upstream")
			return &failure{OnInvalidHeader, 502}
		}
		full := b.B
		b.B = b.B[:limit]
		n, err := s.wait(r, b, set)
		b.B = full
		if n <= 0 {
			return s.readFailure(r, err)
		}
		b.W += n
	again:
		n, err = s.Head.Parse(b.Bytes())
		switch {
		case err == h1.ErrMore:
			continue
		case err != nil:
			return s.badHead(r, err)
		}
		b.R += n
		if s.Head.Status == 103 {
			if len(r.Loc.EarlyHints) > 0 && r.Any(r.Loc.EarlyHints) {
				early += n
				s.passHints(r, early, set)
			}
			b.W = copy(b.B, b.B[b.R:b.W])
			b.R = 0
			s.Head.Reset()
			if b.W > 0 {
				goto again
			}
			continue
		}
		break
	}
	s.attempt().Header = time.Since(began)
	s.attempt().Status = s.Head.Status
	return nil
}

func (s *State) readFailure(r *httpd.Request, err error) *failure {
	switch {
	case errors.Is(err, errAborted):
		r.Errorf(logs.Info, "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too while reading response header from upstream")
		return &failure{OnError, 499}
	case isTimeout(err):
		r.Errorf(logs.Error, "upstream timed out (110: Connection timed out) while reading response header from upstream")
		return &failure{OnTimeout, 504}
	case err == nil || err == io.EOF:
		r.Errorf(logs.Error, "upstream prematurely closed connection while reading response header from upstream")
	default:
		r.Errorf(logs.Error, "recv() failed%s while reading response header from upstream", httpd.Errno(err))
	}
	return &failure{OnError, 502}
}

// badHead refuses a head that does not parse. nginx takes bytes that do not
// begin with a status line for a response of HTTP/0.9, and passes them on; that
// lets a peer, or who can write through it, put whole responses on the
// connection to the client, so it is an error here.
func (s *State) badHead(r *httpd.Request, err error) *failure {
	if err == h1.ErrNoStatusLine {
		r.Errorf(logs.Error, "upstream sent no valid HTTP/1.0 header while reading response header from upstream")
	} else {
		r.Errorf(logs.Error, "%v while reading response header from upstream", err)
	}
	return &failure{OnInvalidHeader, 502}
}

// passHints sends the fields of a 103 on.
func (s *State) passHints(r *httpd.Request, size int, set *Settings) {
	if size > set.BufferSize {
		r.Errorf(logs.Info, "upstream sent too big early hints")
		return
	}
	var hints header.List
	for i := range s.Head.Len() {
		f := s.Head.At(i)
		if !set.Hide.Has(f.Hash, s.Head.Name(f)) {
			hints.Add(s.Head.Name(f), s.Head.Value(f))
		}
	}
	r.EarlyHints(&hints)
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
	}
	if set.Intercept && r.Intercepts(status) {
		s.attempt().Response = time.Since(s.start)
		if status == 401 {
			for f := s.Head.First(header.WWWAuthenticate); f != nil; f = s.Head.Next(f) {
				r.Resp.Headers.AddID(header.WWWAuthenticate, r.Copy(s.Head.Value(f)))
			}
		}
		s.finish(g, nil, false)
		return httpd.Status(status), true
	}
	return 0, false
}

// finish ends the last attempt: its connection is kept for another request if
// that is possible.
func (s *State) finish(g *upstream.Group, tag any, keep bool) {
	if s.conn == nil {
		return
	}
	a := s.attempt()
	a.Received = s.conn.Received - s.received0
	a.Sent = s.conn.Sent - s.sent0
	s.tried.Header, s.tried.Response = a.Header, a.Response
	if keep {
		g.Put(s.conn, tag)
	} else {
		s.conn.Close()
	}
	s.conn = nil
	g.Free(&s.tried, upstream.OK)
}
