// Package notmodified answers conditional requests: 304 for what the client has
// already, 412 for what is not as it expects.
//
// nginx has no directives for it but if_modified_since, of its core.
// RFC 9110, section 13.
package notmodified

import (
	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// Module is ngx_http_not_modified_filter_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_not_modified_filter",
	Location: func(_ *conf, b *spec.Builder) error {
		b.Filters = append(b.Filters, httpd.Filter{Name: "not modified", Head: head})
		return nil
	},
}

// A conf is empty: there are no directives.
type conf struct{}

// head looks at the conditions of the request.
// (ngx_http_not_modified_header_filter)
func head(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	p := &r.Resp
	if p.Status != 200 || r.Parent != nil || p.Unconditional {
		return nil, httpd.OK
	}
	if since := r.Header(header.IfUnmodifiedSince); since != nil && !unmodified(r, since) {
		return nil, r.Abandon(412)
	}
	if tags := r.Header(header.IfMatch); tags != nil && !matches(p, tags, false) {
		return nil, r.Abandon(412)
	}
	since, tags := r.Header(header.IfModifiedSince), r.Header(header.IfNoneMatch)
	switch {
	case since == nil && tags == nil,
		since != nil && modified(r, since),
		tags != nil && !matches(p, tags, true):
		return nil, httpd.OK
	}
	p.Status, p.StatusLine = 304, nil
	p.ContentType, p.Length, p.AcceptRanges = nil, -1, false
	p.Headers.DelID(header.AcceptRanges)
	p.Headers.DelID(header.ContentLength)
	p.Headers.DelID(header.ContentEncoding)
	return nil, httpd.OK
}

func unmodified(r *httpd.Request, since []byte) bool {
	if r.Resp.LastModified.IsZero() {
		return false
	}
	t, ok := h1.ParseTime(since)
	return ok && t >= r.Resp.LastModified.Unix()
}

func modified(r *httpd.Request, since []byte) bool {
	if r.Resp.LastModified.IsZero() || r.Loc.IfModifiedSince == httpd.ModifiedOff {
		return true
	}
	t, ok := h1.ParseTime(since)
	if !ok {
		return true
	}
	last := r.Resp.LastModified.Unix()
	return t != last && (r.Loc.IfModifiedSince == httpd.ModifiedExact || t < last)
}

// matches reports whether the response's ETag is in a list, or the list is
// "*". A weak comparison ignores "W/". (ngx_http_test_if_match)
func matches(p *httpd.Response, list []byte, weak bool) bool {
	if len(list) == 1 && list[0] == '*' {
		return true
	}
	tag := p.Headers.Get(header.ETag)
	if tag == nil {
		return false
	}
	if weak {
		tag = strong(tag)
	}
	for len(list) > 0 {
		if weak {
			list = strong(list)
		}
		if len(tag) > len(list) {
			return false
		}
		if string(list[:len(tag)]) == string(tag) {
			if rest := skip(list[len(tag):], false); len(rest) == 0 || rest[0] == ',' {
				return true
			}
		}
		for len(list) > 0 && list[0] != ',' {
			list = list[1:]
		}
		list = skip(list, true)
	}
	return false
}

// strong cuts off the mark of a weak tag.
func strong(tag []byte) []byte {
	if len(tag) > 2 && tag[0] == 'W' && tag[1] == '/' {
		return tag[2:]
	}
	return tag
}

// skip cuts off white space, and commas.
func skip(s []byte, commas bool) []byte {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t' || commas && s[0] == ',') {
		s = s[1:]
	}
	return s
}
