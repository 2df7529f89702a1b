package gateway

import (
	"io"

	"understudy/runtime/buf"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A Framing is what stands around the pieces of a request's body on its way to
// a peer. A body without framing is sent as it is.
type Framing struct {
	Most   int                            // bytes in a piece; 0: any number
	Before func(dst []byte, n int) []byte // appends what precedes n bytes: at most 16
	After  func(dst []byte, n int) []byte // appends what follows them: at most 16
	End    []byte                         // follows the last piece, or the head if there is none
}

// chunks is the chunked coding (RFC 9112 section 7.1).
var chunks = Framing{
	Before: func(dst []byte, n int) []byte { return h1.AppendChunkHeader(dst, int64(n)) },
	After:  func(dst []byte, _ int) []byte { return append(dst, "\r\n"...) },
	End:    []byte("0\r\n\r\n"),
}

// frameRoom is room for what precedes a piece, and for what follows it.
const frameRoom = 16

// framing returns the framing of the request's body, or nil.
func (s *State) framing(p *Protocol) *Framing {
	if p.Framing == nil && s.Chunked {
		return &chunks
	}
	return p.Framing
}

// send writes the request.
func (s *State) send(r *httpd.Request, p *Protocol, set *Settings) *failure {
	s.conn.SetWriteTimeout(set.Send)
	b := &r.Body
	f := s.framing(p)
	s.sent = true
	passBody := set.Body == nil && set.PassBody && b.Present()
	if passBody && (b.Pending() || !b.Buffered()) {
		return s.stream(r, f, set)
	}
	size := int64(len(s.out))
	if passBody {
		size += b.Length
	}
	if size < muchBody || !watched(r, set) {
		return s.sendFailure(r, s.sendWhole(r, f, passBody))
	}
	s.watchClient(r)
	err := s.sendWhole(r, f, passBody)
	if s.unwatch() {
		return aborted(r, "sending request to upstream")
	}
	return s.sendFailure(r, err)
}

// sendWhole writes the head and, if it is passed on, the body, which has been read.
func (s *State) sendWhole(r *httpd.Request, f *Framing, passBody bool) error {
	c, b := s.conn, &r.Body
	var err error
	switch {
	case !passBody && f == nil:
		_, err = c.Write(s.out)
	case !passBody:
		_, err = c.Writev(s.out, f.End)
	case f != nil:
		err = s.sendFramed(r, f)
	case b.File != nil:
		if _, err = c.Write(s.out); err == nil {
			err = c.SendFile(b.File, 0, b.Length)
		}
		if err == nil && len(b.Data) > 0 {
			_, err = c.Write(b.Data)
		}
	default:
		_, err = c.Writev(s.out, b.Data)
	}
	return err
}

// sendFailure says what a failed write means. A peer that refuses to read may
// still have answered, so only a connection that is gone counts.
func (s *State) sendFailure(r *httpd.Request, err error) *failure {
	switch {
	case err == nil:
		return nil
	case isTimeout(err):
		r.Errorf(logs.Error, "upstream timed out (110: Connection timed out) while sending request to upstream")
		s.blameTimeout(r, "_send_timeout", "sending the request to", s.set.Send)
		return &failure{OnTimeout, 504}
	}
	if s.conn.State() == connHasData {
		return nil
	}
	r.Errorf(logs.Error, "writev() failed%s while sending request to upstream", httpd.Errno(err))
	s.blameClosed(r, err)
	return &failure{OnError, 502}
}

// sendFramed writes the request with a body that has been read.
func (s *State) sendFramed(r *httpd.Request, f *Framing) error {
	b := &r.Body
	err := s.writePieces(f, s.out, b.Data)
	if err == nil && b.File != nil {
		scratch := buf.Get(32 << 10)
		defer scratch.Free()
		for at := int64(0); err == nil && at < b.Length; {
			n, rerr := b.File.ReadAt(scratch.B[:min(b.Length-at, int64(len(scratch.B)))], at)
			if n == 0 {
				return rerr
			}
			at += int64(n)
			err = s.writePieces(f, nil, scratch.B[:n])
		}
	}
	if err == nil {
		_, err = s.conn.Write(f.End)
	}
	return err
}

// writePieces writes data as pieces behind head, which may be empty.
func (s *State) writePieces(f *Framing, head, data []byte) error {
	if len(data) == 0 && len(head) > 0 {
		_, err := s.conn.Write(head)
		return err
	}
	for len(data) > 0 {
		n := len(data)
		if f.Most > 0 {
			n = min(n, f.Most)
		}
		before := f.Before(s.frame[:0:frameRoom], n)
		after := f.After(s.frame[frameRoom:frameRoom], n)
		if _, err := s.conn.Writev(head, before, data[:n], after); err != nil {
			return err
		}
		head, data = nil, data[n:]
	}
	return nil
}

// sendStart writes the head and what has been read of the body already.
func (s *State) sendStart(r *httpd.Request, f *Framing) error {
	data := r.Body.Data
	if f == nil && len(data) > 0 {
		_, err := s.conn.Writev(s.out, data)
		return err
	}
	return s.writePieces(f, s.out, data)
}

// stream passes the request's body on as it comes.
func (s *State) stream(r *httpd.Request, f *Framing, set *Settings) *failure {
	if f := s.sendFailure(r, s.sendStart(r, f)); f != nil {
		return f
	}
	b := buf.Get(16 << 10)
	defer b.Free()
	for {
		n, err := r.ReadSome(b.B[frameRoom : len(b.B)-frameRoom])
		if n > 0 {
			s.conn.SetWriteTimeout(set.Send)
			from, to := frameRoom, frameRoom+n
			if f != nil {
				head := f.Before(s.frame[:0], n)
				from -= copy(b.B[frameRoom-len(head):], head)
				to = len(f.After(b.B[:to], n))
			}
			if _, err := s.conn.Write(b.B[from:to]); err != nil {
				return s.sendFailure(r, err)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			st := r.BodyFailed(err)
			return &failure{NextOff, st}
		}
		if s.conn.State() == connHasData { // it answers before it has read all
			r.Keepalive = false
			r.Linger()
			return nil
		}
	}
	if f != nil {
		if _, err := s.conn.Write(f.End); err != nil {
			return s.sendFailure(r, err)
		}
	}
	return nil
}
