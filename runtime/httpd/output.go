package httpd

import (
	"io"
	"strconv"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/logs"
)

const (
	levelAlert = logs.Alert
	levelError = logs.Error
)

// An output is the bottom of the filters: HTTP/1 framing and the connection.
// It holds back small pieces so that a head and a short body leave together.
type output struct {
	r       *Request
	top     Writer // the first filter, or the output itself
	store   *buf.Buffer
	held    []byte // not sent yet; starts in store
	limit   int64  // bytes a second; 0: unlimited
	after   int64  // bytes before the limit applies
	limited bool   // limit has been set
	closed  bool
	rests   conn.Clock // nothing is sent before, because of the limit
	err     error
}

const heldSize = 4 << 10

func (o *output) reset(r *Request) {
	o.store.Free()
	*o = output{r: r}
}

// head puts the response head into the held bytes, in the order of
// ngx_http_header_filter_module.
func (o *output) head() {
	r := o.r
	p := &r.Resp
	if r.Old {
		r.Keepalive = false
		return
	}
	if r.MethodID == HEAD {
		r.HeadOnly = true
	}
	switch {
	case p.Status == 204 || p.Status == 304 || p.Status > 0 && p.Status < 200:
		r.HeadOnly = true
	}
	if p.StatusLine == nil && p.Status == 204 {
		p.ContentType, p.Length, p.LastModified = nil, -1, time.Time{}
	}
	if !p.LastModified.IsZero() && p.Status != 200 && p.Status != 206 && p.Status != 204 && p.Status != 304 {
		p.LastModified = time.Time{}
	}
	o.frame()
	if o.store == nil {
		o.store = buf.Get(heldSize)
		o.held = o.store.B[:0]
	}
	b := o.held
	if p.StatusLine != nil {
		b = h1.AppendStatusText(b, p.StatusLine)
	} else {
		b = h1.AppendStatusLine(b, int(p.Status))
	}
	b = o.server(b)
	if !p.ListedDate {
		b = append(append(append(b, "Date: "...), r.HTTP.clock.date(time.Now())...), "\r\n"...)
	}
	if len(p.ContentType) > 0 {
		b = append(append(b, "Content-Type: "...), p.ContentType...)
		if p.PlainType && len(p.Charset) > 0 {
			b = append(append(b, "; charset="...), p.Charset...)
		}
		b = append(b, "\r\n"...)
	}
	if p.Length >= 0 && !p.chunked {
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), p.Length, 10), "\r\n"...)
	}
	if !p.LastModified.IsZero() && !p.ListedModified {
		b = append(h1.AppendTime(append(b, "Last-Modified: "...), p.LastModified.Unix()), "\r\n"...)
	}
	absolute := len(p.Location) > 0 && p.Location[0] == '/' && r.Loc.AbsoluteRedirect
	if absolute {
		to := o.origin(r.Alloc(len("https://") + len(r.Host) + len(":65535") + len(p.Location)))
		p.Location = append(to, p.Location...)
		b = h1.AppendField(b, "Location", p.Location)
	}
	if p.chunked {
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	if !r.Loc.TCPNoDelay && r.Client != nil {
		r.Client.SetNoDelay(false) // connections begin with it
	}
	if r.Keepalive && r.HTTP.live.closing() {
		r.Keepalive = false
	}
	switch {
	case p.Status == 101:
		b = append(b, "Connection: upgrade\r\n"...)
	case r.Keepalive:
		b = append(b, "Connection: keep-alive\r\n"...)
		if t := r.Loc.KeepaliveHeader; t > 0 {
			b = append(strconv.AppendInt(append(b, "Keep-Alive: timeout="...), int64(t/time.Second), 10), "\r\n"...)
		}
	default:
		b = append(b, "Connection: close\r\n"...)
	}
	if p.GzipVary {
		b = append(b, "Vary: Accept-Encoding\r\n"...)
	}
	if p.Location != nil && !absolute {
		b = h1.AppendField(b, "Location", p.Location)
	}
	b = append(h1.AppendFields(b, &p.Headers), "\r\n"...)
	p.HeaderSize = int64(len(b) - len(o.held))
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "%s", b[len(o.held):len(b)-2])
	}
	o.held = b
	o.rate()
}

// server appends the Server field, unless an upstream's is passed on.
func (o *output) server(b []byte) []byte {
	if o.r.Resp.ListedServer {
		return b
	}
	b = append(b, "Server: nginx"...)
	if o.r.Loc.ServerTokens != TokensOff {
		b = append(append(b, '/'), o.r.HTTP.Version...)
	}
	return append(b, "\r\n"...)
}

// origin appends scheme, host and port for a redirect.
func (o *output) origin(b []byte) []byte {
	r := o.r
	port := 80
	b = append(b, "http"...)
	if r.Secure() {
		b, port = append(b, 's'), 443
	}
	b = append(b, "://"...)
	local := r.LocalAddr()
	switch {
	case r.Loc.ServerNameInRedirect:
		b = append(b, r.Server.Name...)
	case len(r.Host) > 0:
		b = append(b, r.Host...)
	case local.Addr().Is6() && !local.Addr().Is4In6():
		b = append(local.Addr().AppendTo(append(b, '[')), ']')
	default:
		b = local.Addr().Unmap().AppendTo(b)
	}
	if r.Loc.PortInRedirect && int(local.Port()) != port && local.Port() != 0 {
		b = strconv.AppendInt(append(b, ':'), int64(local.Port()), 10)
	}
	return b
}

