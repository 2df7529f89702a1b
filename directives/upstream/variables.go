package upstream

import (
	"strconv"
	"time"

	"understudy/runtime/gateway"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// httpVariables tell what became of the peers of a request. One request may
// have had several: tries within a pass are told apart by ", ", passes after an
// internal redirect by " : ".
var httpVariables = []httpd.Variable{
	perAttempt("upstream_addr", "The address of the server.", func(dst []byte, a *gateway.Attempt) []byte {
		return append(dst, a.Name...)
	}),
	perAttempt("upstream_status", "The status of the server's response.", func(dst []byte, a *gateway.Attempt) []byte {
		return a.AppendStatus(dst)
	}),
	perAttempt("upstream_connect_time", "The time it took to connect, in seconds.", func(dst []byte, a *gateway.Attempt) []byte {
		return appendTime(dst, a.Connect)
	}),
	perAttempt("upstream_header_time", "The time until the head of the response, in seconds.", func(dst []byte, a *gateway.Attempt) []byte {
		return appendTime(dst, a.Header)
	}),
	perAttempt("upstream_response_time", "The time until the end of the response, in seconds.", func(dst []byte, a *gateway.Attempt) []byte {
		return appendTime(dst, a.Response)
	}),
	perAttempt("upstream_response_length", "The length of the response's body.", func(dst []byte, a *gateway.Attempt) []byte {
		return strconv.AppendInt(dst, a.Length, 10)
	}),
	perAttempt("upstream_bytes_received", "The number of bytes the server sent.", func(dst []byte, a *gateway.Attempt) []byte {
		return strconv.AppendInt(dst, a.Received, 10)
	}),
	perAttempt("upstream_bytes_sent", "The number of bytes sent to the server.", func(dst []byte, a *gateway.Attempt) []byte {
		return strconv.AppendInt(dst, a.Sent, 10)
	}),
	{Name: "upstream_cache_status", Doc: "What the cache had: MISS, BYPASS, EXPIRED, STALE, UPDATING, REVALIDATED or HIT.", Volatile: true, Get: cacheStatus},
	{Name: "upstream_cache_last_modified", Doc: "The Last-Modified time of the response that the server is asked about.", Volatile: true, Get: cacheModified},
	{Name: "upstream_cache_etag", Doc: "The ETag of the response that the server is asked about.", Volatile: true, Get: cacheETag},
	{Name: "upstream_http_*", Doc: "A field of the server's response.", Volatile: true, Get: upstreamField},
	{Name: "upstream_trailer_*", Doc: "A field of the trailer of the server's response.", Volatile: true, Get: upstreamTrailer},
	{Name: "upstream_cookie_*", Doc: "A cookie that the server's response sets.", Volatile: true, Get: upstreamCookie},
}

func cacheStatus(r *httpd.Request, _ string) ([]byte, bool) {
	s := gateway.StateOf(r)
	if s == nil || s.CacheStatus() == gateway.CacheNone {
		return nil, false
	}
	return r.CopyString(s.CacheStatus().String()), true
}

func cacheModified(r *httpd.Request, _ string) ([]byte, bool) {
	s := gateway.StateOf(r)
	if s == nil {
		return nil, false
	}
	e := s.Revalidates()
	if e == nil || e.LastModified == -1 {
		return nil, false
	}
	return h1.AppendTime(r.Alloc(32), e.LastModified), true
}

func cacheETag(r *httpd.Request, _ string) ([]byte, bool) {
	s := gateway.StateOf(r)
	if s == nil {
		return nil, false
	}
	e := s.Revalidates()
	if e == nil || len(e.ETag) == 0 {
		return nil, false
	}
	return e.ETag, true
}

// perAttempt makes a variable that lists something of every attempt.
func perAttempt(name, doc string, one func(dst []byte, a *gateway.Attempt) []byte) httpd.Variable {
	return httpd.Variable{Name: name, Doc: doc, Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) {
		s := gateway.StateOf(r)
		if s == nil || len(s.Attempts) == 0 {
			return nil, false
		}
		b := r.Alloc(32 * len(s.Attempts))
		sep := ""
		s.Each(func(a *gateway.Attempt) {
			if a.Name == "" {
				sep = " : "
				return
			}
			b = one(append(b, sep...), a)
			sep = ", "
		})
		return b, true
	}}
}

func appendTime(dst []byte, d time.Duration) []byte {
	if d < 0 {
		return append(dst, '-')
	}
	ms := int64(d / time.Millisecond)
	dst = append(strconv.AppendInt(dst, ms/1000, 10), '.')
	ms %= 1000
	return append(dst, byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
}

func upstreamField(r *httpd.Request, name string) ([]byte, bool) {
	s := gateway.StateOf(r)
	if s == nil {
		return nil, false
	}
	return joined(r, &s.Head.Block, name)
}

func upstreamTrailer(r *httpd.Request, name string) ([]byte, bool) {
	s := gateway.StateOf(r)
	if s == nil {
		return nil, false
	}
	return joined(r, s.Trailers(), name)
}

// joined returns the values of all fields of a name, with ", " between them.
func joined(r *httpd.Request, b *header.Block, name string) ([]byte, bool) {
	key := []byte(name)
	f := b.LookupVar(header.Hash(name), key)
	if f == nil {
		return nil, false
	}
	if b.NextVar(f) == nil {
		return b.Value(f), true
	}
	out := r.Alloc(256)
	for ; f != nil; f = b.NextVar(f) {
		if len(out) > 0 {
			out = append(out, ", "...)
		}
		out = append(out, b.Value(f)...)
	}
	return out, true
}

func upstreamCookie(r *httpd.Request, name string) ([]byte, bool) {
	s := gateway.StateOf(r)
	if s == nil {
		return nil, false
	}
	return h1.SetCookie(&s.Head.Block, name)
}
