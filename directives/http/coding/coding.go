// Package coding is what content codings have in common (RFC 9110 section 8.4):
// which responses are compressed and what their heads say then, and files that
// were compressed beforehand. How a coding compresses is its module's own.
package coding

import (
	"strconv"

	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/vars"
)

// A Rule says which responses of one location a coding applies to.
type Rule struct {
	Name      []byte // in Content-Encoding
	Types     *httpd.Types
	MinLength int64                     // of a Content-Length, in bytes
	Takes     func(*httpd.Request) bool // the client takes the coding
	Wrap      func(r *httpd.Request, next httpd.Writer) httpd.Writer
}

// Head is the Head of an httpd.Filter. (ngx_http_gzip_header_filter)
func (c *Rule) Head(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	p := &r.Resp
	switch p.Status {
	case 200, 403, 404:
	default:
		return nil, httpd.OK
	}
	if len(p.Headers.Get(header.ContentEncoding)) > 0 || p.Length >= 0 && p.Length < c.MinLength ||
		!c.Types.Has(p) || r.HeadOnly {
		return nil, httpd.OK
	}
	p.GzipVary = r.Loc.Gzip.Vary
	if !c.Takes(r) {
		return nil, httpd.OK
	}
	p.Headers.AddID(header.ContentEncoding, c.Name)
	p.ClearLength()
	p.ClearRanges()
	r.WeakenETag()
	return func(next httpd.Writer) httpd.Writer { return c.Wrap(r, next) }, httpd.OK
}

// SetRatio sets a variable to how many times smaller a response became, with two
// digits, rounded, if anything asks for it.
func SetRatio(r *httpd.Request, variable string, in, out int64) {
	if out == 0 {
		return
	}
	if i := r.HTTP.Vars.Find(variable); i != vars.None {
		r.SetVar(i, appendRatio(r.Alloc(16), in, out))
	}
}

func appendRatio(dst []byte, in, out int64) []byte {
	n := in * 100 / out
	if in*1000/out%10 > 4 {
		n++
	}
	dst = append(strconv.AppendInt(dst, n/100, 10), '.')
	return append(dst, byte('0'+n/10%10), byte('0'+n%10))
}

// Takes reports whether a client takes a coding: Accept-Encoding names it, and
// its quality is not 0. It is for codings that nginx does not know, and to which
// its rules about gzip (gzip_proxied, gzip_disable …) do not apply. Only main
// requests have a coding.
func Takes(r *httpd.Request, name string) bool {
	return r.Parent == nil && takes(r.Head.Get(header.AcceptEncoding), name)
}

// takes looks for the name between commas and spaces, as ngx_brotli does.
func takes(v []byte, name string) bool {
	for i := 0; i+len(name) <= len(v); i++ {
		if !header.EqualFold(v[i:i+len(name)], name) || i > 0 && v[i-1] != ',' && v[i-1] != ' ' {
			continue
		}
		rest := v[i+len(name):]
		if len(rest) == 0 || rest[0] == ',' || rest[0] == ' ' || rest[0] == ';' {
			return !zero(rest)
		}
	}
	return false
}

// zero reports whether what follows a name is a quality of 0 (RFC 9110 section
// 12.4.2).
func zero(v []byte) bool {
	for _, want := range []byte(";q=0") {
		for len(v) > 0 && v[0] == ' ' {
			v = v[1:]
		}
		if len(v) == 0 || v[0] != want {
			return false
		}
		v = v[1:]
	}
	if len(v) == 0 || v[0] != '.' {
		return true
	}
	for _, c := range v[1:min(len(v), 4)] {
		if c > '0' && c <= '9' {
			return false
		}
		if c != '0' {
			break
		}
	}
	return true
}
