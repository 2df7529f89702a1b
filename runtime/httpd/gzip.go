package httpd

import (
	"time"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/logs"
	"understudy/runtime/regex"
)

// A GzipRule says which requests may be answered with a gzipped response.
type GzipRule struct {
	Vary    bool // responses that differ by Accept-Encoding say so (gzip_vary)
	Minor   int  // the least HTTP/1.x (gzip_http_version)
	Proxied GzipProxied
	MSIE6   bool            // not to MSIE 4 to 6 (gzip_disable msie6)
	Disable []*regex.Regexp // nor to User-Agents that match (gzip_disable)
}

// GzipProxied is a set of conditions for requests that come through a proxy:
// those with a Via field (gzip_proxied).
type GzipProxied uint16

const (
	GzipProxiedOff GzipProxied = 1 << iota
	GzipProxiedExpired
	GzipProxiedNoCache
	GzipProxiedNoStore
	GzipProxiedPrivate
	GzipProxiedNoLastModified
	GzipProxiedNoETag
	GzipProxiedAuth
	GzipProxiedAny
)

// AcceptsGzip reports whether the client takes a gzipped response and the
// location's Gzip lets it have one. (ngx_http_gzip_ok)
func (r *Request) AcceptsGzip() bool {
	if r.Parent != nil {
		return false
	}
	g := &r.Loc.Gzip
	switch {
	case !acceptsGzip(r.Head.Get(header.AcceptEncoding)),
		g.MSIE6 && r.Agent()&h1.MSIE6 != 0,
		r.Old || r.Minor < g.Minor,
		r.Head.Get(header.Via) != nil && !r.gzipProxied(g.Proxied):
		return false
	}
	if len(g.Disable) == 0 {
		return true
	}
	agent := r.Head.Get(header.UserAgent)
	if agent == nil {
		return true
	}
	for _, re := range g.Disable {
		_, ok, err := re.Match(agent, nil)
		if err != nil {
			r.Errorf(logs.Alert, "pcre2_match() failed: %v on \"%s\" using \"%s\"", err, agent, re)
		}
		if ok || err != nil {
			return false
		}
	}
	return true
}

// gzipProxied looks at the response head to see whether a proxy may be given a
// gzipped response: mostly, whether it will not keep it.
func (r *Request) gzipProxied(p GzipProxied) bool {
	switch {
	case p&GzipProxiedOff != 0:
		return false
	case p&GzipProxiedAny != 0,
		p&GzipProxiedAuth != 0 && r.Head.Get(header.Authorization) != nil:
		return true
	}
	h := &r.Resp.Headers
	if v := h.Get(header.Expires); v != nil {
		return p&GzipProxiedExpired != 0 && r.expired(v)
	}
	if h.Get(header.CacheControl) != nil {
		return p&GzipProxiedNoCache != 0 && h.HasToken(header.CacheControl, "no-cache") ||
			p&GzipProxiedNoStore != 0 && h.HasToken(header.CacheControl, "no-store") ||
			p&GzipProxiedPrivate != 0 && h.HasToken(header.CacheControl, "private")
	}
	return !(p&GzipProxiedNoLastModified != 0 && h.Get(header.LastModified) != nil ||
		p&GzipProxiedNoETag != 0 && h.Get(header.ETag) != nil)
}

// expired reports whether a response was too old when it was made.
func (r *Request) expired(v []byte) bool {
	expires, ok := h1.ParseTime(v)
	if !ok {
		return false
	}
	date := time.Now().Unix()
	if v := r.Resp.Headers.Get(header.Date); v != nil {
		if date, ok = h1.ParseTime(v); !ok {
			return false
		}
	}
	return expires < date
}

// acceptsGzip reports whether an Accept-Encoding takes gzip: its first "gzip"
// that stands at the beginning or behind a comma or a space, with a quality
// that is not 0. (ngx_http_gzip_accept_encoding)
func acceptsGzip(v []byte) bool {
	const gzip = "gzip"
	start := 0
	for i := 0; i+len(gzip) <= len(v); {
		switch {
		case !header.EqualFold(v[i:i+len(gzip)], gzip):
			i++
		case i == start || v[i-1] == ',' || v[i-1] == ' ':
			return gzipQuality(v[i+len(gzip):])
		default:
			i += len(gzip)
			start = i
		}
	}
	return false
}

// gzipQuality reads what follows "gzip".
func gzipQuality(v []byte) bool {
	v = trimSpaces(v)
	if len(v) == 0 || v[0] == ',' {
		return true
	}
	if v[0] != ';' {
		return false
	}
	v = trimSpaces(v[1:])
	if len(v) == 0 {
		return true
	}
	if v[0]|0x20 != 'q' || len(v) < 3 || v[1] != '=' {
		return false
	}
	return notZero(v[2:])
}

func trimSpaces(v []byte) []byte {
	for len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	return v
}

// notZero reports whether v is a quality of 0.001 to 1. Like nginx it adds up
// the digits, and takes at most three of them. (ngx_http_gzip_quantity)
func notZero(v []byte) bool {
	if v[0] != '0' && v[0] != '1' {
		return false
	}
	q, n := int(v[0]-'0')*100, 0
	if len(v) == 1 || v[1] == ',' || v[1] == ' ' {
		return q > 0
	}
	if v[1] != '.' {
		return false
	}
	for _, c := range v[2:] {
		if c == ',' || c == ' ' {
			break
		}
		if c < '0' || c > '9' {
			return false
		}
		q += int(c - '0')
		n++
	}
	return q > 0 && q <= 100 && n <= 3
}
