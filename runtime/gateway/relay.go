package gateway

import (
	"errors"
	"io"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// relayBuffer is the size of the buffer a body moves through, in bytes.
const relayBuffer = 32 << 10

// relay passes the body of the response on. Data that arrived at once leave at
// once; with buffering, small pieces are held back until there is enough, and a slow
// client does not keep the peer waiting.
func (s *State) relay(r *httpd.Request, set *Settings, buffering bool) error {
	s.relays = true
	if !buffering {
		return s.relayBody(r, set, false)
	}
	if watchable(r) {
		s.watchSpeed(r)
		defer s.unwatchSpeed(r)
	}
	if set.Store != nil {
		s.store(r, set)
	} else if s.copy.f == nil {
		return s.relayBody(r, set, true)
	}
	err := s.relayBody(r, set, true)
	if set.Store != nil {
		s.stored(r, set, err)
	} else {
		s.kept(r, err)
	}
	if s.copy.deaf && !r.HeadOnly {
		return errClient
	}
	return err
}

func (s *State) relayBody(r *httpd.Request, set *Settings, buffering bool) error {
	b := s.buf
	start, end := b.R, b.R // data wait in b.B[start:end]
	raw := b.Len()         // received since the last piece was delivered
	need := s.need(set, buffering)
	held := s.holding(r, buffering)
	defer held.stop()
	if b.Len() > 0 {
		held.received()
	}
	for {
		var done bool
		var err error
		end, done, err = s.decode(b, end)
		if done && buffering && !s.trailing(set) {
			s.ended(r, b.Len() == 0)
		}
		if err != nil {
			err = s.undecoded(r, err)
		}
		if end > start && (done || err == errUpstream || err == nil && raw >= need) {
			err := s.deliver(r, b.B[start:end], buffering, done || err != nil)
			held.delivered()
			if s.slow.backlog != nil {
				on, err := s.catchUp(r, set, err)
				if !on {
					return err
				}
				s.watchSpeedAgain(r)
				end = 0 // of another buffer
			} else if err != nil {
				return err
			}
			start, raw, need = end, 0, s.need(set, buffering)
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
			raw += n
			held.received()
			continue
		}
		late := isTimeout(err)
		err = s.closed(r, err)
		if end > start && !(late && buffering) { // as little as nginx passes on
			if err := s.deliver(r, b.B[start:end], buffering, true); err != nil {
				return err
			}
		}
		return err
	}
}

// need returns how many bytes have to be received before a piece is passed on.
// nginx fills a buffer, unless the framing may end before (ngx_event_pipe.c).
func (s *State) need(set *Settings, buffering bool) int {
	if !buffering {
		return 1
	}
	unit := min(set.BufferUnit, relayBuffer/2)
	if d, ok := s.Body.(interface{ Need() int64 }); ok {
		return int(min(d.Need(), int64(unit)))
	}
	return unit
}

// trailing reports whether a trailer section may follow the body.
func (s *State) trailing(set *Settings) bool { return set.PassTrailers && s.Body == &s.chunked }

// ended gives the connection back when the peer has sent the whole body. What is
// still to be written to the client does not count for the time the peer took. If
// clean is false something followed the body.
func (s *State) ended(r *httpd.Request, clean bool) {
	if s.conn == nil {
		return
	}
	s.attempt().Response = time.Since(s.began)
	s.finish(s.group, s.set, clean && s.Keep && s.Body.Whole())
}

// closed says what it means for the body that a read failed.
func (s *State) closed(r *httpd.Request, err error) error {
	if err = s.bodyFailure(r, err); err == io.EOF {
		if err = s.Body.Closed(); err != nil {
			err = s.undecoded(r, err)
		}
	}
	return err
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
	if s.trailing(set) {
		return s.trailers(r, set)
	}
	if text := s.Body.Surplus(); s.buf.Len() > 0 && text != "" {
		r.Errorf(logs.Warn, "%s while reading upstream", text)
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
		s.blameTimeout(r, "_read_timeout", "waiting for the rest of the body of", s.set.Read)
		return errUpstream
	case err == nil || err == io.EOF:
		return io.EOF
	}
	r.Errorf(logs.Error, "recv() failed%s while reading upstream", httpd.Errno(err))
	s.blameClosed(r, err)
	return errUpstream
}

// deliver writes a piece of the body to the client. With buffering it goes as far as
// the filters let it, without it goes out at once; the last piece may be held back
// for what follows.
func (s *State) deliver(r *httpd.Request, p []byte, buffering, last bool) error {
	if s.conn != nil { // else it has been counted
		s.attempt().Length += int64(len(p))
	}
	s.keep(r, p)
	if last {
		s.unwatchSpeed(r)
	}
	if s.copy.deaf {
		return nil
	}
	err := r.Write(p)
	switch {
	case err != nil || last && buffering:
	case buffering:
		err = r.Push()
	default:
		err = r.Flush()
	}
	return s.lostClient(err)
}

// lostClient says what it means that a write to the client failed. A response that
// is stored is read on.
func (s *State) lostClient(err error) error {
	if err == nil {
		return nil
	}
	if l := s.slow.backlog; l != nil { // who reads beside us may give the file up
		l.mu.Lock()
		defer l.mu.Unlock()
	}
	if s.copy.f != nil {
		s.copy.deaf = true
		return nil
	}
	return errClient
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
