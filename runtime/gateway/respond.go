package gateway

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
)

// respond passes the response on to the client.
func (s *State) respond(r *httpd.Request, g *upstream.Group, p *Protocol, set *Settings, began time.Time) httpd.Status {
	if v := s.Head.Get(header.XAccelLimitRate); v != nil && set.Ignore&IgnoreLimitRate == 0 {
		if n, ok := h1.ParseLength(v); ok {
			r.SetRate(n)
		}
	}
	if v := s.Head.Get(header.XAccelRedirect); v != nil && set.Ignore&IgnoreRedirect == 0 {
		return s.accelRedirect(r, g, v, set, began)
	}
	s.copyHead(r, set)
	if s.Head.Status == 101 && r.Header(header.Upgrade) != nil {
		if r.Parent != nil {
			r.Errorf(logs.Error, "connection upgrade in subrequest")
			s.attempt().Response = time.Since(began)
			s.finish(g, set, false)
			return httpd.Aborted
		}
		return s.upgrade(r, g, set, began)
	}
	noBody := s.Head.Status == 204 || s.Head.Status == 304 || bytes.HasPrefix(s.out, []byte("HEAD "))
	if s.Head.Chunked {
		s.Head.ContentLength = -1
	}
	buffering := set.Buffering
	if v := s.Head.Get(header.XAccelBuffering); v != nil && set.Ignore&IgnoreBuffering == 0 {
		switch {
		case header.EqualFold(v, []byte("yes")):
			buffering = true
		case header.EqualFold(v, []byte("no")):
			buffering = false
		}
	}
	if st := r.SendHeader(); st != httpd.OK {
		s.attempt().Response = time.Since(began)
		s.finish(g, set, false)
		return st
	}
	if set.LimitRate != nil {
		s.rate, s.rated, s.rateStart = r.SizeOf(set.LimitRate), int64(s.buf.Len()), time.Now()
	}
	st, keep := httpd.Done, !s.Head.Close
	if noBody || r.HeadOnly {
		// What nobody wants, such as the body of an answer to auth_request or
		// mirror, is not waited for.
		if s.buf.Len() > 0 || !noBody && (s.Head.Chunked || s.Head.ContentLength != 0) {
			keep = false
		}
		r.End()
	} else {
		var err error
		if s.Head.Chunked {
			err = s.relayChunked(r, set, buffering)
		} else {
			err = s.relay(r, set, buffering)
		}
		if s.Head.ContentLength < 0 && !s.Head.Chunked || s.buf.Len() > 0 {
			keep = false
		}
		switch {
		case err == nil:
			r.End()
		case errors.Is(err, errClient):
			keep, st = false, httpd.Aborted
		case errors.Is(err, errInvalid):
			keep, st = false, r.Drop()
		default:
			keep = false
			st = r.Broken()
		}
	}
	s.attempt().Response = time.Since(began)
	s.finish(g, set, keep)
	if r.Parent != nil && s.headBuf != nil && !set.PassTrailers { // the state stays until the main request ends, and there may be many
		s.buf.Free()
		s.buf = nil
	}
	return st
}

var (
	errClient   = errors.New("the client is gone")
	errUpstream = errors.New("the upstream is gone")
	errInvalid  = errors.New("the upstream does not make sense")
)

// copyHead makes the response's head of the upstream's: in its order and
// spelling, less what is hidden or about the connection.
func (s *State) copyHead(r *httpd.Request, set *Settings) {
	p := &r.Resp
	h := &s.Head
	p.Status = httpd.Status(h.Status)
	p.StatusLine = h.Line
	p.Length = h.ContentLength
	if h.Chunked {
		p.Length = -1
	}
	for i := range h.Len() {
		f := h.At(i)
		if f.Deleted {
			continue
		}
		name, value := h.Name(f), h.Value(f)
		if f.ID != 0 && s.known(r, f.ID, value, set) {
			continue
		}
		if set.Hide.Has(f.Hash, name) {
			continue
		}
		value = s.rewritten(r, f.ID, value, set)
		if f.ID == header.Location && p.Location != nil {
			continue
		}
		p.Headers.AddOut(header.Out{Name: name, Value: value, Hash: f.Hash, ID: f.ID})
	}
	p.AcceptRanges = set.ForceRanges
}

