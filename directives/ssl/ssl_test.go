package ssl_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/conn"
	"understudy/runtime/zone"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A logged is a log that may be read while it is written.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// serve serves the first server of an http block on a port of its own.
func serve(t testing.TB, http string) (addr string, log *logged) {
	t.Helper()
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	conf := "events {} http { ssl_certificate cert.pem; ssl_certificate_key cert.key; " + http + "}"
	tree, err := parser.Load("/nginx.conf", parser.Memory(map[string]string{"/nginx.conf": conf}))
	if err != nil {
		t.Fatal(err)
	}
	log = &logged{}
	c, diags := directives.Compile(tree, spec.Options{
		Prefix: t.TempDir() + "/", ConfPrefix: dir + "/", Version: "1.31.5", Zones: new(zone.Set),
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			served.Go(func() { c.Graph.Listen[0].Serve(conn.New(nc)) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		c.HTTP.CloseAll()
		served.Wait()
	})
	return ln.Addr().String(), log
}

// get makes a request on a connection, and returns the status and the body.
func get(t testing.TB, c net.Conn, head string) (int, string) {
	t.Helper()
	if _, err := io.WriteString(c, head); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(body)
}

func dial(t testing.TB, addr string, cfg *tls.Config) *tls.Conn {
	t.Helper()
	cfg.InsecureSkipVerify = true
	c, err := tls.Dial("tcp", addr, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestServerNames has the statuses of nginx: which server a handshake is made
// with, and whether a request may be for another one.
func TestServerNames(t *testing.T) {
	addr, _ := serve(t, `
		server { listen 127.0.0.1:1 ssl; server_name a; return 200 a; }
		server { listen 127.0.0.1:1 ssl; server_name ~^r\d$; return 200 r; }
		server { listen 127.0.0.1:1 ssl; server_name v; ssl_verify_client optional_no_ca; return 200 "v $ssl_client_verify"; }
		server { listen 127.0.0.1:1 ssl; server_name no; ssl_reject_handshake on; }
		server { listen 127.0.0.1:1 ssl; server_name must; ssl_verify_client on; ssl_client_certificate cert.pem; return 200 must; }`)
	mine, err := tls.LoadX509KeyPair("testdata/cert.pem", "testdata/cert.key")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, host string
		cert       bool
		status     int
		want       string
	}{
		{"a", "a", false, 200, "a"},
		{"", "a", false, 200, "a"},
		{"x", "r1", false, 200, "r"},
		{"r1", "", false, 200, "a"}, // without a host, the default server answers
		{"r1", "a", false, 200, "a"},
		{"v", "v", false, 200, "v NONE"},
		{"v", "v", true, 200, "v FAILED:self-signed certificate"},
		{"a", "v", false, 421, "421"},
		{"x", "v", false, 200, "v NONE"},
		{"must", "must", false, 400, "No required SSL certificate was sent"},
		{"must", "must", true, 200, "must"},
	} {
		cfg := &tls.Config{ServerName: tt.name}
		if tt.cert {
			cfg.Certificates = []tls.Certificate{mine}
		}
		head := "GET / HTTP/1.1\r\nHost: " + tt.host + "\r\n\r\n"
		if tt.host == "" {
			head = "GET / HTTP/1.0\r\n\r\n"
		}
		status, body := get(t, dial(t, addr, cfg), head)
		if status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("SNI %q, Host %q, certificate %t: %d %q, want %d %q", tt.name, tt.host, tt.cert, status, body, tt.status, tt.want)
		}
	}
	if c, err := tls.Dial("tcp", addr, &tls.Config{ServerName: "no", InsecureSkipVerify: true}); err == nil {
		c.Close()
		t.Error("a rejected handshake was made")
	}
}

// TestHandshakeTimeout bounds a handshake that stops in the middle.
func TestHandshakeTimeout(t *testing.T) {
	addr, log := serve(t, `server { listen 127.0.0.1:1 ssl; client_header_timeout 50ms; }`)
	for _, first := range []string{"", "\x16\x03\x01"} {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, first)
		c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadAll(c); err != nil {
			t.Errorf("after %q: %v, want that the connection is closed", first, err)
		}
		c.Close()
	}
	if n := strings.Count(log.String(), "client timed out (110: Connection timed out) while SSL handshaking"); n != 2 {
		t.Errorf("%d timeouts are logged, want 2:\n%s", n, log)
	}
}

func TestHandshakeFailure(t *testing.T) {
	addr, log := serve(t, `server { listen 127.0.0.1:1 ssl; ssl_protocols TLSv1.3; }`)
	if _, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}); err == nil {
		t.Fatal("an old protocol was taken")
	}
	want := "SSL_do_handshake() failed (SSL: error:0A000102:SSL routines::unsupported protocol) while SSL handshaking"
	for end := time.Now().Add(5 * time.Second); !strings.Contains(log.String(), want); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("not logged: %s\n%s", want, log)
		}
	}
}

// TestIdle holds many idle connections, whose buffers would be large if they
// had any.
func TestIdle(t *testing.T) {
	const n, header = 100, 64 << 10
	addr, _ := serve(t, `server { listen 127.0.0.1:1 ssl; client_header_buffer_size 64k; large_client_header_buffers 4 64k; return 200 x; }`)
	heap := func() uint64 {
		runtime.GC()
		runtime.GC() // pools keep what they have for one collection
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var conns []net.Conn
	for range n {
		c := dial(t, addr, &tls.Config{})
		if status, _ := get(t, c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); status != 200 {
			t.Fatal(status)
		}
		conns = append(conns, c)
	}
	if each := (heap() - before) / n; each > header*3/4 {
		t.Errorf("%d bytes for an idle connection, both ends: it has a buffer of %d", each, header)
	} else {
		t.Logf("%d bytes for an idle connection, both ends", each)
	}
	runtime.KeepAlive(conns)
}
