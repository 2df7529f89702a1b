package gateway

import (
	"bytes"

	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// debugRequest says what is about to be sent to some peer.
func (s *State) debugRequest(r *httpd.Request) {
	if !r.Debugging(logs.DebugHTTP) {
		return
	}
	r.Debugf(logs.DebugHTTP, "http init upstream, client timer: 0")
	head, _, _ := bytes.Cut(s.out, []byte("\r\n\r\n"))
	r.Debugf(logs.DebugHTTP, "http proxy header:\n%s\r\n\r", head)
}

// debugPeer says which peer is tried.
func (s *State) debugPeer(r *httpd.Request) {
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "get rr peer, try: %d", s.tried.Tries)
	}
}

// debugConnect says what became of a connection, which may be one that was
// idle.
func (s *State) debugConnect(r *httpd.Request) {
	if !r.Debugging(logs.DebugHTTP) && !r.Debugging(logs.DebugEvent) {
		return
	}
	fd := s.conn.FD()
	switch {
	case s.cached && r.Debugging(logs.DebugHTTP):
		r.Debugf(logs.DebugHTTP, "get keepalive peer: using connection fd:%d", fd)
	case !s.cached && r.Debugging(logs.DebugEvent):
		r.Debugf(logs.DebugEvent, "connect to %s, fd:%d #%d", s.peerName, fd, s.conn.Serial)
	}
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "http upstream connect: 0")
		r.Debugf(logs.DebugHTTP, "http upstream send request")
	}
}

// debugRead says that bytes have come from the peer.
func (s *State) debugRead(r *httpd.Request, n, room int) {
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "http upstream process header")
	}
	if r.Debugging(logs.DebugEvent) {
		r.Debugf(logs.DebugEvent, "recv: fd:%d %d of %d", s.conn.FD(), n, room)
	}
}

// debugHead says what the head of the response said.
func (s *State) debugHead(r *httpd.Request) {
	if !r.Debugging(logs.DebugHTTP) {
		return
	}
	h := &s.Head
	r.Debugf(logs.DebugHTTP, "http proxy status %d \"%s\"", h.Status, h.Line)
	for i := range h.Len() {
		f := h.At(i)
		r.Debugf(logs.DebugHTTP, "http proxy header: \"%s: %s\"", h.Name(f), h.Value(f))
	}
	r.Debugf(logs.DebugHTTP, "http proxy header done")
}

// debugNext says that the attempt has failed.
func (f *failure) debugNext(r *httpd.Request) {
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "http next upstream, %x", uint32(f.reason))
	}
}

// debugEnd says that the request to the peer has ended, unless r has gone on
// without us.
func (s *State) debugEnd(r *httpd.Request, st httpd.Status) {
	if st != httpd.TakenOver && r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "finalize http upstream request: %d", st.Code())
	}
}
