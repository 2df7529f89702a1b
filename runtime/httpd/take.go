package httpd

import (
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/logs"
	"understudy/runtime/tunnel"
)

// Take gives the client's connection to the caller, who must close it by
// calling done when it is of no more use. A text is written to the error log.
func (r *Request) Take() (done func(text string)) {
	r.taken = true
	c := r.Client
	return func(text string) {
		if text != "" {
			r.Errorf(logs.Error, "%s", text)
		}
		r.log()
		h := r.HTTP
		r.release()
		h.drop(c)
	}
}

// Unread returns what was read from the client and belongs to nobody yet.
func (r *Request) Unread() []byte { return r.in.Bytes() }

// Tunnels is the set of connections that were taken over.
func (h *HTTP) Tunnels() *tunnel.Group { return &h.tunnels }

// Shrink gives back what a request that has been answered does not need while
// its connection lives on: for tunnels, of which there may be many.
func (r *Request) Shrink() {
	r.out.store.Free()
	r.out.store, r.out.held = nil, nil
	r.Body.store.Free()
	r.Body.store = nil
}

// SetRate limits the response to so many bytes a second, whatever limit_rate
// says; 0 is no limit.
func (r *Request) SetRate(n int64) {
	m := r.Main()
	m.out.limit, m.out.limited = n, true
}

// Linger makes the connection close only when the client has stopped sending.
func (r *Request) Linger() { r.lingering = true }

// Flushing reports whether pieces of the body leave as they come: not if a
// filter needs more to work on.
func (r *Request) Flushing() bool { return true }

// Intercepts reports whether error_page has something for a status.
func (r *Request) Intercepts(status int) bool {
	for i := range r.Loc.ErrorPages {
		if r.Loc.ErrorPages[i].Status == status {
			return true
		}
	}
	return false
}

// EarlyHints sends a 103 with some fields, to clients that understand it.
func (r *Request) EarlyHints(fields *header.List) {
	if r.Client == nil || r.Minor < 1 || r.Resp.sent || r.Parent != nil || fields.Len() == 0 {
		return
	}
	b := h1.AppendStatusLine(nil, 103)
	b = append(h1.AppendFields(b, fields), "\r\n"...)
	r.Client.SetWriteTimeout(r.Loc.SendTimeout)
	r.Client.Write(b)
}
