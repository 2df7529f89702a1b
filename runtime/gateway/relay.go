package gateway

import (
	"errors"
	"io"

	"understudy/runtime/buf"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// relayBuffer is the size of the buffer a body moves through, in bytes.
const relayBuffer = 32 << 10

// relay passes the body of the response on. Data that arrived at once leave at
// once; with buffering, small pieces are held back until there is enough.
func (s *State) relay(r *httpd.Request, set *Settings, buffering bool) error {
	b := s.buf
	start, end := b.R, b.R // data wait in b.B[start:end]
	enough := 1
	if buffering {
		enough = min(set.BufferUnit, relayBuffer/2)
	}
	for {
		var done bool
		var err error
		end, done, err = s.gather(r, b, end)
		if end > start && (done || err == errUpstream || err == nil && end-start >= enough) {
			if err := s.deliver(r, b.B[start:end], buffering || done); err != nil {
				return err
			}
			start = end
		}
		if err != nil {
			return err
		}
		if done {
			return s.relayed(r, set)
		}
		b = s.room(start, end)
		start, end = 0, end-start
		n, err := s.read(r, b, set)
		if n > 0 {
			b.W += n
			continue
		}
		if err = s.bodyFailure(r, err); err == io.EOF {
			if err = s.Body.Closed(); err != nil {
				err = s.undecoded(r, err)
			}
		}
		if end > start {
			if err := s.deliver(r, b.B[start:end], err == nil); err != nil {
				return err
			}
		}
		return err
	}
}

// room makes room for more of the body behind data that wait in
// s.buf.B[start:end]; nothing else is unread. They move to the start of the
// buffer it returns. That of the head is kept: its fields are asked for until
// the request has been logged.
func (s *State) room(start, end int) *buf.Buffer {
	b := s.buf
	if s.headBuf == nil {
		b = buf.Get(relayBuffer)
		s.headBuf = s.buf
	}
	n := copy(b.B, s.buf.B[start:end])
	b.R, b.W = n, n
	s.buf = b
	return b
}

// relayed looks at what follows the end of the body.
func (s *State) relayed(r *httpd.Request, set *Settings) error {
	if set.PassTrailers && s.Body == &s.chunked {
		return s.trailers(r, set)
	}
	if s.buf.Len() > 0 {
		r.Errorf(logs.Warn, "%s while reading upstream", s.Body.Surplus())
	}
	return nil
}

func (s *State) bodyFailure(r *httpd.Request, err error) error {
	switch {
	case errors.Is(err, errAborted):
		aborted(r, "reading upstream")
		return errClient
	case isTimeout(err):
		r.Errorf(logs.Error, "upstream timed out (110: Connection timed out) while reading upstream")
		return errUpstream
	case err == nil || err == io.EOF:
		return io.EOF
	}
	r.Errorf(logs.Error, "recv() failed%s while reading upstream", httpd.Errno(err))
	return errUpstream
}

// deliver writes a piece of the body to the client. Unless it may be held back
// for a while, it goes out at once.
func (s *State) deliver(r *httpd.Request, p []byte, hold bool) error {
	s.attempt().Length += int64(len(p))
	if r.Write(p) != nil {
		return errClient
	}
	if !hold && r.Flush() != nil {
		return errClient
	}
	return nil
}

// trailers reads the trailer section and passes it on.
func (s *State) trailers(r *httpd.Request, set *Settings) error {
	b := s.buf
	s.tail.Reset()
	for {
		n, err := s.tail.Parse(b.Bytes())
		if err == nil {
			b.R += n
			break
		}
		if err != h1.ErrMore || b.W == len(b.B) {
			r.Errorf(logs.Error, "upstream sent invalid trailer while reading upstream")
			return errUpstream
		}
		n, err = s.read(r, b, set)
		if n <= 0 {
			if err := s.bodyFailure(r, err); err != io.EOF {
				return err
			}
			r.Errorf(logs.Error, "upstream prematurely closed connection while reading upstream")
			return errUpstream
		}
		b.W += n
	}
	for i := range s.tail.Len() {
		f := s.tail.At(i)
		if !set.Hide.Has(f.Hash, s.tail.Name(f)) {
			r.Resp.Trailers.Add(s.tail.Name(f), s.tail.Value(f))
		}
	}
	return nil
}
