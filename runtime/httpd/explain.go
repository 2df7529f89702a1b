package httpd

import (
	"fmt"
	"net/netip"
	"time"

	"understudy/runtime/certs"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/logs"
)

// A Query is a request to be explained.
type Query struct {
	Method, Target, Host string
	Header               [][2]string
	Remote, Local        netip.AddrPort
	Secure               bool
	Body                 []byte
	Size                 int64 // of a body that is not given; 0: there is none
}

// head is what a client would send.
func (q *Query) head() []byte {
	head := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\n", q.Method, q.Target, q.Host)
	if n := max(q.Size, int64(len(q.Body))); n > 0 {
		head = fmt.Appendf(head, "Content-Length: %d\r\n", n)
	}
	for _, f := range q.Header {
		head = fmt.Appendf(head, "%s: %s\r\n", f[0], f[1])
	}
	return append(head, "\r\n"...)
}

// Explain processes a request without a connection: every step that would
// reach beyond it says what it would do instead. The request stays valid: it is
// not used again for another.
func (a *Address) Explain(h *HTTP, q Query) (*Request, *Trace, error) {
	r := h.request()
	t := &Trace{secure: q.Secure}
	r.trace = t
	r.Start = time.Now()
	r.Addr, r.local = a, q.Local
	r.RealIP = append(r.RealIP[:0], q.Remote.Addr().String()...)
	r.remote = q.Remote
	r.Server = a.Default
	r.Loc = r.Server.Root
	r.Head.Options = &r.Server.Head
	r.Head.Reset()
	r.changes = maxChanges + 1
	if _, err := r.Head.Parse(q.head()); err != nil {
		r.fill()
		if e, ok := err.(*h1.Error); ok {
			r.note("the request is refused: %v", e)
			r.explain(Status(e.Status))
			return r, t, nil
		}
		return r, t, err
	}
	r.fill()
	r.Body.ended, r.Body.Data, r.Body.Length = true, q.Body, max(q.Size, int64(len(q.Body)))
	if r.Head.Get(header.Host) == nil || r.Server == nil {
		r.Server = a.Default
	}
	if q.Secure && !a.SSL {
		r.note("%s does not speak TLS: a handshake is no request", a.Text)
		r.explain(400)
		return r, t, nil
	}
	r.explain(r.serve())
	return r, t, nil
}

// explain follows error_page as finish does, but sends nothing.
func (r *Request) explain(st Status) {
	for {
		switch {
		case st == Redirected || st == Entered:
			st = r.resume(st)
			continue
		case st == 444:
			r.Resp.Status = 444
			r.note("the connection is closed without an answer")
		case (st >= 300 || st == 201 || st == 204) && !r.Resp.sent:
			r.note("status %d", st)
			st = r.special(st)
			continue
		case r.trace.Asked != nil && !r.Resp.sent:
			// What the filters do depends on an answer that nobody gives.
			r.Resp.Status = 200
			r.SendHeader()
		case !r.Resp.sent:
			if st > 100 {
				r.Resp.Status = st
			}
		}
		break
	}
	r.trace.Block = r.Loc.Pos
}

// foretell takes the place of sending the head.
func (r *Request) foretell() Status {
	for i := range r.Loc.Filters {
		if st := r.trace.headers(r, &r.Loc.Filters[i]); st != OK && st != Declined {
			return st
		}
	}
	r.Resp.sent = true
	if m := r.HTTP.Mapping; m != nil && r.Parent == nil {
		m.out(r)
	}
	r.out.head()
	r.trace.Head = append([]byte(nil), r.out.held...)
	return Done
}

// unexplained answers what the TLS layer of a connection would have to say.
func (r *Request) unexplained() Status {
	switch {
	case !r.Addr.SSL:
	case !r.trace.secure:
		r.note("the request is not encrypted, and %s is for TLS", r.Addr.Text)
		return 497
	case r.Server.TLS.Verify == certs.VerifyOn:
		r.Errorf(logs.Info, "client sent no required SSL certificate while reading client request headers")
		r.note("a certificate of the client is required, and none was sent")
		return 496
	}
	return OK
}
