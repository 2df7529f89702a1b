package headers

import (
	"time"

	"understudy/parser/diag"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// A filter is what the directives say in one location.
type filter struct {
	expires    *expires
	expiresPos diag.Pos
	headers    []field
	trailers   []field
}

// safe reports whether fields without "always" are added to a response.
func safe(status httpd.Status) bool {
	switch status {
	case 200, 201, 204, 206, 301, 302, 303, 304, 307, 308:
		return true
	}
	return false
}

// head adds to the head. (ngx_http_headers_filter)
func (f *filter) head(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	if r.Parent != nil {
		return nil, httpd.OK
	}
	ok := safe(r.Resp.Status)
	if f.expires != nil && ok {
		f.expires.set(r)
		r.Added("expires", f.expiresPos)
	}
	for i := range f.headers {
		if h := &f.headers[i]; ok || h.always {
			h.add(r)
			r.Added("add_header", h.pos)
		}
	}
	for i := range f.trailers {
		if ok || f.trailers[i].always {
			r.Resp.WantTrailers = true
			return func(next httpd.Writer) httpd.Writer { return &trailer{next, r, f.trailers} }, httpd.OK
		}
	}
	return nil, httpd.OK
}

// add adds a field. Last-Modified and ETag replace what there is, and without
// a value remove it, so that later filters go by them.
func (h *field) add(r *httpd.Request) {
	p, out := &r.Resp, h.name
	out.Value = r.Eval(h.value)
	switch out.ID {
	case header.LastModified:
		p.LastModified, p.ListedModified = time.Time{}, len(out.Value) > 0
		if t, ok := h1.ParseTime(out.Value); ok {
			p.LastModified = time.Unix(t, 0)
		}
		replace(&p.Headers, out)
	case header.ETag:
		replace(&p.Headers, out)
	default:
		if len(out.Value) > 0 {
			p.Headers.AddOut(out)
		}
	}
}

func replace(l *header.List, out header.Out) {
	if len(out.Value) == 0 {
		l.DelID(out.ID)
		return
	}
	for i := range l.Len() {
		if f := l.At(i); f.ID == out.ID {
			*f = out
			return
		}
	}
	l.AddOut(out)
}

// A trailer adds fields behind the body.
type trailer struct {
	httpd.Writer
	r      *httpd.Request
	fields []field
}

func (t *trailer) Close() error {
	p := &t.r.Resp
	ok := safe(p.Status)
	for i := range t.fields {
		f := &t.fields[i]
		if !ok && !f.always {
			continue
		}
		if out := f.name; !t.r.HeadOnly {
			if out.Value = t.r.Eval(f.value); len(out.Value) > 0 {
				p.Trailers.AddOut(out)
			}
		}
	}
	return t.Writer.Close()
}