// known handles a field that is more than text to us. It reports whether the
// field is not passed on as it is.
func (s *State) known(r *httpd.Request, id header.ID, value []byte, set *Settings) bool {
	p := &r.Resp
	switch id {
	case header.Connection, header.KeepAlive, header.TransferEncoding, header.ContentLength:
		return true
	case header.Server:
		p.ListedServer = !set.Hide.Has(id.Hash(), id.Name())
	case header.Date:
		p.ListedDate = !set.Hide.Has(id.Hash(), id.Name())
	case header.ContentType:
		if !set.Hide.Has(id.Hash(), id.Name()) {
			p.ContentType, p.PlainType = value, !hasCharset(value)
		}
		return true
	case header.XAccelCharset:
		if set.Ignore&IgnoreCharset == 0 {
			p.WantCharset = value
		}
		return false
	case header.LastModified:
		if t, ok := h1.ParseTime(value); ok {
			p.LastModified = time.Unix(t, 0)
		}
		p.ListedModified = true
		return false
	case header.AcceptRanges:
		return set.ForceRanges
	}
	return false
}

func (s *State) rewritten(r *httpd.Request, id header.ID, value []byte, set *Settings) []byte {
	var rewrite Rewriter
	switch id {
	case header.Location:
		rewrite = set.Location
	case header.Refresh:
		rewrite = set.Refresh
	case header.SetCookie:
		rewrite = set.Cookie
	}
	if rewrite == nil {
		return value
	}
	v, ok := rewrite(r, value)
	if ok && id == header.Location && len(v) > 0 && v[0] == '/' && r.Loc.AbsoluteRedirect {
		r.Resp.Location = v // made absolute when it is sent; one that was not rewritten is not
	}
	return v
}

func hasCharset(v []byte) bool {
	return h1.ContainsFold(v, "charset=")
}

// fill reads until b has at least want bytes unread, or no more room.
func (s *State) fill(r *httpd.Request, b *buf.Buffer, want int, set *Settings) error {
	for b.Len() < want && b.W < len(b.B) {
		n, err := s.read(r, b, set)
		if n > 0 {
			b.W += n
			continue
		}
		return s.bodyFailure(r, err)
	}
	return nil
}

