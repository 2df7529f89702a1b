package charset

import (
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A filter names the charset of the responses of one location, and recodes
// them.
type filter struct {
	known    *charsets
	types    *httpd.Types
	charset  name
	source   name
	override bool
}

// A wanted is a charset that a body is in or is to be in: one of those that are
// known, or just a name.
type wanted struct {
	charset *charset
	name    []byte
}

// head decides what is done with a response. (ngx_http_charset_header_filter)
func (f *filter) head(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	var dst, src wanted
	var st httpd.Status
	p := &r.Resp
	_, named := namedCharset(p)
	if r.Parent == nil {
		dst, st = f.destination(r, named)
	} else {
		dst, st = f.ofMain(r)
	}
	if st != httpd.OK {
		return nil, declined(st)
	}
	off := false
	switch {
	case len(named) > 0:
		src = f.find(named)
	case f.source.off():
		off = true
	default:
		if src, st = f.evaluate(r, f.source); st != httpd.OK {
			return nil, st
		}
	}
	switch {
	case off:
		set(r, dst.name)
	case dst.charset == nil || src.charset == nil:
		if dst.charset != src.charset || !hasPrefixFold(src.name, dst.name) {
			return f.noMap(r, src, dst)
		}
		set(r, dst.name)
	case dst.charset == src.charset:
		base(p)
		set(r, dst.name)
	case len(p.Headers.Get(header.ContentEncoding)) > 0:
	default:
		with := src.charset.to[dst.charset]
		if with == nil {
			return f.noMap(r, src, dst)
		}
		base(p)
		set(r, dst.name)
		if (src.charset.utf8 || dst.charset.utf8) && r.Parent == nil {
			p.ClearLength()
		}
		return func(next httpd.Writer) httpd.Writer { return &writer{r: r, next: next, with: with} }, httpd.OK
	}
	return nil, httpd.OK
}

// declined turns Declined, which ends no filter, into OK.
func declined(st httpd.Status) httpd.Status {
	if st == httpd.Declined {
		return httpd.OK
	}
	return st
}

func (f *filter) noMap(r *httpd.Request, src, dst wanted) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	r.Errorf(logs.Error, `no "charset_map" between the charsets "%s" and "%s" while %s`, src.name, dst.name, doing(r))
	return nil, httpd.OK
}

// doing says what nginx is at when it looks at a head.
func doing(r *httpd.Request) string {
	if r.Upstream != nil {
		return "reading response header from upstream"
	}
	return "sending response to client"
}

// destination finds the charset that the client is to get.
func (f *filter) destination(r *httpd.Request, named []byte) (wanted, httpd.Status) {
	p := &r.Resp
	if len(p.ContentType) == 0 {
		return wanted{}, httpd.Declined
	}
	if len(p.WantCharset) > 0 {
		w := f.find(p.WantCharset)
		if w.charset != nil {
			return w, httpd.OK
		}
		r.Errorf(logs.Error, `unknown charset "%s" to override while %s`, p.WantCharset, doing(r))
		return wanted{}, httpd.Declined
	}
	switch {
	case f.charset.off(),
		len(named) > 0 && !f.override,
		len(named) == 0 && !f.types.Has(p):
		return wanted{}, httpd.Declined
	}
	return f.evaluate(r, f.charset)
}

// ofMain finds the charset of the page that r is a part of.
func (f *filter) ofMain(r *httpd.Request) (wanted, httpd.Status) {
	_, named := namedCharset(&r.Main().Resp)
	if len(named) == 0 {
		return wanted{}, httpd.Declined
	}
	return f.find(named), httpd.OK
}

// evaluate returns the charset that a directive names.
func (f *filter) evaluate(r *httpd.Request, n name) (wanted, httpd.Status) {
	if !n.dynamic {
		return wanted{n.charset, n.charset.bytes}, httpd.OK
	}
	v, ok := r.Var(n.variable)
	if !ok {
		return wanted{}, httpd.Aborted
	}
	return f.find(v), httpd.OK
}

func (f *filter) find(name []byte) wanted { return wanted{f.known.find(name), name} }

// namedCharset returns the charset that the response names, and the type
// without it.
func namedCharset(p *httpd.Response) (base, charset []byte) {
	if p.PlainType {
		return p.ContentType, p.Charset
	}
	return httpd.SplitType(p.ContentType)
}

// base takes the charset out of the Content-Type, to be replaced.
func base(p *httpd.Response) { p.ContentType, p.PlainType = p.BaseType(), true }

// set gives the response a charset. nginx gives redirects none, because old
// browsers took it for that of the page they were sent to.
func set(r *httpd.Request, name []byte) {
	switch {
	case r.Parent != nil:
	case r.Resp.Status == 301 || r.Resp.Status == 302:
		r.Resp.Charset = nil
	default:
		r.Resp.Charset = name
	}
}

func hasPrefixFold(s, prefix []byte) bool {
	return len(s) >= len(prefix) && header.EqualFold(s[:len(prefix)], prefix)
}
