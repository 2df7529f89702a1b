package gateway

import (
	"fmt"

	"understudy/runtime/buf"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// ReadCGIHead is the ReadHead of uwsgi and SCGI: a status line of HTTP, or the
// field Status, or neither.
func ReadCGIHead(r *httpd.Request, s *State, b *buf.Buffer) error {
	h := &s.Head
	n, err := h.Parse(b.Bytes())
	if err == h1.ErrNoStatusLine {
		h.ResetFields()
		n, err = h.Parse(b.Bytes())
	}
	if err != nil {
		return err
	}
	b.R += n
	if h.Status == 0 {
		if err := s.statusField(); err != nil {
			return err
		}
	}
	s.Upgrade = h.Status == 101 && r.Header(header.Upgrade) != nil
	s.NoBody = h.Status == 204 || h.Status == 304
	s.Unframed()
	if r.MethodID == httpd.HEAD {
		s.plain.known = false // there may be a body, for whoever keeps the response, or none
	}
	return nil
}

var statusOK, statusMoved = []byte("200 OK"), []byte("302 Moved Temporarily")

// statusField sets the status by the head's fields, as CGI does (RFC 3875
// section 6.2.1).
func (s *State) statusField() error {
	h := &s.Head
	v := h.Get(header.Status)
	switch {
	case v != nil:
		status, ok := statusNumber(v)
		if !ok {
			return fmt.Errorf("upstream sent invalid status \"%s\"", v)
		}
		h.Status, h.Line = status, nil
		if len(v) > 3 {
			h.Line = v
		}
	case h.Has(header.Location):
		h.Status, h.Line = 302, statusMoved
	default:
		h.Status, h.Line = 200, statusOK
	}
	return nil
}

func statusNumber(v []byte) (n int, ok bool) {
	if len(v) < 3 {
		return 0, false
	}
	for _, c := range v[:3] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
