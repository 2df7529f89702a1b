package httpd

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/hostnames"
	"understudy/runtime/logs"
)

// Accepted counts a connection that Serve is going to serve, before the next is
// accepted: one connection may ask how many were before it.
func (p *Port) Accepted() {
	s := &p.HTTP.Stats
	s.Accepted.Add(1)
	s.Handled.Add(1)
	s.Active.Add(1)
	s.Waiting.Add(1)
}

// Serve serves the requests of a connection, one after the other. It owns c.
func (p *Port) Serve(c *conn.Conn) {
	h := p.HTTP
	a := p.Address(c.LocalAddr().Addr())
	h.live.add(c)
	k := client{h: h, a: a, c: c}
	defer k.contain()
	if a.ProxyProtocol || a.SSL {
		h.Stats.Waiting.Add(-1) // until the first request
	}
	if a.ProxyProtocol && !a.readProxyProtocol(c) {
		h.drop(c)
		return
	}
	if k.debugging(logs.DebugEvent) {
		k.debugf(logs.DebugEvent, "accept: %s fd:%d", endText(c), c.FD())
	}
	if a.SSL && !k.handshake() || k.serve() {
		h.drop(c)
	}
}

// drop closes a connection and forgets it.
func (h *HTTP) drop(c *conn.Conn) {
	last := h.live.remove(c)
	h.Stats.Active.Add(-1)
	c.Close()
	if last {
		h.watches.Close()
	}
}

// endText is the client's address with its port.
func endText(c *conn.Conn) string {
	if a := c.RemoteAddr(); a.IsValid() {
		return a.String()
	}
	return "unix:"
}

// A client is the server's side of one HTTP/1 connection.
type client struct {
	h *HTTP
	a *Address
	c *conn.Conn

	in    *buf.Buffer   // what was read and not used; nil while idle
	piped bool          // in held the start of the request together with the last one
	min   time.Duration // how long it waits for a request though the configuration retires

	// For contain:
	r       *Request // that is being served
	writing bool     // and counted
}

// serve serves until the connection is of no more use. It reports false if
// somebody else has taken the connection over.
func (k *client) serve() (close bool) {
	wait := k.a.Default.HeaderTimeout
	for {
		if k.in == nil {
			if !k.await(wait) {
				return true
			}
		}
		r := k.h.request()
		r.Client, r.Addr = k.c, k.a
		if k.h.Doctor != nil {
			r.file = &Case{}
		}
		k.r = r
		k.c.Requests++
		k.h.Stats.Requests.Add(1)
		if st, ok := k.head(r); !ok {
			if st == 0 {
				k.r = nil
				r.release()
				return true
			}
			r.finish(st)
		} else {
			k.h.Stats.Writing.Add(1)
			k.writing = true
			st = r.finish(r.serve())
			k.writing = false
			k.h.Stats.Writing.Add(-1)
			if st == TakenOver { // r may be gone by now
				return false
			}
		}
		next, linger := r.end()
		wait, k.min = r.Loc.KeepaliveTimeout, r.Loc.KeepaliveMin
		k.in, r.in = r.in, nil
		if next && k.in.Len() == 0 {
			k.in.Free()
			k.in = nil
		}
		lingerTime, lingerEach, reset := r.Loc.LingeringTime, r.Loc.LingeringTimeout, r.Loc.ResetTimedout && r.timedOut
		k.piped = k.in != nil
		k.r = nil
		r.release()
		if !next || k.min == 0 && k.h.live.closing() {
			k.in.Free()
			switch {
			case reset:
				k.c.Reset()
			case linger:
				if k.debugging(logs.DebugHTTP) {
					k.debugf(logs.DebugHTTP, "http lingering close handler")
				}
				k.c.Linger(lingerTime, lingerEach)
			}
			return true
		}
		if k.debugging(logs.DebugHTTP) {
			k.debugf(logs.DebugHTTP, "set http keepalive handler")
		}
	}
}

