package byterange

import (
	"errors"
	"fmt"
	"strconv"

	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// setContentRange says which part of the whole this is, or if last is
// negative, how long the whole would be.
func setContentRange(r *httpd.Request, first, last int64) {
	b := append(r.Alloc(len("bytes -/")+3*20), "bytes "...)
	if last < 0 {
		b = append(b, '*')
	} else {
		b = strconv.AppendInt(append(strconv.AppendInt(b, first, 10), '-'), last, 10)
	}
	b = strconv.AppendInt(append(b, '/'), r.Resp.Length, 10)
	r.Resp.Headers.DelID(header.ContentRange)
	r.Resp.Headers.AddID(header.ContentRange, b)
}

// single makes the response one range.
func single(r *httpd.Request, s span) func(httpd.Writer) httpd.Writer {
	p := &r.Resp
	p.Status, p.StatusLine = 206, nil
	if r.Parent != nil { // its head is not sent
		return func(next httpd.Writer) httpd.Writer { return &cut{next, s, p.RangeOffset} }
	}
	setContentRange(r, s.start, s.end-1)
	p.Length = s.end - s.start
	at := p.RangeOffset
	p.RangeOffset = s.start
	p.Headers.DelID(header.ContentLength)
	return func(next httpd.Writer) httpd.Writer { return &cut{next, s, at} }
}

// A cut lets one range of a body pass.
type cut struct {
	httpd.Writer
	span
	at int64 // where in the whole the next byte is
}

// part returns what of the next n bytes is in the range.
func (c *cut) part(n int64) (from, to int64) {
	from, to = max(c.start-c.at, 0), min(c.end-c.at, n)
	c.at += n
	return from, max(from, to)
}

func (c *cut) Write(p []byte) error {
	from, to := c.part(int64(len(p)))
	if from >= to {
		return nil
	}
	return c.Writer.Write(p[from:to])
}

func (c *cut) File(f httpd.File, off, n int64) error {
	from, to := c.part(n)
	if from >= to {
		return nil
	}
	return c.Writer.File(f, off+from, to-from)
}

// several makes the response a body of several parts.
func (f *filter) several(r *httpd.Request, spans []span) func(httpd.Writer) httpd.Writer {
	p := &r.Resp
	boundary := fmt.Sprintf("%020d", f.n.Add(1))
	lead := "\r\n--" + boundary + "\r\n"
	if len(p.ContentType) > 0 {
		lead += "Content-Type: " + string(p.ContentType)
		if p.PlainType && len(p.Charset) > 0 {
			lead += "; charset=" + string(p.Charset)
		}
		lead += "\r\n"
	}
	w := &parts{r: r, whole: p.Length, at: p.RangeOffset, tail: "\r\n--" + boundary + "--\r\n"}
	n := int64(len(w.tail))
	for _, s := range spans {
		head := fmt.Appendf(nil, "%sContent-Range: bytes %d-%d/%d\r\n\r\n", lead, s.start, s.end-1, p.Length)
		w.parts = append(w.parts, part{head, s})
		n += int64(len(head)) + s.end - s.start
	}
	p.Status, p.StatusLine = 206, nil
	p.ContentType, p.PlainType, p.Charset = []byte("multipart/byteranges; boundary="+boundary), true, nil
	p.Length = n
	p.Headers.DelID(header.ContentLength)
	p.Headers.DelID(header.ContentRange)
	return func(next httpd.Writer) httpd.Writer {
		w.Writer = next
		return w
	}
}

// parts sends several ranges of a body, which must come in one piece: they may
// be in any order.
type parts struct {
	httpd.Writer
	r     *httpd.Request
	parts []part
	whole int64
	at    int64
	tail  string
}

type part struct {
	head []byte
	span
}

var errPieces = errors.New("range in overlapped buffers")

func (w *parts) Write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	return w.send(int64(len(p)), func(s span) error { return w.Writer.Write(p[s.start:s.end]) })
}

func (w *parts) File(f httpd.File, off, n int64) error {
	return w.send(n, func(s span) error { return w.Writer.File(f, off+s.start, s.end-s.start) })
}

func (w *parts) send(n int64, body func(span) error) error {
	if w.at != 0 || n != w.whole {
		w.r.Errorf(logs.Alert, "%v", errPieces)
		return errPieces
	}
	w.at = n
	for i := range w.parts {
		if err := w.Writer.Write(w.parts[i].head); err != nil {
			return err
		}
		if err := body(w.parts[i].span); err != nil {
			return err
		}
	}
	return w.Writer.Write([]byte(w.tail))
}
