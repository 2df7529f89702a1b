package httpcore

import (
	"strconv"
	"time"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

// fieldVariables are the fields of the request's header.
var fieldVariables = []httpd.Variable{
	{Name: "http_*", Doc: "A request header field by its name in lower case with underscores for hyphens.", Get: fieldIn},
	{Name: "http_host", Doc: "The Host field.", Get: knownIn(header.Host)},
	{Name: "http_user_agent", Doc: "The User-Agent field.", Get: knownIn(header.UserAgent)},
	{Name: "http_referer", Doc: "The Referer field.", Get: knownIn(header.Referer)},
	{Name: "http_via", Doc: "The Via fields.", Get: knownIn(header.Via)},
	{Name: "http_x_forwarded_for", Doc: "The X-Forwarded-For fields.", Get: knownIn(header.XForwardedFor)},
	{Name: "http_cookie", Doc: "The Cookie fields, joined by semicolons.", Get: cookies},
	{Name: "content_type", Doc: "The Content-Type field of the request.", Get: knownIn(header.ContentType)},
	{Name: "content_length", Doc: "The length of the request's body, as announced or found.", Get: contentLength},
	{Name: "cookie_*", Doc: "A cookie by its name.", Get: cookie},
}

// sentVariables are the response.
var sentVariables = []httpd.Variable{
	{Name: "status", Doc: "The status of the response.", Volatile: true, Get: status},
	{Name: "sent_http_*", Doc: "A response header field by its name in lower case with underscores for hyphens.", Get: fieldOut},
	{Name: "sent_http_content_type", Doc: "The Content-Type of the response.", Get: func(r *httpd.Request, _ string) ([]byte, bool) {
		v := r.FullType()
		return v, len(v) > 0
	}},
	{Name: "sent_http_content_length", Doc: "The Content-Length of the response.", Get: sentLength},
	{Name: "sent_http_location", Doc: "The Location of the response.", Get: sentLocation},
	{Name: "sent_http_last_modified", Doc: "The Last-Modified of the response.", Get: sentModified},
	{Name: "sent_http_connection", Doc: "The Connection field of the response.", Get: sentConnection},
	{Name: "sent_http_keep_alive", Doc: "The Keep-Alive field of the response.", Get: sentKeepAlive},
	{Name: "sent_http_transfer_encoding", Doc: "The Transfer-Encoding of the response.", Get: sentEncoding},
	{Name: "sent_http_cache_control", Doc: "The Cache-Control fields of the response.", Get: knownOut(header.CacheControl)},
	{Name: "sent_http_link", Doc: "The Link fields of the response.", Get: knownOut(header.Link)},
	{Name: "sent_trailer_*", Doc: "A response trailer field by its name in lower case with underscores for hyphens.", Get: trailerOut},
}

// name is text as bytes that need no heap.
func name(r *httpd.Request, text string) []byte { return r.CopyString(text) }

func fieldIn(r *httpd.Request, rest string) ([]byte, bool) {
	n := name(r, rest)
	b := &r.Head.Block
	first := b.LookupVar(header.Hash(n), n)
	if first == nil {
		return nil, false
	}
	next := b.NextVar(first)
	if next == nil {
		return b.Value(first), true
	}
	size := 0
	for f := first; f != nil; f = b.NextVar(f) {
		size += len(b.Value(f)) + len(comma)
	}
	out := append(r.Alloc(size), b.Value(first)...)
	for f := next; f != nil; f = b.NextVar(f) {
		out = append(append(out, comma...), b.Value(f)...)
	}
	return out, true
}

const (
	comma     = ", "
	semicolon = "; "
)

func knownIn(id header.ID) func(*httpd.Request, string) ([]byte, bool) {
	return func(r *httpd.Request, _ string) ([]byte, bool) { return joinIn(r, id, comma) }
}

func cookies(r *httpd.Request, _ string) ([]byte, bool) { return joinIn(r, header.Cookie, semicolon) }

func joinIn(r *httpd.Request, id header.ID, sep string) ([]byte, bool) {
	b := &r.Head.Block
	first := b.First(id)
	if first == nil {
		return nil, false
	}
	next := b.Next(first)
	if next == nil {
		return b.Value(first), true
	}
	size := 0
	for f := first; f != nil; f = b.Next(f) {
		size += len(b.Value(f)) + len(sep)
	}
	out := append(r.Alloc(size), b.Value(first)...)
	for f := next; f != nil; f = b.Next(f) {
		out = append(append(out, sep...), b.Value(f)...)
	}
	return out, true
}

func cookie(r *httpd.Request, rest string) ([]byte, bool) { return h1.Cookie(&r.Head.Block, rest) }

func contentLength(r *httpd.Request, _ string) ([]byte, bool) {
	if v := r.Head.Get(header.ContentLength); v != nil {
		return v, true
	}
	switch b := &r.Main().Body; {
	case b.Chunked && b.Discarded():
		return number64(r, 0), true
	case b.Chunked && b.Read() && !b.Pending():
		return number64(r, b.Length), true
	}
	return nil, false
}

func status(r *httpd.Request, _ string) ([]byte, bool) {
	return httpd.AppendStatus(r.Alloc(8), r.FinalStatus()), true
}

func fieldOut(r *httpd.Request, rest string) ([]byte, bool) {
	return joinOut(r, &r.Resp.Headers, name(r, rest))
}

func trailerOut(r *httpd.Request, rest string) ([]byte, bool) {
	return joinOut(r, &r.Resp.Trailers, name(r, rest))
}

func joinOut(r *httpd.Request, l *header.List, name []byte) (out []byte, ok bool) {
	hash, size, many := header.Hash(name), 0, false
	for i := range l.Len() {
		if f := l.At(i); f.Hash == hash && header.EqualVar(f.Name, name) {
			many = ok
			ok, out = true, f.Value
			size += len(f.Value) + len(comma)
		}
	}
	if !many {
		return out, ok
	}
	out = r.Alloc(size)
	for i := range l.Len() {
		if f := l.At(i); f.Hash == hash && header.EqualVar(f.Name, name) {
			out = append(append(out, f.Value...), comma...)
		}
	}
	return out[:len(out)-len(comma)], true
}

func knownOut(id header.ID) func(*httpd.Request, string) ([]byte, bool) {
	return func(r *httpd.Request, _ string) ([]byte, bool) {
		return joinOut(r, &r.Resp.Headers, id.Name())
	}
}

func sentLength(r *httpd.Request, _ string) ([]byte, bool) {
	if n := r.Resp.Length; n >= 0 {
		return number64(r, n), true
	}
	return nil, false
}

func sentLocation(r *httpd.Request, _ string) ([]byte, bool) {
	if v := r.Resp.Location; len(v) > 0 {
		return v, true
	}
	return joinOut(r, &r.Resp.Headers, header.Location.Name())
}

func sentModified(r *httpd.Request, _ string) ([]byte, bool) {
	p := &r.Resp
	if v := p.Headers.Get(header.LastModified); v != nil {
		return v, true
	}
	if p.LastModified.IsZero() {
		return nil, false
	}
	return h1.AppendTime(r.Alloc(32), p.LastModified.Unix()), true
}

var connectionTexts = [...][]byte{[]byte("close"), []byte("keep-alive"), []byte("upgrade")}

func sentConnection(r *httpd.Request, _ string) ([]byte, bool) {
	switch {
	case r.Resp.Status == 101:
		return connectionTexts[2], true
	case r.Keepalive:
		return connectionTexts[1], true
	}
	return connectionTexts[0], true
}

func sentKeepAlive(r *httpd.Request, _ string) ([]byte, bool) {
	t := r.Loc.KeepaliveHeader
	if !r.Keepalive || t == 0 {
		return nil, false
	}
	return strconv.AppendInt(append(r.Alloc(32), "timeout="...), int64(t/time.Second), 10), true
}

var chunked = []byte("chunked")

func sentEncoding(r *httpd.Request, _ string) ([]byte, bool) {
	if r.Resp.Chunked() {
		return chunked, true
	}
	return nil, false
}
