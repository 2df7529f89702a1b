package directives_test

import (
	"bytes"
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

var request = []byte("GET /a/b?c=d HTTP/1.1\r\nHost: example.com\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n")

// answering serves connections with one fixed response to every request.
func answering(t testing.TB, response string) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				in, out := make([]byte, 4096), []byte(response)
				for {
					if _, err := c.Read(in); err != nil {
						return
					}
					c.Write(out)
				}
			}()
		}
	}()
	return ln
}

// client returns a connection to the first server of a configuration.
func client(t testing.TB, conf string) net.Conn {
	t.Helper()
	return logged(t, conf, slog.New(slog.DiscardHandler))
}

// logged is client, with a log for what has no error_log.
func logged(t testing.TB, conf string, log *slog.Logger) net.Conn {
	t.Helper()
	tree, err := parser.Load("/nginx.conf", parser.Memory(map[string]string{"/nginx.conf": conf}))
	if err != nil {
		t.Fatal(err)
	}
	c, diags := directives.Compile(tree, spec.Options{Prefix: t.TempDir() + "/", Version: "1.31.5", Zones: new(zone.Set), Log: log})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	near, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Graph.Listen[0].Serve(conn.New(far))
	}()
	t.Cleanup(func() {
		near.Close()
		<-done
	})
	return near
}

// exchange sends the request and reads one response whose body ends in end.
func exchange(t testing.TB, c net.Conn, buf []byte, end []byte) []byte {
	if _, err := c.Write(request); err != nil {
		t.Fatal(err)
	}
	n := 0
	for !bytes.HasSuffix(buf[:n], end) {
		m, err := c.Read(buf[n:])
		if err != nil {
			t.Fatal(err)
		}
		n += m
	}
	return buf[:n]
}

func proxied(t testing.TB) net.Conn {
	back := answering(t, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nX-Some: field\r\n\r\nbody")
	return client(t, strings.ReplaceAll(`
		events {}
		http {
			access_log off;
			upstream up { server BACK; keepalive 4; }
			server {
				listen 127.0.0.1:8080;
				keepalive_requests 1000000;
				location / {
					proxy_pass http://up;
					proxy_http_version 1.1;
					proxy_set_header Connection "";
					proxy_set_header Host $host;
					proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
				}
			}
		}`, "BACK", back.Addr().String()))
}

func TestProxiedRequestDoesNotAllocate(t *testing.T) {
	allocatesNothing(t, proxied(t), "body")
}

// TestVariablesAllocate bounds what a target with variables costs: the text, its parts
// and, with a cache, the entry of the response.
func TestVariablesAllocate(t *testing.T) {
	back := answering(t, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nCache-Control: max-age=3600\r\n\r\nbody").Addr().String()
	for _, tt := range []struct {
		http, location string
		most           float64
	}{
		{"", "proxy_pass http://up; if ($host) { set $a $uri; }", 0},
		{"", "proxy_pass http://$to;", 1},
		{"", "proxy_pass http://$to$request_uri;", 1},
		{"proxy_cache_path cache keys_zone=kept:1m;", "proxy_pass http://up; proxy_cache kept;", 11},
		{"proxy_cache_path cache keys_zone=kept:1m;", "proxy_pass http://$to; proxy_cache kept;", 12},
	} {
		c := client(t, "events {} http { access_log off; "+tt.http+" upstream up { server "+back+"; } server { listen 127.0.0.1:8080; keepalive_requests 1000000; set $to up; location / { "+tt.location+" } } }")
		if n := allocations(t, c, "body"); n > tt.most {
			t.Errorf("%s: %v allocations per request, want at most %v", tt.location, n, tt.most)
		}
	}
}

// allocatesNothing asks again and again on a connection, for a 200 response whose
// body ends in end.
func allocatesNothing(t *testing.T, c net.Conn, end string) {
	t.Helper()
	if n := allocations(t, c, end); n > 0 {
		t.Errorf("%v allocations per request, want 0", n)
	}
}

// allocations returns how many a request on a connection costs.
func allocations(t *testing.T, c net.Conn, end string) float64 {
	t.Helper()
	buf := make([]byte, 4096)
	if got := exchange(t, c, buf, []byte(end)); !bytes.HasPrefix(got, []byte("HTTP/1.1 200 OK\r\n")) {
		t.Fatalf("got %q", got)
	}
	for range 50 { // pools fill
		exchange(t, c, buf, []byte(end))
	}
	return testing.AllocsPerRun(500, func() { exchange(t, c, buf, []byte(end)) })
}

func TestReturnDoesNotAllocate(t *testing.T) {
	allocatesNothing(t, client(t, `events {} http { access_log off; server { listen 127.0.0.1:8080; keepalive_requests 1000000; location / { return 200 "hello $host\nend"; } } }`), "end")
}

func BenchmarkProxied(b *testing.B) {
	c, buf := proxied(b), make([]byte, 4096)
	exchange(b, c, buf, []byte("body"))
	b.ReportAllocs()
	for b.Loop() {
		exchange(b, c, buf, []byte("body"))
	}
}
