package httpd_test

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"understudy/runtime/conn"
	"understudy/runtime/httpd"
	"understudy/runtime/tunnel"
)

// A request that panics ends its connection, and nothing else.
func TestContain(t *testing.T) {
	var log bytes.Buffer
	c := compile(t, "events {} http { access_log off; server { listen 127.0.0.1:8080; location /sound { return 200 sound; } } }",
		slog.NewTextHandler(&log, nil))
	c.HTTP.Servers[0].Root.Content = &httpd.Step{Name: "fault", Run: func(*httpd.Request) httpd.Status { panic("the fault") }}
	if got := talk(t, c, "GET / HTTP/1.0\r\n\r\n"); got != "" {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(log.String(), "panic: the fault") || !strings.Contains(log.String(), "contain_test.go") {
		t.Errorf("the log says %q", log.String())
	}
	if got := talk(t, c, "GET /sound HTTP/1.0\r\n\r\n"); !strings.HasSuffix(got, "\r\n\r\nsound") {
		t.Errorf("afterwards: got %q", got)
	}
}

// An attached counts what becomes of it.
type attached struct{ released, failed *int }

func (attached) URL() string { return "" }
func (a attached) Release()  { *a.released++ }
func (a attached) Fail()     { *a.failed++ }

// What a request that panicked has to give back it does, and its subrequests: those
// that are over, that with the fault, and one that runs beside it.
func TestContainGivesBack(t *testing.T) {
	var log bytes.Buffer
	c := compile(t, "events {} http { access_log off; server { listen 127.0.0.1:8080; } }",
		slog.NewTextHandler(&log, nil))
	var released, failed int
	var ended []string
	root := c.HTTP.Servers[0].Root
	root.Content = &httpd.Step{Name: "fault", Run: func(r *httpd.Request) httpd.Status {
		r.Upstream = attached{&released, &failed}
		switch {
		case r.InBackground(), string(r.URI) == "/fault":
			panic("the fault")
		case r.Parent != nil:
			return r.Reply(200, nil, nil)
		}
		r.OnEnd(func() { ended = append(ended, "first") })
		r.OnEnd(func() { panic("another fault") })
		r.OnEnd(func() { ended = append(ended, "last") })
		r.Background([]byte("/beside"), nil)
		r.Sub([]byte("/sound"), nil, httpd.SubOptions{}, nil)
		return r.Sub([]byte("/fault"), nil, httpd.SubOptions{}, nil)
	}}
	talk(t, c, "GET / HTTP/1.0\r\n\r\n")
	if released != 0 || failed != 4 || strings.Join(ended, " ") != "first last" {
		t.Errorf("%d released, %d failed, ended %q", released, failed, ended)
	}
	if !strings.Contains(log.String(), "panic: another fault") {
		t.Errorf("the log says %q", log.String())
	}
}

// So does one that runs beside its main request, which is answered all the same.
func TestContainBackground(t *testing.T) {
	var log bytes.Buffer
	c := compile(t, "events {} http { access_log off; server { listen 127.0.0.1:8080; } }",
		slog.NewTextHandler(&log, nil))
	root := c.HTTP.Servers[0].Root
	root.Content = &httpd.Step{Name: "fault", Run: func(r *httpd.Request) httpd.Status {
		if r.InBackground() {
			panic("the fault")
		}
		r.Background([]byte("/fault"), nil)
		return r.Reply(200, nil, []byte("sound"))
	}}
	if got := talk(t, c, "GET / HTTP/1.0\r\n\r\n"); !strings.HasSuffix(got, "\r\n\r\nsound") {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(log.String(), "panic: the fault") || !strings.Contains(log.String(), "contain_test.go") {
		t.Errorf("the log says %q", log.String())
	}
}

// A faultyConn panics when it has something to read.
type faultyConn struct{ net.Conn }

func (f faultyConn) Read(b []byte) (int, error) {
	if n, err := f.Conn.Read(b); n == 0 {
		return n, err
	}
	panic("the fault")
}

// So does a tunnel.
func TestContainTunnel(t *testing.T) {
	var log bytes.Buffer
	c := compile(t, "events {} http { access_log off; server { listen 127.0.0.1:8080; } }", slog.NewTextHandler(&log, nil))
	client, farClient := net.Pipe()
	peer, farPeer := net.Pipe()
	ended := make(chan tunnel.Result, 1)
	tunnel.Join(conn.New(client), conn.New(faultyConn{peer}), tunnel.Options{Group: c.HTTP.Tunnels()}, func(r tunnel.Result) { ended <- r })
	farPeer.Write([]byte("x"))
	if r := <-ended; r.End != tunnel.Panicked {
		t.Errorf("got %v, want %v", r.End, tunnel.Panicked)
	}
	if _, err := farClient.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the client's connection is not closed: %v", err)
	}
	if !strings.Contains(log.String(), "panic: the fault") || !strings.Contains(log.String(), "contain_test.go") {
		t.Errorf("the log says %q", log.String())
	}
}