// await waits for the first bytes of a request, holding nothing.
func (k *client) await(timeout time.Duration) bool {
	k.c.SetReadTimeout(timeout)
	if k.c.Requests > 0 || k.a.ProxyProtocol || k.a.SSL {
		k.h.Stats.Waiting.Add(1) // else Accepted has counted it
	}
	var began time.Time
	if k.min > 0 {
		began = time.Now()
	}
	in, err := k.c.AwaitBuffer(k.a.Default.Head.HeaderBuffer)
	for err != nil && (k.min > 0 || k.c.Requests == 0) && errors.Is(err, conn.ErrInterrupted) {
		left := timeout // nginx closes idle connections only, and one that has not asked yet is none
		if k.c.Requests > 0 {
			left = min(k.min, timeout) - time.Since(began)
		}
		if left <= 0 {
			break
		}
		k.c.SetReadTimeout(left)
		in, err = k.c.AwaitBuffer(k.a.Default.Head.HeaderBuffer)
	}
	k.h.Stats.Waiting.Add(-1)
	k.in, k.piped = in, false
	if k.debugging(logs.DebugHTTP) {
		what := "http wait request handler"
		if k.c.Requests > 0 {
			what = "http keepalive handler"
		}
		k.debugf(logs.DebugHTTP, "%s", what)
	}
	if err == nil {
		k.debugRead(in.Len(), len(in.B))
		return true
	}
	switch {
	case errors.Is(err, conn.ErrInterrupted):
	case errors.Is(err, os.ErrDeadlineExceeded):
		k.info("client timed out" + Errno(err) + " while waiting for request")
	case errors.Is(err, io.EOF) && k.c.Requests == 0:
		k.info("client closed connection while waiting for request")
	case errors.Is(err, io.EOF):
		if log, ctx := k.a.Default.Root.ErrorLog, logContext(k.c); log.Enabled(ctx, logs.Info) {
			log.LogAttrs(ctx, logs.Info, "client "+k.c.RemoteText()+" closed keepalive connection", slog.Uint64("connection", k.c.Serial))
		}
	default:
		k.info("recv() failed" + Errno(err) + " while waiting for request")
	}
	return false
}

func (k *client) info(msg string) {
	log := k.a.Default.Root.ErrorLog
	if ctx := logContext(k.c); log.Enabled(ctx, logs.Info) {
		log.LogAttrs(ctx, logs.Info, msg,
			slog.Uint64("connection", k.c.Serial), slog.String("client", k.c.RemoteText()), slog.String("server", k.a.Text))
	}
}

// head reads the head of a request. If that fails, it returns the status to
// answer with, or 0 if the client is not there to be answered.
func (k *client) head(r *Request) (st Status, ok bool) {
	k.h.Stats.Reading.Add(1)
	defer k.h.Stats.Reading.Add(-1)
	r.begin()
	r.in, k.in = k.in, nil
	r.pipelined = k.piped
	if k.piped {
		r.Head.ResetPipelined()
		r.debug("pipelined request")
	}
	r.debug("http process request line")
	in := r.in
	for waited := false; ; {
		n, err := r.Head.Parse(in.Bytes())
		if err == nil {
			in.R += n
			r.headEnd = in.R
			break
		}
		if err != h1.ErrMore {
			r.fill()
			st := r.refuse(err)
			if n > 0 { // the whole head is there, and its body may follow
				in.R += n
				r.headEnd = in.R
			} else {
				r.headEnd = in.W
			}
			return st, false
		}
		in.R += n // empty lines before the request line
		if in.W == len(in.B) {
			in = in.Grow(2 * len(in.B))
			r.in = in
		}
		if !waited { // most heads come whole, and need no clock
			waited = true
			k.c.SetReadTimeout(k.a.Default.HeaderTimeout)
		}
		if n, err := k.c.Read(in.Room()); n > 0 {
			k.debugRead(n, len(in.B)-in.W)
			in.W += n
		} else {
			r.fill()
			return r.lost(err), false
		}
	}
	r.fill()
	r.debugHead()
	if r.Head.Has(header.Upgrade) {
		r.dropH2C()
	}
	return 0, true
}

// refuse answers for a head that is not accepted.
func (r *Request) refuse(err error) Status {
	r.Keepalive = false
	var e *h1.Error
	if !errors.As(err, &e) {
		return 500
	}
	r.lingering = e.Linger
	text := e.Error()
	if text == "" { // what failed has been logged
		return Status(e.Status)
	}
	r.Errorf(logs.Info, "%s while reading client request %s", text, r.reading())
	return Status(e.Status)
}

// lost answers for a client that went away, or fell silent, within a head.
func (r *Request) lost(err error) Status {
	r.Keepalive = false
	r.Body.ended = true
	if errors.Is(err, os.ErrDeadlineExceeded) {
		r.Errorf(logs.Info, "client timed out%s while reading client request %s", Errno(err), r.reading())
		r.timedOut = true
		r.Resp.Status = 408
		return 408
	}
	r.Errorf(logs.Info, "client prematurely closed connection while reading client request %s", r.reading())
	r.Resp.Status = 400
	r.errStatus = 400
	return Aborted
}

// reading says which part of the head was being read.
func (r *Request) reading() string {
	if r.Head.URI == nil {
		return "line"
	}
	return "headers"
}

// A requestPool is where requests wait to be used again.
type requestPool struct{ sync.Pool }

// request returns a clean request.
func (h *HTTP) request() *Request {
	r, _ := h.pool.Get().(*Request)
	if r == nil {
		r = &Request{HTTP: h, Head: new(h1.RequestHead)}
		r.slots = make(slots, h.Vars.Len())
		r.Head.SelectServer = r.selectServer
		r.Head.Ignored = r.ignored
		r.Resp.reset()
		r.Body.reset()
		r.out.reset(r)
	}
	return r
}

