package httpd

import (
	"context"
	"fmt"
	"log/slog"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
)

// Debugging reports whether somebody reads the debug log about r: a part of it
// is a level such as logs.DebugHTTP. Who writes to it asks first, as the
// arguments of Debugf would be allocated.
func (r *Request) Debugging(part slog.Level) bool {
	return (r.verbose || r.Loc.Debug.Has(part)) && r.Client != nil
}

// Debugf writes a line of the debug log.
func (r *Request) Debugf(part slog.Level, format string, args ...any) {
	debugf(r.Logger(), r.Client, part, format, args...)
}

// debug writes a line without arguments to HTTP's part of the debug log.
func (r *Request) debug(text string) {
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "%s", text)
	}
}

func debugf(log *slog.Logger, c *conn.Conn, part slog.Level, format string, args ...any) {
	log.LogAttrs(logContext(c), part, fmt.Sprintf(format, args...), slog.Uint64("connection", c.Serial))
}

// logContext is the context of lines about a connection: debug_connection asks
// for all of them.
func logContext(c *conn.Conn) context.Context {
	if c != nil && c.Debug() {
		return logs.Everything()
	}
	return context.Background()
}

// debugging reports whether a part of the debug log is read, before there is a
// request.
func (k *client) debugging(part slog.Level) bool {
	return k.a.Default.Root.Debug.Has(part) || k.c.Debug()
}

func (k *client) debugf(part slog.Level, format string, args ...any) {
	debugf(k.a.Default.Root.ErrorLog, k.c, part, format, args...)
}

// debugRead says that bytes have come from the client.
func (k *client) debugRead(n, room int) {
	if k.debugging(logs.DebugEvent) {
		k.debugf(logs.DebugEvent, "recv: fd:%d %d of %d", k.c.FD(), n, room)
	}
}

// debugHead says what the head of a request said.
func (r *Request) debugHead() {
	if !r.Debugging(logs.DebugHTTP) {
		return
	}
	say := func(format string, args ...any) { r.Debugf(logs.DebugHTTP, format, args...) }
	say("http request line: \"%s\"", r.Line())
	say("http uri: \"%s\"", r.URI)
	say("http args: \"%s\"", r.Args)
	say("http exten: \"%s\"", r.Extension())
	h := r.Head
	for i := range h.Len() {
		f := h.At(i)
		say("http header: \"%s: %s\"", h.Name(f), h.Value(f))
	}
	say("http header done")
}

// debugStep says which step of which phase runs, in nginx's words for the
// kinds of phases. The numbers are ours: a location has no step that it does
// not need.
func (r *Request) debugStep(phase string, i int) {
	if !r.Debugging(logs.DebugHTTP) {
		return
	}
	switch phase {
	case "server-rewrite", "rewrite":
		phase = "rewrite"
	case "access", "content":
	default:
		phase = "generic"
	}
	r.Debugf(logs.DebugHTTP, "%s phase: %d", phase, i)
}

// debugLocation says which location r is in.
func (r *Request) debugLocation() {
	if !r.Debugging(logs.DebugHTTP) {
		return
	}
	r.Debugf(logs.DebugHTTP, "using configuration \"%s\"", r.Loc.Configuration())
	length := r.Body.Announced
	if !r.Body.Present() {
		length = -1
	}
	r.Debugf(logs.DebugHTTP, "http cl:%d max:%d", length, r.Loc.MaxBody)
}

// Configuration is how nginx's debug log calls the location.
func (l *Location) Configuration() string {
	switch l.Match {
	case Nameless:
		return "*" + l.Name
	case Exact:
		return "=" + l.Name
	}
	return l.Name
}

// debugFinish says what r is finished with.
func (r *Request) debugFinish(st Status) {
	if st == TakenOver || st == Redirected || st == Entered || !r.Debugging(logs.DebugHTTP) {
		return // r is another's by now, or not finished
	}
	r.Debugf(logs.DebugHTTP, "http finalize request: %d, \"%s?%s\"", st.Code(), r.URI, r.Args)
}

// Code returns nginx's number of the status: NGX_OK, NGX_DECLINED, NGX_ERROR or
// that of HTTP.
func (s Status) Code() int {
	switch s {
	case Done:
		return 0
	case Declined:
		return -5
	case Aborted:
		return -1
	}
	return int(s)
}

// debugURI is Debugf for messages that end with the URI and arguments.
func (r *Request) debugURI(what string, uri, args []byte) {
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "%s \"%s?%s\"", what, uri, args)
	}
}
