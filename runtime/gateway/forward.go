package gateway

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/resolver"
	"understudy/runtime/upstream"
)

// Forward passes r to a peer of to and its answer to the client.
func Forward(r *httpd.Request, to Target, p *Protocol, set *Settings) httpd.Status {
	s := Begin(r)
	if len(s.Attempts) > 0 {
		s.Attempts = append(s.Attempts, Attempt{}) // the passes of a request are told apart
	}
	s.scheme, s.start = p.Scheme, time.Now()
	if to.TLS != nil {
		s.scheme = "https://"
	}
	if st := s.readBody(r, p, set); st != httpd.OK {
		return st
	}
	var st httpd.Status
	if s.out, st = p.AppendRequest(s.out[:0], r, s); st != httpd.OK {
		return st
	}
	if set.Body != nil {
		s.out = append(s.out, r.Eval(set.Body)...)
	}
	var key []byte
	if to.Key != nil {
		key = to.Key(r)
	}
	to.Group.Begin(&s.tried, key)
	if set.NextTries > 0 {
		s.tried.Tries = min(s.tried.Tries, set.NextTries)
	}
	for {
		st, again := s.try(r, to, p, set)
		if !again {
			return st
		}
	}
}

// readBody reads the request's body unless it is passed on as it comes.
func (s *State) readBody(r *httpd.Request, p *Protocol, set *Settings) httpd.Status {
	b := &r.Body
	if set.Body != nil || !set.PassBody {
		return r.DiscardBody()
	}
	if !b.Present() || b.Read() && b.Buffered() {
		r.Continue()
		s.BodyLen = b.Length
		if !b.Present() {
			s.BodyLen = b.Announced
		}
		return httpd.OK
	}
	if !set.RequestBuffering {
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
	s.Attempts = append(s.Attempts, Attempt{Name: to.Group.Name, Connect: -1, Header: -1, Response: -1})
	s.sent, s.cached = false, false
	s.peerName = to.Name
	peer, err := to.Group.Next(&s.tried)
	if err != nil {
		r.Errorf(logs.Error, "no live upstreams while connecting to upstream")
		s.attempt().Status = 502
		s.attempt().Response = 0
		return 502, false
	}
	a := s.attempt()
	a.Name, s.peerName = peer.Name, peer.Name
	f := s.connect(r, to, peer, set, began)
	if f == nil {
		f = s.send(r, set)
	}
	if f == nil {
		f = s.readHead(r, p, set, began)
	}
	if f == nil {
		if st, done := s.judge(r, to.Group, set); done {
			return st, st == httpd.Declined
		}
		return s.respond(r, to.Group, p, set, began), false
	}
	a.Response = time.Since(began)
	return s.next(r, to.Group, set, *f)
}

// next decides what follows a failed attempt: ngx_http_upstream_next.
func (s *State) next(r *httpd.Request, g *upstream.Group, set *Settings, f failure) (httpd.Status, bool) {
	outcome := upstream.Failed
	if f.reason == On403 || f.reason == On404 {
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

// connect takes an idle connection to peer or makes one.
func (s *State) connect(r *httpd.Request, to Target, peer *upstream.Peer, set *Settings, began time.Time) *failure {
	g := to.Group
	if c := g.Get(peer, set); c != nil {
		s.conn, s.cached = c, true
		s.received0, s.sent0 = c.Received, c.Sent
		s.attempt().Connect = time.Since(began)
		return nil
	}
	o := upstream.DialOptions{Timeout: set.Connect, KeepAlive: set.SocketKeepalive}
	if set.Bind != nil {
		local := string(r.Eval(set.Bind))
		a, ok := resolver.ParseAddrPort(local)
		if !ok && local != "" {
			r.Errorf(logs.Error, "invalid local address %q", local)
		}
		o.Bind = a
	}
	c, err := g.Dial(context.Background(), peer, o)
	if err != nil {
		if isTimeout(err) {
			r.Errorf(logs.Error, "upstream timed out (110: Connection timed out) while connecting to upstream")
			return &failure{OnTimeout, 504}
		}
		r.Errorf(logs.Error, "connect() failed%s while connecting to upstream", httpd.Errno(err))
		return &failure{OnError, 502}
	}
	s.conn = c
	s.received0, s.sent0 = 0, 0
	if to.TLS != nil {
		if f := s.secure(r, to.TLS, set); f != nil {
			return f
		}
	}
	s.attempt().Connect = time.Since(began)
	return nil
}

// send writes the request.
func (s *State) send(r *httpd.Request, set *Settings) *failure {
	c := s.conn
	c.SetWriteTimeout(set.Send)
	b := &r.Body
	var err error
	s.sent = true
	passBody := set.Body == nil && set.PassBody
	switch {
	case !passBody || !b.Present():
		_, err = c.Write(s.out)
	case b.Pending() || !b.Buffered():
		return s.stream(r, set)
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
	return s.sendFailure(r, err)
}

// sendFailure says what a failed write means. A peer that refuses to read may
// still have answered, so only a connection that is gone counts.
func (s *State) sendFailure(r *httpd.Request, err error) *failure {
	switch {
	case err == nil:
		return nil
	case isTimeout(err):
		r.Errorf(logs.Error, "upstream timed out (110: Connection timed out) while sending request to upstream")
		return &failure{OnTimeout, 504}
	}
	if s.conn.State() == connHasData {
		return nil
	}
	r.Errorf(logs.Error, "writev() failed%s while sending request to upstream", httpd.Errno(err))
	return &failure{OnError, 502}
}

// sendStart writes the head and what has been read of the body already.
func (s *State) sendStart(r *httpd.Request) error {
	data := r.Body.Data
	if len(data) == 0 {
		_, err := s.conn.Write(s.out)
		return err
	}
	if !s.Chunked {
		_, err := s.conn.Writev(s.out, data)
		return err
	}
	s.out = h1.AppendChunkHeader(s.out, int64(len(data)))
	_, err := s.conn.Writev(s.out, data, []byte("\r\n"))
	return err
}

// stream passes the request's body on as it comes.
func (s *State) stream(r *httpd.Request, set *Settings) *failure {
	if f := s.sendFailure(r, s.sendStart(r)); f != nil {
		return f
	}
	b := buf.Get(16 << 10)
	defer b.Free()
	const room = 16 // for the framing of a chunk
	for {
		n, err := r.ReadSome(b.B[room : len(b.B)-room])
		if n > 0 {
			s.conn.SetWriteTimeout(set.Send)
			var werr error
			if s.Chunked {
				var size [room]byte
				head := h1.AppendChunkHeader(size[:0], int64(n))
				copy(b.B[room-len(head):], head)
				end := append(b.B[room:room+n], "\r\n"...)
				_, werr = s.conn.Write(b.B[room-len(head) : room+len(end)])
			} else {
				_, werr = s.conn.Write(b.B[room : room+n])
			}
			if werr != nil {
				return s.sendFailure(r, werr)
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
	if s.Chunked {
		if _, err := s.conn.Write([]byte("0\r\n\r\n")); err != nil {
			return s.sendFailure(r, err)
		}
	}
	return nil
}

// readSlowly is wait for a response whose rate is limited.
func (s *State) readSlowly(r *httpd.Request, b *buf.Buffer, set *Settings) (int, error) {
	allowed := s.rate*int64(time.Since(s.rateStart)/time.Second+1) - s.rated
	if allowed <= 0 {
		if !r.Sleep(time.Duration(-allowed*1000/s.rate+1) * time.Millisecond) {
			return 0, errAborted
		}
		allowed = max(s.rate*int64(time.Since(s.rateStart)/time.Second+1)-s.rated, 1)
	}
	full := b.B
	b.B = b.B[:min(int64(len(b.B)), int64(b.W)+allowed)]
	n, err := s.wait(r, b, set)
	b.B = full
	s.rated += int64(n)
	if n > 0 && int64(n) == allowed {
		// nginx waits for as long as the piece was worth.
		if !r.Sleep(time.Duration(int64(n)*1000/s.rate) * time.Millisecond) {
			return n, errAborted
		}
	}
	return n, err
}

// read reads from the peer into b.
func (s *State) read(r *httpd.Request, b *buf.Buffer, set *Settings) (int, error) {
	if s.rate > 0 {
		return s.readSlowly(r, b, set)
	}
	return s.wait(r, b, set)
}

// soon is how long an answer may take before the client is watched: watching
// costs a goroutine.
const soon = 200 * time.Millisecond

// wait reads from the peer into b. While nothing comes the client is watched:
// if it leaves, errAborted is returned.
func (s *State) wait(r *httpd.Request, b *buf.Buffer, set *Settings) (int, error) {
	c := s.conn
	if set.IgnoreAbort || r.Client == nil || r.InBackground() || set.Read > 0 && set.Read <= soon {
		c.SetReadTimeout(set.Read)
		return c.Read(b.Room())
	}
	c.SetReadTimeout(soon)
	n, err := c.Read(b.Room())
	if !isTimeout(err) {
		return n, err
	}
	left := set.Read
	if left > 0 {
		left -= soon
	}
	c.SetReadTimeout(left)
	aborted := false
	done := make(chan struct{})
	stop := r.Client.Watch(func() {
		aborted = true
		close(done)
		c.Conn.Close()
	})
	n, err = c.Read(b.Room())
	stop()
	select {
	case <-done:
		if aborted {
			return n, errAborted
		}
	default:
	}
	return n, err
}

var errAborted = errors.New("client closed connection")

func isTimeout(err error) bool {
	if err == nil {
		return false
	}
	var t interface{ Timeout() bool }
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
