package slice

import (
	"bytes"
	"math"

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
	p := reader{v[len(unit):], true}
	n := p.number()
	if !p.ok {
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
	p := reader{v, true}
	c.start = p.number()
	p.take('-')
	c.end = p.number() + 1
	p.take('/')
	if p.peek() == '*' {
		p.take('*')
		c.whole = -1
	} else {
		c.whole = p.number()
	}
	p.spaces()
	return c, p.ok && len(p.s) == 0
}

// A reader takes a field apart. Spaces may stand before numbers and marks. What
// is not as it should be makes it not ok.
type reader struct {
	s  []byte
	ok bool
}

func (p *reader) spaces() { p.s = bytes.TrimLeft(p.s, " ") }

func (p *reader) peek() byte {
	p.spaces()
	if len(p.s) == 0 {
		return 0
	}
	return p.s[0]
}

func (p *reader) take(c byte) {
	if p.peek() != c {
		p.ok = false
		return
	}
	p.s = p.s[1:]
}

func (p *reader) number() (n int64) {
	if c := p.peek(); c < '0' || c > '9' {
		p.ok = false
	}
	for len(p.s) > 0 && p.s[0] >= '0' && p.s[0] <= '9' {
		c := int64(p.s[0] - '0')
		if n > (math.MaxInt64-c)/10 {
			p.ok = false
			return 0
		}
		n = n*10 + c
		p.s = p.s[1:]
	}
	return n
}
