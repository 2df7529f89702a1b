package directives_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// recording answers every connection once, with response, and hands out the
// heads it received.
func recording(t testing.TB, response string) (addr string, heads <-chan string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	got := make(chan string, 16)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			in := make([]byte, 8192)
			n := 0
			for !strings.Contains(string(in[:n]), "\r\n\r\n") {
				m, err := c.Read(in[n:])
				if err != nil {
					break
				}
				n += m
			}
			got <- string(in[:n])
			io.WriteString(c, response)
			c.Close()
		}
	}()
	return ln.Addr().String(), got
}

// asked sends a request to the first server of a configuration and returns all
// that comes back.
func asked(t testing.TB, conf, request string) string {
	t.Helper()
	c := client(t, conf)
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(bufio.NewReader(c))
	if err != nil {
		t.Fatalf("%v after %q", err, all)
	}
	return string(all)
}

func get(target string, fields ...string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + strings.Join(fields, "") + "\r\n"
}

// TestUpstreamRequestLine: what a client sends encoded and a variable has
// decoded must not end the request line.
func TestUpstreamRequestLine(t *testing.T) {
	for _, tt := range []struct{ location, target, field, want string }{
		{`location / { proxy_pass http://BACK$uri; }`, "/a%20b", "", "/a%20b"},
		{`location / { proxy_pass http://BACK$uri; }`, "/a%0d%0aX:%20y", "", "/a%0D%0AX:%20y"},
		{`location / { proxy_pass http://BACK$uri; }`, "/a%09%7f%01%00", "", ""},
		{`location / { proxy_pass http://BACK$uri; }`, "/a%09%7f%01", "", "/a%09%7F%01"},
		{`location / { proxy_pass http://BACK$uri; }`, "/%c3%a9%22%25", "", "/\xc3\xa9\"%"}, // nothing else changes
		{`location ~ ^/re/(.*) { proxy_pass http://BACK/x/$1; }`, "/re/a%20b", "", "/x/a%20b"},
		{`location / { set $v $http_x_a; rewrite ^ /e/$v?z=$v break; proxy_pass http://BACK; }`, "/", "X-A: a b\tc\r\n", "/e/a%20b%09c?z=a%20b%09c"},
		{`location / { proxy_pass http://BACK; }`, "/a%0ab?c%0ad", "", "/a%0ab?c%0ad"},
	} {
		back, heads := recording(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		conf := "events {} http { access_log off; server { listen 127.0.0.1:8080; " + strings.ReplaceAll(tt.location, "BACK", back) + " } }"
		got := asked(t, conf, get(tt.target, tt.field))
		if tt.want == "" {
			if !strings.HasPrefix(got, "HTTP/1.1 400 ") {
				t.Errorf("%s: %q", tt.target, got)
			}
			continue
		}
		if !strings.HasPrefix(got, "HTTP/1.1 200 ") {
			t.Errorf("%s: %q", tt.target, got)
			continue
		}
		line, _, _ := strings.Cut(<-heads, "\r\n")
		if want := "GET " + tt.want + " HTTP/1.1"; line != want {
			t.Errorf("%s %s: line %q, want %q", tt.location, tt.target, line, want)
		}
	}
}

// TestResponseLines: no value adds a line to a response.
func TestResponseLines(t *testing.T) {
	for _, tt := range []struct{ location, target, want string }{
		{`location / { return 302 http://$host$uri; }`, "/a%0d%0aX-Injected:1", "Location: http://localhost/a  X-Injected:1\r\n"},
		{`location / { port_in_redirect off; return 302 $uri; }`, "/a%0aX-Injected:1", "Location: http://localhost/a X-Injected:1\r\n"},
		{`location / { rewrite (?s)^/(.*) http://x/$1?a=$1 permanent; }`, "/a%0aX-Injected:1", "Location: http://x/a%0AX-Injected:1?a=a%0AX-Injected:1\r\n"},
		{`location / { add_header X-Marker $uri; return 204; }`, "/a%0d%0aX-Injected:1", "X-Marker: /a  X-Injected:1\r\n"},
		{`location / { error_page 404 http://h$uri; return 404; }`, "/a%0aX-Injected:1", "Location: http://h/a X-Injected:1\r\n"},
	} {
		conf := "events {} http { access_log off; server { listen 127.0.0.1:8080; " + tt.location + " } }"
		got := asked(t, conf, get(tt.target))
		if !strings.Contains(got, tt.want) || strings.Contains(got, "\nX-Injected") || strings.Contains(got, "\rX-Injected") {
			t.Errorf("%s: %q, want %q", tt.location, got, tt.want)
		}
	}
}

// TestUpgradeH2C: a peer is not offered HTTP/2, which would carry requests past
// every location.
func TestUpgradeH2C(t *testing.T) {
	const conf = `events {} http { access_log off; map $http_upgrade $conn { default upgrade; '' ''; }
		server { listen 127.0.0.1:8080; location / { proxy_pass http://BACK; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $conn; } } }`
	for _, tt := range []struct{ fields, want string }{
		{"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n", ""},
		{"Upgrade: H2C\r\n", ""},
		{"Upgrade: h2c, websocket\r\n", "Upgrade: websocket\r\nConnection: upgrade\r\n"},
		{"Upgrade: websocket\r\nUpgrade: h2c\r\n", "Upgrade: websocket\r\nConnection: upgrade\r\n"},
		{"Upgrade: websocket\r\n", "Upgrade: websocket\r\nConnection: upgrade\r\n"},
		{"Upgrade: foo/1.0, bar\r\n", "Upgrade: foo/1.0, bar\r\nConnection: upgrade\r\n"},
	} {
		back, heads := recording(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		asked(t, strings.ReplaceAll(conf, "BACK", back), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\n"+tt.fields+"\r\n")
		_, got, _ := strings.Cut(<-heads, "Host: "+back+"\r\n")
		if want := tt.want + "\r\n"; got != want {
			t.Errorf("%q: passed %q, want %q", tt.fields, got, want)
		}
	}
}

// TestUnaskedUpgrade: a 101 that the client did not ask for is no response to
// it, and opens no tunnel.
func TestUnaskedUpgrade(t *testing.T) {
	back, _ := recording(t, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nbytes")
	got := asked(t, "events {} http { access_log off; server { listen 127.0.0.1:8080; location / { proxy_pass http://"+back+"; proxy_set_header Upgrade websocket; proxy_set_header Connection upgrade; } } }", get("/"))
	if !strings.HasPrefix(got, "HTTP/1.1 502 ") || strings.Contains(got, "bytes") {
		t.Errorf("got %q", got)
	}
}
