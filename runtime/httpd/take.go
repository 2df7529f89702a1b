package httpd

import (
	"context"
	"log/slog"

	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/logs"
	"understudy/runtime/tunnel"
)

// A Taken is what is left of a request whose connection somebody else has taken
// over (an upgrade). There may be thousands for hours, so it is small: the
// request itself is kept only if it will be logged.
type Taken struct {
	r *Request // nil if nobody will log it
	h *HTTP
	c *conn.Conn

	// What the error log says of the request.
	log                          *slog.Logger
	server                       *Server
	line, upstream, host, client string
}

// Take gives the client's connection to the caller, who must call Done when it
// is of no more use. If the result's Request is nil, the request is no more.
func (r *Request) Take() *Taken {
	r.HTTP.live.hand(r.Client)
	t := &Taken{h: r.HTTP, c: r.Client, log: r.Logger(), server: r.Server}
	if len(r.Loc.Log) > 0 || r.Examined() {
		t.r = r
		r.letGo() // it may be hours until the request ends
		r.out.reset(r)
		r.Body.store.Free()
		r.Body.store = nil
		return t
	}
	t.line, t.client = string(r.Line()), string(r.RealIP)
	t.host = string(r.Head.Get(header.Host))
	if r.Upstream != nil {
		t.upstream = r.Upstream.URL()
	}
	r.logged = true
	r.release()
	return t
}

// Request returns the request, or nil if it was not kept.
func (t *Taken) Request() *Request { return t.r }

// Done ends the request and closes the connection. A text goes to the error log.
func (t *Taken) Done(text string) {
	defer t.contain()
	if text != "" {
		t.errorf(text)
	}
	if t.r != nil {
		t.r.log()
		t.r.release()
	}
	t.h.drop(t.c)
}

func (t *Taken) errorf(text string) {
	if t.r != nil {
		t.r.Errorf(logs.Error, "%s", text)
		return
	}
	t.log.LogAttrs(context.Background(), logs.Error, text,
		slog.Uint64("connection", t.c.Serial), slog.String("client", t.client), slog.String("server", t.server.Name),
		slog.String("request", t.line), slog.String("upstream", t.upstream), slog.String("host", t.host))
}

// Unread returns what was read from the client and belongs to nobody yet.
func (r *Request) Unread() []byte { return r.in.Bytes() }

// Tunnels is the set of connections that were taken over.
func (h *HTTP) Tunnels() *tunnel.Group {
	h.tunnelled.Do(func() {
		h.tunnels.Caught = func(client *conn.Conn, fault any) { logs.Fault(fault, h.faultLine(client)) }
	})
	return &h.tunnels
}

// SetRate limits the response to so many bytes a second, whatever limit_rate
// says; 0 is no limit.
func (r *Request) SetRate(n int64) {
	if r.InBackground() {
		return
	}
	m := r.Main()
	m.out.limit, m.out.limited = n, true
}

// Linger makes the connection close only when the client has stopped sending.
func (r *Request) Linger() { r.lingering = true }

// Push sends what is held back below the filters, for more of which there was no
// reason to wait: nginx does not hold back the buffers of an upstream's response.
func (r *Request) Push() error {
	if r.InBackground() {
		return nil
	}
	return r.Main().out.Flush()
}

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
	b := h1.AppendStatusText(nil, "103 Early Hints")
	b = append(h1.AppendFields(b, fields), "\r\n"...)
	r.Client.SetWriteTimeout(r.Loc.SendTimeout)
	r.Client.Write(b)
}
