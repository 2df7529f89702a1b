package proxy

import (
	"strconv"

	"understudy/runtime/gateway"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

var variables = []httpd.Variable{
	{Name: "proxy_host", Doc: "The host and port of proxy_pass.", Volatile: true, Changeable: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) {
		if s := gateway.StateOf(r); s != nil && s.Host != nil {
			return s.Host, true
		}
		return nil, false
	}},
	{Name: "proxy_port", Doc: "The port of proxy_pass.", Volatile: true, Changeable: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) {
		if s := gateway.StateOf(r); s != nil && s.Port != nil {
			return s.Port, true
		}
		return nil, false
	}},
	{Name: "proxy_add_x_forwarded_for", Doc: "The X-Forwarded-For fields of the client with its address added.", Get: addForwardedFor},
	{Name: "proxy_internal_body_length", Doc: "The Content-Length of the request as it is passed on.", Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) {
		if s := gateway.StateOf(r); s != nil && s.BodyLen >= 0 && !s.Chunked {
			return strconv.AppendInt(r.Alloc(20), s.BodyLen, 10), true
		}
		return nil, false
	}},
	{Name: "proxy_internal_chunked", Doc: "The Transfer-Encoding of the request as it is passed on.", Volatile: true, Get: func(r *httpd.Request, _ string) ([]byte, bool) {
		if s := gateway.StateOf(r); s != nil && s.Chunked {
			return []byte("chunked"), true
		}
		return nil, false
	}},
}

func addForwardedFor(r *httpd.Request, _ string) ([]byte, bool) {
	f := r.Head.First(header.XForwardedFor)
	if f == nil {
		return r.RealIP, true
	}
	n := len(r.RealIP)
	for g := f; g != nil; g = r.Head.Next(g) {
		n += len(r.Head.Value(g)) + 2
	}
	b := r.Alloc(n)
	for g := f; g != nil; g = r.Head.Next(g) {
		b = append(append(b, r.Head.Value(g)...), ", "...)
	}
	return append(b, r.RealIP...), true
}
