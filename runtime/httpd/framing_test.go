package httpd_test

import (
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/conn"
	"understudy/runtime/zone"
)

// converse sends text to a server of a configuration and returns all that it
// says until it closes the connection.
func converse(t *testing.T, conf, text string) string {
	t.Helper()
	return talk(t, compile(t, conf, slog.DiscardHandler), text)
}

func compile(t *testing.T, conf string, log slog.Handler) *directives.Compiled {
	t.Helper()
	tree, err := parser.Load("/nginx.conf", parser.Memory(map[string]string{"/nginx.conf": conf}))
	if err != nil {
		t.Fatal(err)
	}
	c, diags := directives.Compile(tree, spec.Options{Prefix: t.TempDir() + "/", Version: "1.31.5", Zones: new(zone.Set), Log: slog.New(log)})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

// talk is converse with what a configuration was made into.
func talk(t *testing.T, c *directives.Compiled, text string) string {
	t.Helper()
	return talkOn(t, c, text, func(*conn.Conn) {})
}

// talkOn is talk on a connection that is prepared. It returns when all is served.
func talkOn(t *testing.T, c *directives.Compiled, text string, prepare func(*conn.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	near, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	k := conn.New(far)
	prepare(k)
	served := make(chan struct{})
	go func() {
		defer close(served)
		c.Graph.Listen[0].Serve(k)
	}()
	io.WriteString(near, text)
	near.(*net.TCPConn).CloseWrite()
	b, err := io.ReadAll(near)
	if err != nil {
		t.Fatal(err)
	}
	<-served
	<-c.HTTP.Retire()
	return string(b)
}

func TestFraming(t *testing.T) {
	const conf = `events {} http { access_log off; default_type text/html; server { listen 127.0.0.1:8080;
		location / { return 200 "body"; }
		location /sub { sub_filter body text; return 200 "body"; }
		location /plain { sub_filter body text; chunked_transfer_encoding off; return 200 "body"; }
		location /page { error_page 404 =200 /; return 404; }
		location /none { return 204; }
	} }`
	const end = "Host: h\r\nConnection: close\r\n\r\n"
	for _, tt := range []struct {
		text      string
		want, not []string
	}{
		{"GET / HTTP/1.1\r\n" + end, []string{"Content-Length: 4\r\n", "Connection: close\r\n", "\r\n\r\nbody"}, []string{"chunked"}},
		{"HEAD / HTTP/1.1\r\n" + end, []string{"Content-Length: 4\r\n"}, []string{"\r\n\r\nbody"}},
		{"GET /sub HTTP/1.1\r\n" + end, []string{"Transfer-Encoding: chunked\r\n", "\r\n0\r\n\r\n"}, []string{"Content-Length"}},
		{"GET /sub HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", []string{"Connection: close\r\n", "\r\n\r\ntext"}, []string{"Content-Length", "chunked"}},
		{"GET /plain HTTP/1.1\r\nHost: h\r\n\r\n", []string{"Connection: close\r\n", "\r\n\r\ntext"}, []string{"Content-Length", "chunked"}},
		{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", []string{"Connection: keep-alive\r\n", "Content-Length: 4\r\n"}, nil},
		{"GET /page HTTP/1.1\r\n" + end, []string{"HTTP/1.1 200 OK\r\n", "\r\n\r\nbody"}, nil},
		{"GET /none HTTP/1.1\r\n" + end, []string{"HTTP/1.1 204 No Content\r\n"}, []string{"Content-Length", "Content-Type", "chunked"}},
		{"GET /\r\n", []string{"body"}, []string{"HTTP/"}},
		// A body that nobody wants is passed over for the next request.
		{"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /none HTTP/1.1\r\n" + end, []string{"\r\n\r\nbodyHTTP/1.1 204 "}, []string{" 400 "}},
		{"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /none HTTP/1.1\r\n" + end, []string{"\r\n\r\nbodyHTTP/1.1 204 "}, []string{" 400 "}},
	} {
		got := converse(t, conf, tt.text)
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%q: got %q, want %q in it", tt.text, got, want)
			}
		}
		for _, not := range tt.not {
			if strings.Contains(got, not) {
				t.Errorf("%q: got %q, want no %q in it", tt.text, got, not)
			}
		}
	}
}
