package gateway

import (
	"errors"

	"understudy/runtime/buf"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// errNoStatusLine is the error of bytes that do not begin with a status line.
// nginx takes them for a response of HTTP/0.9, and passes them on; that lets a
// peer, or who can write through it, put whole responses on the connection to
// the client, so it is an error here.
var errNoStatusLine = errors.New("upstream sent no valid HTTP/1.0 header")

// ReadHTTPHead is the ReadHead of HTTP/1 (RFC 9112). A 103 is passed on as
// early_hints says; the client is not waiting for other interim responses. (nginx
// takes those for the response, so that the client loses the latter, or gets it as
// that to its next request.)
func ReadHTTPHead(r *httpd.Request, s *State, b *buf.Buffer) error {
	h := &s.Head
	for {
		n, err := h.Parse(b.Bytes())
		if err == h1.ErrNoStatusLine {
			return errNoStatusLine
		}
		if err != nil {
			return err
		}
		b.R += n
		if h.Status < 100 || h.Status >= 200 || h.Status == 101 {
			break
		}
		if h.Status == 103 && len(r.Loc.EarlyHints) > 0 && r.Any(r.Loc.EarlyHints) {
			s.early += n
			s.passHints(r)
		}
		b.W = copy(b.B, b.B[b.R:b.W])
		b.R = 0
		h.Reset()
		if b.W == 0 {
			return h1.ErrMore
		}
	}
	s.Keep = !h.Close
	s.NoBody = h.Status == 204 || h.Status == 304 || len(s.out) > 5 && string(s.out[:5]) == "HEAD "
	s.Upgrade, s.Nameless = h.Status == 101, true
	if h.Chunked {
		h.ContentLength = -1
		s.chunked = chunked{h1.Chunked{KeepTrailers: s.set.PassTrailers}}
		s.Body = &s.chunked
		return nil
	}
	s.Unframed()
	return nil
}

// passHints sends the fields of a 103 on.
func (s *State) passHints(r *httpd.Request) {
	if s.early > s.set.BufferSize {
		r.Errorf(logs.Info, "upstream sent too big early hints")
		return
	}
	var hints header.List
	for i := range s.Head.Len() {
		f := s.Head.At(i)
		if !s.set.Hide.Has(f.Hash, s.Head.Name(f)) {
			hints.Add(s.Head.Name(f), s.Head.Value(f))
		}
	}
	r.EarlyHints(&hints)
}
