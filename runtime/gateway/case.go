package gateway

import (
	"bytes"
	"crypto/tls"
	"errors"
	"syscall"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/tunnel"
	"understudy/runtime/upstream"
)

// What an attempt that failed tells a Doctor. Nothing of it is done without one.

func fact(name string, value any) httpd.Fact { return httpd.Fact{Name: name, Value: value} }

// blame is Blame with the peer among the evidence.
func (s *State) blame(r *httpd.Request, code, directive string, evidence ...httpd.Fact) {
	if r.Examined() {
		r.Blame(code, directive, append([]httpd.Fact{fact("upstream", s.peerName)}, evidence...)...)
	}
}

func (s *State) blameTimeout(r *httpd.Request, directive, doing string, after time.Duration) {
	if r.Examined() {
		s.blame(r, "upstream-timeout", directive, fact("doing", doing), fact("after", after))
	}
}

func (s *State) blameConnect(r *httpd.Request, peer *upstream.Peer, err error) {
	if !r.Examined() {
		return
	}
	if n, ok := conn.Errno(err); ok && n == syscall.ECONNREFUSED {
		s.blame(r, "upstream-refused", "_pass", fact("address", peer.Addr), fact("server", peer.Server))
		return
	}
	s.blame(r, "upstream-unreachable", "_pass", fact("error", err.Error()))
}

// blameClosed says that the peer ended the connection, with an error or without.
func (s *State) blameClosed(r *httpd.Request, err error) {
	if !r.Examined() {
		return
	}
	facts := []httpd.Fact{fact("received", s.conn.Received-s.received0), fact("sent", s.conn.Sent-s.sent0)}
	if err != nil {
		facts = append(facts, fact("error", err.Error()))
	}
	if b := s.buf; b != nil && b.W > 0 && !s.relays { // a body may begin with anything
		facts = append(facts, fact("bytes", string(b.B[:min(b.W, firstBytes)])))
	}
	s.blame(r, "upstream-closed", "_pass", facts...)
}

// firstBytes is how much of what a peer sent is kept to recognise its protocol.
const firstBytes = 64

// blameHead says why the head of a response is no good.
func (s *State) blameHead(r *httpd.Request, b *buf.Buffer, err error) {
	if !r.Examined() {
		return
	}
	s.blame(r, "upstream-invalid", "_pass", fact("why", err.Error()), fact("bytes", string(b.B[:min(b.W, firstBytes)])))
}

func (s *State) blameHandshake(r *httpd.Request, err error) {
	if !r.Examined() {
		return
	}
	var plain tls.RecordHeaderError
	if errors.As(err, &plain) {
		s.blame(r, "upstream-invalid", "_pass", fact("why", err.Error()), fact("bytes", string(plain.RecordHeader[:])), fact("tls", true))
		return
	}
	s.blame(r, "upstream-handshake", "_ssl_server_name", fact("error", err.Error()))
}

// The rest of a head that is too big is read to measure it, but not for ever.
const (
	largestHead  = 256 << 10 // bytes
	headPatience = 500 * time.Millisecond
)

// blameBigHeader measures a head for which there is no room.
func (s *State) blameBigHeader(r *httpd.Request, b *buf.Buffer, limit int, set *Settings) {
	if !r.Examined() {
		return
	}
	head := append([]byte(nil), b.B[:b.W]...)
	whole := false
	for until := time.Now().Add(headPatience); len(head) < largestHead; {
		if i := bytes.Index(head, []byte("\r\n\r\n")); i >= 0 {
			head, whole = head[:i+4], true
			break
		}
		left := time.Until(until)
		if left <= 0 {
			break
		}
		s.conn.SetReadTimeout(left)
		more := make([]byte, 16<<10)
		n, err := s.conn.Read(more)
		head = append(head, more[:max(n, 0)]...)
		if n <= 0 || err != nil {
			break
		}
	}
	name, size := "", 0
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if before, _, ok := bytes.Cut(line, []byte(":")); ok && len(line) > size {
			name, size = string(before), len(line)+2
		}
	}
	s.blame(r, "big-header", "_buffer_size", fact("size", len(head)), fact("whole", whole), fact("limit", limit),
		fact("largest", name), fact("largest-size", size), fact("buffer", set.BufferUnit))
}

// A holding watches for how long pieces of an event stream are held back.
type holding struct {
	state *State
	r     *httpd.Request
	timer *time.Timer // nil until something waited
	due   time.Duration
	since time.Time // of the first byte that waits
	told  bool
}

var eventStream = []byte("text/event-stream")

// holding returns nil if there is nothing to watch.
func (s *State) holding(r *httpd.Request, buffering bool) *holding {
	if !r.Examined() || !buffering || r.Parent != nil {
		return nil
	}
	if t := s.Head.Get(header.ContentType); len(t) < len(eventStream) || !header.EqualFold(t[:len(eventStream)], eventStream) {
		return nil
	}
	return &holding{state: s, r: r}
}

// received notes that bytes wait.
func (h *holding) received() {
	if h == nil || h.told || !h.since.IsZero() {
		return
	}
	h.since = time.Now()
	if h.timer == nil {
		c := httpd.Cause{Code: "event-stream-held", Directive: "_buffering", Loc: h.r.Loc,
			Facts: []httpd.Fact{fact("upstream", h.state.peerName), fact("buffer", h.state.set.BufferUnit)}}
		var report func()
		report, h.due = h.r.HTTP.Doctor.Later(h.r, c)
		h.timer = time.AfterFunc(h.due, report)
	} else {
		h.timer.Reset(h.due)
	}
}

// delivered notes that none waits any more.
func (h *holding) delivered() {
	if h == nil || h.since.IsZero() {
		return
	}
	h.told = h.told || !h.timer.Stop()
	h.since = time.Time{}
}

func (h *holding) stop() {
	if h != nil && h.timer != nil {
		h.timer.Stop()
	}
}

// blame says which timeout ended a tunnel.
func (u *upgraded) blame(res tunnel.Result) {
	s := u.state
	if s == nil || !u.taken.Request().Examined() {
		return
	}
	r, directive, after, silent := u.taken.Request(), "", time.Duration(0), "both sides"
	switch res.End {
	case tunnel.Timeout:
		directive, after = "_read_timeout", s.set.Read
	case tunnel.SendA:
		directive, after, silent = "send_timeout", r.Loc.SendTimeout, "the client, which took nothing"
	case tunnel.SendB:
		directive, after, silent = "_send_timeout", s.set.Send, "the upstream, which took nothing"
	default:
		return
	}
	s.blame(r, "upgrade-timeout", directive, fact("after", after), fact("silent", silent),
		fact("open", time.Since(u.began).Round(time.Millisecond)), fact("from-client", res.AToB), fact("from-upstream", res.BToA))
}