// begin prepares r for a head to be read.
func (r *Request) begin() {
	r.Start = time.Now()
	r.Server = r.base()
	r.Loc = r.Server.Root
	r.Head.Options = &r.Server.Head
	r.Head.Reset()
	r.changes = maxChanges + 1
	r.RealIP = append(r.RealIP[:0], r.Client.RemoteText()...)
	r.verbose = r.Client.Debug()
	r.remote, r.sentBefore = r.Client.RemoteAddr(), r.Client.Sent
}

// fill takes over what the head says.
func (r *Request) fill() {
	h := r.Head
	r.headLength = h.Length()
	r.Method, r.MethodID = h.Method, h.MethodID
	r.URI, r.Args, r.Target = h.URI, h.Args, h.Target
	r.Host = h.Host
	r.Old = h.Version < 1000
	if h.Version >= 1000 {
		r.Minor = h.Version - 1000
	}
	r.ValidTarget, r.Escaped = true, h.Quoted || h.Plus
	r.Body.Announced, r.Body.Chunked = h.ContentLength, h.Chunked
	r.Body.left = max(h.ContentLength, 0)
	r.Body.ended = !r.Body.Present()
	r.lingering = r.Body.Present()
	switch {
	case h.MethodID == h1.CONNECT: // what follows is the tunnel's, or nobody's
	case h.Connection == h1.ConnectionClose:
	case h.Connection == h1.ConnectionKeepAlive:
		r.Keepalive = true
	default:
		r.Keepalive = r.Minor >= 1 && !r.Old
	}
	if m := r.HTTP.Mapping; m != nil {
		m.in(r)
	}
}

// selectServer is called by the head's parser as soon as the host is known.
func (r *Request) selectServer(host []byte) (*h1.Options, error) {
	if m := r.HTTP.Mapping; m != nil {
		host = m.server(host)
	}
	s, how, st := r.Addr.Find(r, host)
	if st != OK {
		return nil, &h1.Error{Status: int(st)}
	}
	if r.misdirected(host, s) {
		return nil, h1.ErrMisdirected
	}
	r.Server, r.Loc = s, s.Root
	if r.trace != nil { // the arguments would be allocated
		text := "default server"
		switch {
		case how != hostnames.None:
			text = how.String()
		case slices.Contains(s.Names, string(host)):
			text = hostnames.Exact.String() // of the only server, which is not looked for by name
		}
		r.trace.Events = append(r.trace.Events, Event{Phase: "server", Name: s.Name, Pos: s.Pos, Text: text})
	}
	return &s.Head, nil
}

func (r *Request) ignored(line []byte) {
	r.Errorf(logs.Info, "client sent invalid header line: \"%s\" while reading client request headers", line)
}

// end finishes what is left of a request after its response: logs, the rest of
// its body, temporary files. It reports whether the connection can be used for
// another request, and if not whether it is closed lingering.
func (r *Request) end() (next, linger bool) {
	r.awaitBackground()
	r.debug("http close request")
	if !r.postAction() {
		r.log()
	}
	if r.out.err != nil {
		r.Keepalive = false
	}
	if r.Body.Pending() && r.Body.discarding {
		// nginx reads on as long as it would for the next request, even if
		// there will be none.
		if !r.drain() {
			r.Keepalive = false
		}
	}
	switch r.Loc.Lingering {
	case LingeringAlways:
		linger = true
	case LingeringOn:
		linger = r.lingering || r.in.Len() > 0
	}
	return r.Keepalive && !r.abandoned && r.Loc.KeepaliveTimeout > 0, linger && r.out.err == nil && !r.timedOut
}

// log runs the log phase, once.
func (r *Request) log() {
	if r.logged || r.Loc == nil {
		return
	}
	r.logged = true
	r.debug("http log handler")
	keep := r.Keepalive
	r.Keepalive = r.terminated && keep // nginx has reset it by now, as $sent_http_connection shows
	for i := range r.Loc.Log {
		r.Loc.Log[i].Run(r)
	}
	r.Keepalive = keep && !r.terminated
	if r.file != nil {
		r.HTTP.Doctor.Ended(r)
	}
}

// release gives r back. Nothing of it may be used after.
func (r *Request) release() {
	r.awaitBackground()
	r.letGo()
	if r.Upstream != nil {
		r.Upstream.Release()
	}
	for _, s := range r.made {
		s.giveBack()
	}
	clear(r.made)
	for i, f := range r.ends {
		r.ends[i] = nil
		f()
	}
	clear(r.contexts)
	r.in.Free()
	r.headBuf.Free()
	clear(r.slots)
	r.arena.Reset()
	r.out.reset(r)
	r.Resp.reset()
	r.Body.reset()
	kept := *r
	*r = Request{
		HTTP: kept.HTTP, Head: kept.Head, slots: kept.slots, arena: kept.arena, caps: kept.caps[:0], offsets: kept.offsets[:0],
		Resp: kept.Resp, Body: kept.Body, out: kept.out, RealIP: kept.RealIP[:0],
		ends: kept.ends[:0], made: kept.made[:0], contexts: kept.contexts[:0],
	}
	r.HTTP.pool.Put(r)
}