func (s *State) bodyFailure(r *httpd.Request, err error) error {
	switch {
	case errors.Is(err, errAborted):
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

// room takes a buffer for the body: the head's fields are asked for until the
// request has been logged, so what they point to stays.
func (s *State) room() {
	b := buf.Get(32 << 10)
	b.W = copy(b.B, s.buf.Bytes())
	s.headBuf, s.buf = s.buf, b
}

// relay passes on a body that ends with the connection or after Content-Length
// bytes.
func (s *State) relay(r *httpd.Request, set *Settings, buffering bool) error {
	left := s.Head.ContentLength
	if left < 0 {
		left = 1 << 62
	}
	if left > int64(s.buf.Len()) {
		s.room()
	}
	for left > 0 {
		b := s.buf
		if b.Len() == 0 {
			b.Reset()
		}
		want := 1
		if buffering {
			want = set.BufferUnit
		}
		err := s.fill(r, b, int(min(int64(want), left)), set)
		if n := min(int64(b.Len()), left); n > 0 {
			if werr := s.deliver(r, b.B[b.R:b.R+int(n)], buffering && left > n); werr != nil {
				return werr
			}
			b.R += int(n)
			left -= n
		}
		if err == io.EOF {
			if s.Head.ContentLength >= 0 && left > 0 {
				r.Errorf(logs.Error, "upstream prematurely closed connection while reading upstream")
				return errUpstream
			}
			if s.Head.ContentLength < 0 {
				return nil
			}
		}
		if err != nil && left > 0 {
			return err
		}
	}
	if s.buf.Len() > 0 {
		r.Errorf(logs.Warn, "upstream sent more data than specified in \"Content-Length\" header while reading upstream")
	}
	return nil
}

// deliver writes a piece of the body to the client. Unbuffered, it goes out at
// once.
func (s *State) deliver(r *httpd.Request, p []byte, hold bool) error {
	s.attempt().Length += int64(len(p))
	if r.Write(p) != nil {
		return errClient
	}
	if !hold && r.Flushing() {
		if r.Flush() != nil {
			return errClient
		}
	}
	return nil
}

// relayChunked passes on a body in chunks. The data of the chunks in the
// buffer are moved together, so that what arrived at once leaves at once.
func (s *State) relayChunked(r *httpd.Request, set *Settings, buffering bool) error {
	s.dec = h1.Chunked{KeepTrailers: set.PassTrailers}
	s.room()
	b := s.buf
	held := b.R // data is in B[start:held]
	start := held
	for {
		for b.Len() > 0 {
			data, n, done, err := s.dec.Next(b.Bytes())
			b.R += n
			if err != nil {
				r.Errorf(logs.Error, "upstream sent invalid chunked response while reading upstream")
				return errInvalid
			}
			held += copy(b.B[held:], data)
			if done {
				if held > start {
					if err := s.deliver(r, b.B[start:held], true); err != nil {
						return err
					}
				}
				if set.PassTrailers {
					return s.trailers(r, set)
				}
				return nil
			}
		}
		full := held-start >= set.BufferUnit
		if held > start && (!buffering || full) {
			if err := s.deliver(r, b.B[start:held], buffering); err != nil {
				return err
			}
			held = start
		}
		if held == start {
			start, held = 0, 0
		}
		b.R, b.W = held, held
		n, err := s.read(r, b, set)
		if n <= 0 {
			err = s.bodyFailure(r, err)
			if err == io.EOF {
				r.Errorf(logs.Error, "upstream prematurely closed connection while reading upstream")
				err = errUpstream
			}
			if held > start {
				s.deliver(r, b.B[start:held], false)
			}
			return err
		}
		b.W += n
	}
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

// accelRedirect answers with another URI of ours instead of the response.
func (s *State) accelRedirect(r *httpd.Request, g *upstream.Group, uri []byte, set *Settings, began time.Time) httpd.Status {
	p := &r.Resp
	h := &s.Head
	for i := range h.Len() {
		f := h.At(i)
		if f.Deleted {
			continue
		}
		switch f.ID {
		case header.ContentType:
			p.ContentType, p.PlainType = r.Copy(h.Value(f)), !hasCharset(h.Value(f))
		case header.SetCookie, header.ContentDisposition, header.CacheControl, header.Expires, header.AcceptRanges:
			p.Headers.Add(r.Copy(h.Name(f)), r.Copy(s.rewritten(r, f.ID, h.Value(f), set)))
		}
	}
	uri = r.Copy(uri)
	s.attempt().Response = time.Since(began)
	keep := !h.Close && (h.ContentLength == 0 && !h.Chunked) && s.buf.Len() == 0
	s.finish(g, set, keep)
	if len(uri) > 0 && uri[0] == '@' {
		return r.Enter(uri)
	}
	out, path, args, ok := h1.AppendSafeURI(r.Alloc(len(uri)), uri)
	_ = out
	if !ok {
		return 404
	}
	if r.MethodID != httpd.HEAD {
		r.Method, r.MethodID = []byte("GET"), httpd.GET
	}
	return r.Redirect(path, args)
}

// AppendStatus appends the status of an attempt as $upstream_status has it.
func (a *Attempt) AppendStatus(dst []byte) []byte {
	if a.Status == 0 {
		return append(dst, '-')
	}
	return strconv.AppendInt(dst, int64(a.Status), 10)
}

// Describe says where a target is, for explain.
func Describe(to Target) string {
	b := "to "
	if to.Name != "" {
		b += to.Name + ": "
	}
	for i, p := range to.Group.Peers {
		if i > 0 {
			b += ", "
		}
		b += p.Name
	}
	return b
}