// frame decides how the client learns where the body ends.
func (o *output) frame() {
	r, p := o.r, &o.r.Resp
	if p.Status == 304 || p.Status == 204 || p.Status < 200 || r.MethodID == HEAD || r.MethodID == h1.CONNECT && p.Status < 300 {
		return
	}
	if p.Length >= 0 && !p.WantTrailers {
		return
	}
	switch {
	case r.Minor < 1:
		if p.Length < 0 {
			r.Keepalive = false
		}
	case r.Loc.ChunkedTransfer:
		p.chunked, p.Length = true, -1
	case p.Length < 0:
		r.Keepalive = false
	}
}

// rate looks up limit_rate when the response starts.
func (o *output) rate() {
	r := o.r
	if !o.limited {
		o.limit, o.limited = r.SizeOf(r.Loc.LimitRate), true
	}
	if o.limit > 0 {
		o.after = r.SizeOf(r.Loc.LimitRateAfter)
	}
}

// Write implements Writer.
func (o *output) Write(p []byte) error {
	if len(p) == 0 || o.r.HeadOnly {
		return o.err
	}
	if o.err != nil {
		return o.err
	}
	o.r.Resp.BodySent += int64(len(p))
	if o.r.Resp.chunked {
		o.held = h1.AppendChunkHeader(o.held, int64(len(p)))
		if len(o.held)+len(p) < o.r.Loc.PostponeOutput {
			o.held = append(append(o.held, p...), "\r\n"...)
			return nil
		}
		return o.send(p, crlf)
	}
	if len(o.held)+len(p) < o.r.Loc.PostponeOutput {
		if o.store == nil {
			o.store = buf.Get(heldSize)
			o.held = o.store.B[:0]
		}
		o.held = append(o.held, p...)
		return nil
	}
	return o.send(p, nil)
}

var crlf = []byte("\r\n")

// send writes the held bytes and then p and tail.
func (o *output) send(p, tail []byte) error {
	if o.err != nil {
		return o.err
	}
	if len(o.held)+len(p)+len(tail) == 0 {
		return nil
	}
	if o.limit > 0 {
		return o.slowly(p, tail)
	}
	c := o.r.Client
	c.SetWriteTimeout(o.r.Loc.SendTimeout)
	all := len(o.held) + len(p) + len(tail)
	if o.r.Debugging(logs.DebugHTTP) {
		o.r.Debugf(logs.DebugHTTP, "http write filter: l:%d f:%d s:%d", btoi(o.closed), btoi(!o.closed), all)
	}
	sent := c.Sent
	var err error
	if len(p) == 0 && len(tail) == 0 {
		_, err = c.Write(o.held)
	} else {
		_, err = c.Writev(o.held, p, tail)
	}
	if o.r.Debugging(logs.DebugEvent) {
		o.r.Debugf(logs.DebugEvent, "writev: %d of %d", c.Sent-sent, all)
	}
	o.held = o.held[:0]
	return o.check(err)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// check remembers that the client is gone.
func (o *output) check(err error) error {
	if err == nil {
		return nil
	}
	o.err = err
	o.r.Keepalive = false
	o.r.sendFailed(err)
	return err
}

// File implements Writer. Short pieces are read so that they leave together
// with what is held; long ones are handed to the kernel.
func (o *output) File(f File, off, n int64) error {
	const short = 16 << 10
	if o.r.HeadOnly || n == 0 {
		return o.err
	}
	if n > short && o.r.Loc.Sendfile && o.limit == 0 && !o.r.Secure() {
		if o.r.Loc.TCPNoPush {
			o.r.Client.SetCork(true) // head and file share packets
		}
		if o.r.Resp.chunked {
			o.held = h1.AppendChunkHeader(o.held, n)
		}
		if err := o.send(nil, nil); err != nil {
			return err
		}
		o.r.Resp.BodySent += n
		o.r.Client.SetWriteTimeout(o.r.Loc.SendTimeout)
		if o.r.Loc.TCPNoPush {
			defer o.r.Client.SetCork(false) // what is left of the last packet goes out
		}
		sent := o.r.Client.Sent
		err := o.r.Client.SendFile(f, off, n)
		if o.r.Debugging(logs.DebugEvent) {
			o.r.Debugf(logs.DebugEvent, "sendfile: %d of %d @%d", o.r.Client.Sent-sent, n, off)
		}
		if err := o.check(err); err != nil {
			return err
		}
		if o.r.Resp.chunked {
			o.held = append(o.held, "\r\n"...)
		}
		return nil
	}
	b := buf.Get(int(min(n, 32<<10)))
	defer b.Free()
	for n > 0 {
		m, err := f.ReadAt(b.B[:min(n, int64(len(b.B)))], off)
		if m == 0 {
			if err == nil || err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			o.r.Errorf(levelAlert, "read() \"%s\" failed: %v", f.Name(), err)
			o.err = err
			o.r.Keepalive = false
			return err
		}
		if err := o.Write(b.B[:m]); err != nil {
			return err
		}
		off, n = off+int64(m), n-int64(m)
	}
	return nil
}

// Flush implements Writer.
func (o *output) Flush() error {
	if o.r.Resp.sent {
		return o.send(nil, nil)
	}
	return o.err
}

// Close implements Writer.
func (o *output) Close() error {
	if o.closed {
		return o.err
	}
	o.closed = true
	if o.r.Resp.chunked && !o.r.HeadOnly && o.err == nil {
		o.held = h1.AppendLastChunk(o.held, &o.r.Resp.Trailers)
	}
	return o.send(nil, nil)
}
