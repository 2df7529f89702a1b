package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestLoad(t *testing.T) {
	back, err := listenBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	l := load{addr: back.Addr().String(), path: "/small", size: smallBody, connections: 3, requests: 100, limit: 10 * time.Second}
	got, err := l.run(t.Context())
	if err != nil || got.requests != 100 || got.p99 <= 0 || got.took < got.p99 {
		t.Errorf("got %+v, %v, want 100 requests", got, err)
	}
	l.limit, l.requests = 50*time.Millisecond, 1<<40 // the time ends it
	if got, err := l.run(t.Context()); err != nil || got.requests == 0 || got.took > 5*time.Second {
		t.Errorf("got %+v, %v", got, err)
	}
	l.limit = 0
	if _, err := l.run(t.Context()); err == nil {
		t.Error("got no error from a load that had no time")
	}
	for _, tt := range []struct {
		path string
		size int
		want string
	}{
		{"/small", smallBody + 1, "got Content-Length 68, want 69"},
		{"/nothing", 0, "got \"HTTP/1.1 404 Not Found"},
	} {
		l := load{addr: l.addr, path: tt.path, size: tt.size, connections: 1, requests: 1, limit: time.Second}
		if _, err := l.run(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("GET %s: got error %v, want %q", tt.path, err, tt.want)
		}
	}
}

func TestReadAnswer(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", ""},
		{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "closes"},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok", "Content-Length -1"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", "1 bytes of 2"},
		{"HTTP/1.1 502 Bad Gateway\r\n\r\n", "502"},
	} {
		err := readAnswer(bufio.NewReader(strings.NewReader(tt.in)), 2)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q: got error %v, want %q", tt.in, err, tt.want)
		}
	}
}

func TestTunnels(t *testing.T) {
	back, err := listenBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	open, err := openTunnels(t.Context(), back.Addr().String(), 5)
	defer open.close()
	if err != nil || len(open) != 5 {
		t.Errorf("got %d tunnels, %v", len(open), err)
	}
}

func TestUsage(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("/proc is Linux's")
	}
	before, err := usage(os.Getpid())
	if err != nil || before.rss < 1<<20 {
		t.Fatalf("got %+v, %v", before, err)
	}
	for begin := time.Now(); time.Since(begin) < 10*time.Second; {
		if now, err := usage(os.Getpid()); err != nil || now.cpu > before.cpu {
			return // reading /proc is work enough
		}
	}
	t.Error("ten seconds of work took no CPU time")
}

func TestMedians(t *testing.T) {
	m := make(measured)
	for _, v := range []float64{9, 1, 4} {
		m.add("return 200", "nginx", map[metric]float64{cpuPerRequest: v})
		m.add("return 200", "understudy", map[metric]float64{cpuPerRequest: 2 * v})
	}
	bins := []binary{{name: "nginx"}, {name: "understudy"}}
	got := m.medians(bins)
	if len(got) != 2 || got[0].Metrics[cpuPerRequest] != 4 || got[1].Metrics[cpuPerRequest] != 8 {
		t.Fatalf("got %+v", got)
	}
	var out bytes.Buffer
	table(&out, got, bins)
	if !strings.Contains(out.String(), "×2.00") {
		t.Errorf("the table has no ratio:\n%s", &out)
	}
}

func TestLargeConfig(t *testing.T) {
	conf := string(largeConfig(20, 10))
	if s, l := strings.Count(conf, "server_name "), strings.Count(conf, "location "); s != 20 || l != 200 {
		t.Errorf("got %d servers and %d locations", s, l)
	}
}

func TestEcho(t *testing.T) {
	back, err := listenBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	open, err := openTunnels(t.Context(), back.Addr().String(), 3)
	defer open.close()
	if err != nil {
		t.Fatal(err)
	}
	got, err := echo(t.Context(), open, 30, 10*time.Second)
	if err != nil || got.requests != 30 || got.p99 <= 0 {
		t.Errorf("got %+v, %v, want 30 messages", got, err)
	}
	if _, err := echo(t.Context(), open, 30, 0); err == nil {
		t.Error("got no error from messages that had no time")
	}
}

func TestShake(t *testing.T) {
	dir := t.TempDir()
	if err := writeCertificates(dir); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"ecdsa", "rsa"} {
		cert, err := tls.LoadX509KeyPair(dir+"/"+kind+".pem", dir+"/"+kind+".key")
		if err != nil {
			t.Fatal(err)
		}
		ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		var resumed, served atomic.Int32
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return // closed
				}
				io.Copy(io.Discard, conn)
				if conn.(*tls.Conn).ConnectionState().DidResume {
					resumed.Add(1)
				}
				served.Add(1)
				conn.Close()
			}
		}()
		got, err := shake(t.Context(), ln.Addr().String(), 2, 10, 10*time.Second)
		if err != nil || got.requests != 10 || got.p99 <= 0 {
			t.Errorf("%s: got %+v, %v, want 10 handshakes", kind, got, err)
		}
		if served.Load() != 10 || resumed.Load() != 0 {
			t.Errorf("%s: got %d connections, %d of them resumed", kind, served.Load(), resumed.Load())
		}
	}
}

func TestDatagrams(t *testing.T) {
	back, err := listenDatagrams()
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	c, err := net.Dial("udp", back.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	got, err := echo(t.Context(), pack{c}, 30, 10*time.Second)
	if err != nil || got.requests != 30 {
		t.Errorf("got %+v, %v, want 30 datagrams", got, err)
	}
}
