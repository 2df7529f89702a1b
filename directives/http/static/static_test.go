package static_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"understudy/directives/http/byterange"
	"understudy/directives/http/httpcore"
	"understudy/directives/http/index"
	"understudy/directives/http/notmodified"
	"understudy/directives/http/static"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/conn"
)

// client returns a connection to a server with files, whose configuration is
// text.
func client(tb testing.TB, text string, files map[string]string) net.Conn {
	tb.Helper()
	dir := tb.TempDir()
	for name, body := range files {
		path := filepath.Join(dir, "html", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	table := spec.NewTable(httpcore.Module, index.Module, static.Module, notmodified.Module, byterange.Module)
	text = "http { keepalive_requests 1000000000; server { listen 127.0.0.1:1; " + text + "} }"
	c := spec.Compile(table, parser.Parse("nginx.conf", text), spec.Options{
		Prefix: dir + "/", ConfPrefix: dir + "/", Version: "1.31.5",
		Log: slog.New(slog.DiscardHandler),
	})
	if err := c.Diags.Err(); err != nil {
		tb.Fatal(err)
	}
	serve := spec.Result[httpcore.Listening](c.Main).Entries[0].Serve

	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer ln.Close()
	ours, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	theirs, err := ln.Accept()
	if err != nil {
		tb.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		serve(conn.New(theirs))
	}()
	tb.Cleanup(func() {
		ours.Close()
		<-done
	})
	return ours
}

// exchange sends a request and reads the answer into b, whose length it is.
func exchange(tb testing.TB, c net.Conn, request, b []byte) {
	if _, err := c.Write(request); err != nil {
		tb.Fatal(err)
	}
	if _, err := io.ReadFull(c, b); err != nil {
		tb.Fatal(err)
	}
}

func TestServe(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 64<<10/16) // by sendfile
	c := client(t, "sendfile on;", map[string]string{"f": "file", "big": big, "d/index.html": "index"})
	r := bufio.NewReader(c)
	for _, tt := range []struct{ request, status, body string }{
		{"GET /f", "200 OK", "file"},
		{"HEAD /f", "200 OK", ""},
		{"GET /big", "200 OK", big},
		{"GET /d/", "200 OK", "index"},
		{"GET /d", "301 Moved Permanently", ""},
		{"GET /none", "404 Not Found", ""},
		{"PUT /f", "405 Not Allowed", ""},
		{"GET /f", "200 OK", "file"},
	} {
		fmt.Fprintf(c, "%s HTTP/1.1\r\nHost: a\r\n\r\n", tt.request)
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(line); got != "HTTP/1.1 "+tt.status {
			t.Errorf("%s: got %q, want %s", tt.request, got, tt.status)
		}
		length := 0
		for line != "\r\n" {
			if line, err = r.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			fmt.Sscanf(line, "Content-Length: %d\r\n", &length)
		}
		if strings.HasPrefix(tt.request, "HEAD") {
			continue
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(r, body); err != nil {
			t.Fatal(err)
		}
		if tt.body != "" && string(body) != tt.body {
			t.Errorf("%s: got %d bytes %.20q", tt.request, len(body), body)
		}
	}
}

const (
	request     = "GET /page.html HTTP/1.1\r\nHost: example.com\r\nUser-Agent: test\r\n\r\n"
	conditional = "GET /page.html HTTP/1.1\r\nHost: example.com\r\nIf-None-Match: \"x\"\r\nRange: bytes=0-\r\nIf-Range: \"x\"\r\n\r\n"
)

// answer returns the answer to a first request.
func answer(tb testing.TB, c net.Conn, request string, size int) []byte {
	io.WriteString(c, request)
	var all []byte
	b := make([]byte, 64<<10)
	for {
		n, err := c.Read(b)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, b[:n]...)
		if i := bytes.Index(all, []byte("\r\n\r\n")); i >= 0 && len(all) == i+4+size {
			return all
		}
	}
}

// A file costs no memory but that of the pools.
func TestNoAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("pools drop what they hold")
	}
	for _, tt := range []struct{ conf, request string }{
		{"", request},
		{"sendfile on;", request},
		{"", conditional},
		{"location / { root html/$http_dir; }", request},
	} {
		c := client(t, tt.conf, map[string]string{"page.html": strings.Repeat("x", 20000)})
		b, req := answer(t, c, tt.request, 20000), []byte(tt.request)
		if got := testing.AllocsPerRun(100, func() { exchange(t, c, req, b) }); got > 0 {
			t.Errorf("%q, %.30q: %v allocations", tt.conf, tt.request, got)
		}
	}
}

func benchmark(b *testing.B, conf string, size int) {
	c := client(b, conf, map[string]string{"page.html": strings.Repeat("x", size)})
	buf := answer(b, c, request, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	req := []byte(request)
	for b.Loop() {
		exchange(b, c, req, buf)
	}
}

func BenchmarkFile1k(b *testing.B)           { benchmark(b, "", 1<<10) }
func BenchmarkFile10k(b *testing.B)          { benchmark(b, "", 10<<10) }
func BenchmarkFile10kSendfile(b *testing.B)  { benchmark(b, "sendfile on;", 10<<10) }
func BenchmarkFile100k(b *testing.B)         { benchmark(b, "", 100<<10) }
func BenchmarkFile100kSendfile(b *testing.B) { benchmark(b, "sendfile on;", 100<<10) }
