package gateway_test

import (
	"errors"
	"io"
	"strings"
	"testing"
)

const chunkedOK = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

func TestResponseBodies(t *testing.T) {
	long := strings.Repeat("0123456789", 10000)
	for _, tt := range []struct {
		name   string
		reply  reply
		conf   string
		method string
		body   string
		length int64 // -1: chunked, or up to the end
		cut    bool  // the client sees that it is not whole
		ended  bool
	}{
		{name: "Content-Length", reply: fine("body"), body: "body", length: 4},
		{name: "long", reply: fine(long), body: long, length: int64(len(long))},
		{name: "long, unbuffered", conf: "proxy_buffering off;", reply: fine(long), body: long, length: int64(len(long))},
		{name: "empty", reply: fine(""), length: 0},
		{name: "to the end", reply: reply{text: "HTTP/1.1 200 OK\r\n\r\nbody", end: true}, body: "body", length: -1},
		{name: "HTTP/1.0", reply: reply{text: "HTTP/1.0 200 OK\r\n\r\nbody", end: true}, body: "body", length: -1},
		{name: "chunked", reply: reply{text: chunkedOK + "2\r\nbo\r\n2;x=y\r\ndy\r\n0\r\n\r\n"}, body: "body", length: -1},
		{name: "chunked, unbuffered", conf: "proxy_buffering off;", reply: reply{text: chunkedOK + "2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n"}, body: "body", length: -1},
		{name: "chunked with trailers", reply: reply{text: chunkedOK + "4\r\nbody\r\n0\r\nX-T: v\r\n\r\n"}, body: "body", length: -1},
		{name: "long chunks", reply: reply{text: chunkedOK + "186a0\r\n" + long + "\r\n0\r\n\r\n"}, body: long, length: -1},
		{name: "cut, Content-Length", reply: reply{text: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbody", end: true}, body: "body", length: 10, cut: true, ended: true},
		{name: "cut, chunked", reply: reply{text: chunkedOK + "4\r\nbody\r\n", end: true}, body: "body", length: -1, cut: true, ended: true},
		{name: "cut within a chunk", reply: reply{text: chunkedOK + "8\r\nbody", end: true}, body: "body", length: -1, cut: true, ended: true},
		{name: "more than Content-Length", reply: reply{text: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodymore"}, body: "body", length: 4},
		{name: "HEAD", method: "HEAD", reply: reply{text: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"}, length: 4},
		{name: "204", reply: reply{text: "HTTP/1.1 204 No Content\r\n\r\n"}, length: 0},
		{name: "304", reply: reply{text: "HTTP/1.1 304 Not Modified\r\n\r\n"}, length: 0},
		{name: "timeout in the body, buffered", conf: "proxy_read_timeout 30ms;", reply: reply{text: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbody", hang: true}, length: 10, cut: true, ended: true},
		{name: "timeout in the body, not buffered", conf: "proxy_read_timeout 30ms; proxy_buffering off;", reply: reply{text: "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbody", hang: true}, body: "body", length: 10, cut: true, ended: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.method == "" {
				tt.method = "GET"
			}
			c := proxying(t, tt.conf, serve(t, tt.reply).addr).dial()
			c.say(t, tt.method+" / HTTP/1.1\r\nHost: h\r\n\r\n")
			r, body, err := c.response(t, tt.method)
			if cut := errors.Is(err, io.ErrUnexpectedEOF); cut != tt.cut {
				t.Errorf("cut %v (%v), want %v", cut, err, tt.cut)
			}
			if body != tt.body || r.ContentLength != tt.length {
				t.Errorf("got %d bytes, length %d, want %d, %d", len(body), r.ContentLength, len(tt.body), tt.length)
			}
			if tt.length < 0 && len(r.TransferEncoding) != 1 {
				t.Error("the response is not chunked")
			}
			if tt.ended {
				if !c.ended() {
					t.Error("the connection goes on")
				}
				return
			}
			c.say(t, tt.method+" / HTTP/1.1\r\nHost: h\r\n\r\n")
			c.response(t, tt.method)
		})
	}
}

// TestInvalidChunks: what has not been sent of a response that makes no sense
// is not sent, and the connection is closed.
func TestInvalidChunks(t *testing.T) {
	c := proxying(t, "", serve(t, reply{text: chunkedOK + "zz\r\nbody\r\n0\r\n\r\n", end: true}).addr).dial()
	c.say(t, get("/"))
	b, err := io.ReadAll(c.in)
	if err != nil || strings.HasSuffix(string(b), "0\r\n\r\n") {
		t.Errorf("got %q, %v: it looks whole", b, err)
	}
}

// TestKeepalive tells after which responses a connection to a peer is used
// again.
func TestKeepalive(t *testing.T) {
	for _, tt := range []struct {
		name   string
		reply  reply
		method string
		conns  int // for two requests
	}{
		{name: "Content-Length", reply: fine("body"), conns: 1},
		{name: "chunked", reply: reply{text: chunkedOK + "4\r\nbody\r\n0\r\n\r\n"}, conns: 1},
		{name: "empty", reply: fine(""), conns: 1},
		{name: "304", reply: reply{text: "HTTP/1.1 304 Not Modified\r\n\r\n"}, conns: 1},
		{name: "HEAD", method: "HEAD", reply: reply{text: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"}, conns: 1},
		{name: "HEAD with a body", method: "HEAD", reply: fine("body"), conns: 2},
		{name: "204 with a body", reply: reply{text: "HTTP/1.1 204 No Content\r\n\r\nbody"}, conns: 2},
		{name: "more than Content-Length", reply: reply{text: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodymore"}, conns: 2},
		{name: "more than the chunks", reply: reply{text: chunkedOK + "0\r\n\r\nmore"}, conns: 2},
		{name: "Connection: close", reply: reply{text: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"}, conns: 2},
		{name: "HTTP/1.0", reply: reply{text: "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody"}, conns: 2},
		{name: "HTTP/1.0 keep-alive", reply: reply{text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nbody"}, conns: 2},
		{name: "to the end", reply: reply{text: "HTTP/1.1 200 OK\r\n\r\nbody", end: true}, conns: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.method == "" {
				tt.method = "GET"
			}
			p := serve(t, tt.reply)
			c := proxying(t, "", p.addr).dial()
			for range 2 {
				c.say(t, tt.method+" / HTTP/1.1\r\nHost: h\r\n\r\n")
				if _, _, err := c.response(t, tt.method); err != nil {
					t.Fatal(err)
				}
			}
			if _, n := p.seen(); n != tt.conns {
				t.Errorf("%d connections for two requests, want %d", n, tt.conns)
			}
		})
	}
}

// TestIdleConnectionClosed: a connection that turns out to be closed when it is
// used again says nothing about the peer.
func TestIdleConnectionClosed(t *testing.T) {
	p := serve(t, fine("one"), reply{end: true}, fine("three"))
	c := proxying(t, "", p.addr).dial()
	for _, want := range []string{"one", "three"} {
		c.say(t, get("/"))
		if r, body, _ := c.response(t, "GET"); r.StatusCode != 200 || body != want {
			t.Errorf("got %d %q, want %q", r.StatusCode, body, want)
		}
	}
	if _, n := p.seen(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestAccel(t *testing.T) {
	for _, tt := range []struct {
		name, conf, fields, method string
		status                     int
		body                       string
	}{
		{name: "URI", fields: "X-Accel-Redirect: /inner?a=b\r\n", status: 200, body: "inner GET a=b"},
		{name: "POST becomes GET", method: "POST", fields: "X-Accel-Redirect: /inner\r\n", status: 200, body: "inner GET "},
		{name: "named", fields: "X-Accel-Redirect: @named\r\n", status: 200, body: "named"},
		{name: "no such name", fields: "X-Accel-Redirect: @nope\r\n", status: 500},
		{name: "unsafe", fields: "X-Accel-Redirect: /a/../../inner\r\n", status: 404},
		{name: "ignored", conf: "proxy_ignore_headers X-Accel-Redirect;", fields: "X-Accel-Redirect: /inner\r\n", status: 200, body: "body"},
		{name: "unbuffered", fields: "X-Accel-Buffering: no\r\n", status: 200, body: "body"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.method == "" {
				tt.method = "GET"
			}
			back := serve(t, reply{text: "HTTP/1.1 200 OK\r\n" + tt.fields + "Content-Length: 4\r\n\r\nbody"})
			c := proxying(t, tt.conf, back.addr).dial()
			c.say(t, tt.method+" / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
			r, body, err := c.response(t, tt.method)
			if err != nil || r.StatusCode != tt.status || tt.status == 200 && body != tt.body {
				t.Errorf("got %d %q %v, want %d %q", r.StatusCode, body, err, tt.status, tt.body)
			}
			for name := range r.Header {
				if strings.HasPrefix(name, "X-Accel") {
					t.Errorf("%s is passed on", name)
				}
			}
		})
	}
}

// TestUnbuffered: without buffering a piece of a body goes on at once.
func TestUnbuffered(t *testing.T) {
	for _, tt := range []struct{ conf, field string }{
		{"proxy_buffering off;", ""},
		{"", "X-Accel-Buffering: no\r\n"},
	} {
		back := serve(t, reply{text: "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n" + tt.field + "\r\nbody", hang: true})
		c := proxying(t, tt.conf, back.addr).dial()
		c.say(t, get("/"))
		var got []byte
		b := make([]byte, 1024)
		for !strings.HasSuffix(string(got), "\r\n\r\nbody") {
			n, err := c.in.Read(b)
			if err != nil {
				t.Fatalf("got %q, %v", got, err)
			}
			got = append(got, b[:n]...)
		}
		c.Close()
		<-back.closed
	}
}

// TestResponseLength: $upstream_response_length counts what the peer sent behind the
// head, framing included.
func TestResponseLength(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{chunkedOK + "5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n", "23"},
		{fine("hello").text, "5"},
	} {
		c := proxying(t, "add_trailer X-Length $upstream_response_length;", serve(t, reply{text: tt.text}).addr).dial()
		c.say(t, get("/"))
		r, _, err := c.response(t, "GET")
		if got := r.Trailer.Get("X-Length"); got != tt.want {
			t.Errorf("%q: got %q, %v, want %s", tt.text, got, err, tt.want)
		}
	}
}
