package slice

import (
	"bytes"
	"errors"
	"strconv"

	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// pieces is how far a response has come that is made in pieces. A request and
// those that are made for it have it in common.
type pieces struct {
	size   int64
	start  int64  // of the piece that is asked for, or comes next
	end    int64  // of what the client gets
	name   []byte // $slice_range
	etag   []byte // of the pieces so far; nil: they have none
	active bool   // the piece that was asked for has come
}

type key struct{}

// piecesOf returns the pieces that r is, or has, nil if it has none.
func piecesOf(r *httpd.Request) *pieces {
	p, _ := r.Context(key{}).(*pieces)
	return p
}

// ask makes the next piece the one that is asked for.
func (p *pieces) ask(r *httpd.Request) {
	b := append(r.Alloc(len("bytes=-")+2*20), "bytes="...)
	b = append(strconv.AppendInt(b, p.start, 10), '-')
	p.name = strconv.AppendInt(b, p.start+p.size-1, 10)
	p.active = false
}

// A filter is for pieces of that many bytes.
type filter int64

// head checks that a response is the piece that was asked for. The first of them
// becomes the head of the whole. (ngx_http_slice_header_filter)
func (f filter) head(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	p, h := piecesOf(r), &r.Resp
	switch {
	case p == nil:
		return nil, httpd.OK
	case h.Status != 206 && r.Parent == nil:
		r.SetContext(key{}, nil)
		return nil, httpd.OK
	}
	whole, ok := f.check(r, p)
	if !ok {
		return nil, httpd.Aborted
	}
	p.active = true
	h.Status, h.StatusLine, h.Length = 200, nil, whole
	h.Headers.DelID(header.ContentLength)
	h.Headers.DelID(header.ContentRange)
	h.Headers.DelID(header.AcceptRanges)
	h.AcceptRanges, h.SubRanges, h.SingleRange = true, true, true
	if r.Parent != nil {
		return nil, httpd.OK
	}
	return func(next httpd.Writer) httpd.Writer {
		p.aim(h, whole)
		r.AtEnd(func() error { return p.rest(r) })
		return next
	}, httpd.OK
}

// check reports whether a response is the piece that was asked for, and returns
// how long the whole is.
func (f filter) check(r *httpd.Request, p *pieces) (whole int64, ok bool) {
	h := &r.Resp
	if h.Status != 206 {
		r.Errorf(logs.Error, "unexpected status code %d in slice response%s", h.Status, doing(r))
		return 0, false
	}
	etag := h.Headers.Get(header.ETag)
	if len(p.etag) > 0 && !bytes.Equal(etag, p.etag) {
		r.Errorf(logs.Error, "etag mismatch in slice response%s", doing(r))
		return 0, false
	}
	if etag != nil {
		p.etag = etag
	}
	c, ok := parseContentRange(h.Headers.Get(header.ContentRange))
	switch {
	case !ok:
		r.Errorf(logs.Error, "invalid range in slice response%s", doing(r))
		return 0, false
	case c.whole < 0:
		r.Errorf(logs.Error, "no complete length in slice response%s", doing(r))
		return 0, false
	}
	end := min(c.start+int64(f), c.whole)
	if c.start != p.start || c.end != end {
		r.Errorf(logs.Error, "unexpected range in slice response: %d-%d, expected: %d-%d%s", c.start, c.end, p.start, end, doing(r))
		return 0, false
	}
	p.start, h.RangeOffset = end, c.start
	return c.whole, true
}

// doing is what nginx says of a request that looks at the head of a response.
func doing(r *httpd.Request) string {
	if r.Upstream == nil {
		return ""
	}
	return " while reading response header from upstream"
}

// aim says which pieces have to follow the first, when it is known what of the
// whole the client gets.
func (p *pieces) aim(h *httpd.Response, whole int64) {
	p.end = whole
	if h.Status == 206 {
		if p.start+p.size <= h.RangeOffset {
			p.start = p.size * (h.RangeOffset / p.size)
		}
		p.end = h.RangeOffset + h.Length
	}
}

var errMissing = errors.New("missing slice response")

// rest asks for the pieces behind the first. (ngx_http_slice_body_filter)
func (p *pieces) rest(r *httpd.Request) error {
	for !r.HeadOnly {
		if !p.active {
			r.Errorf(logs.Error, "%v while sending to client", errMissing)
			return errMissing
		}
		if p.start >= p.end {
			r.SetContext(key{}, nil)
			break
		}
		p.ask(r)
		if err := r.Again(func(s *httpd.Request) { s.SetContext(key{}, p) }); err != nil {
			return err
		}
	}
	return nil
}
