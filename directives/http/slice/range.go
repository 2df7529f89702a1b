package slice

import (
	"bytes"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// first returns where the range begins that a client asks for, as far as that
// can be said before it is known how long the whole is.
// (ngx_http_slice_get_start)
func first(r *httpd.Request) int64 {
	if r.Header(header.IfRange) != nil {
		return 0
	}
	return firstOf(r.Header(header.Range))
}

// firstOf is first for a Range field (RFC 9110 section 14.2).
func firstOf(v []byte) int64 {
	const unit = "bytes="
	if len(v) < 7 || !header.EqualFold(v[:len(unit)], []byte(unit)) || bytes.IndexByte(v, ',') >= 0 {
		return 0
	}
	p := h1.ScanRange(v[len(unit):])
	p.Spaces()
	n := p.Number()
	if !p.OK {
		return 0
	}
	return n
}

// A contentRange is what a Content-Range field says (RFC 9110 section 14.4).
type contentRange struct {
	start, end int64 // without the end
	whole      int64 // how long all is; -1: that is not known
}

// parseContentRange reports whether v is a Content-Range of bytes.
// (ngx_http_slice_parse_content_range)
func parseContentRange(v []byte) (c contentRange, ok bool) {
	v, ok = bytes.CutPrefix(v, []byte("bytes "))
	if !ok || len(v) == 0 {
		return c, false
	}
	p := h1.ScanRange(v)
	p.Spaces()
	c.start = p.Number()
	p.Spaces()
	p.Take('-')
	p.Spaces()
	c.end = p.Number() + 1
	p.Spaces()
	p.Take('/')
	p.Spaces()
	if p.Peek() == '*' {
		p.Take('*')
		c.whole = -1
	} else {
		c.whole = p.Number()
	}
	p.Spaces()
	return c, p.OK && len(p.Rest) == 0
}
