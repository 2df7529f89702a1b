package doctor_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Subrequests that run beside a request fail at the same time as it does.
func TestMirror(t *testing.T) {
	const beside = "internal; log_subrequest on; proxy_pass http://{dead};"
	f := start(t, seed{conf: "location / { mirror /m; mirror /n; proxy_pass http://{dead}; } location /m { " + beside + " } location /n { " + beside + " }"}, true)
	for range 20 {
		f.ask(get("/", html))
	}
	if n := strings.Count(f.texts(), "nothing listens"); n != 3*20 {
		t.Errorf("told of %d failures, want %d\n%s", n, 3*20, f.texts())
	}
}

// What fails beside a request does not explain its status.
func TestMirrorExplainsNothing(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	failed := make(chan bool, 1)
	answer := func(c net.Conn) {
		defer c.Close()
		r, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		if r.URL.Path == "/m" {
			c.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, c) // until the server has noticed
			failed <- true
			return
		}
		<-failed
		io.WriteString(c, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}
	var peer sync.WaitGroup
	defer peer.Wait()
	peer.Go(func() {
		for range 2 {
			if c, err := ln.Accept(); err == nil {
				peer.Go(func() { answer(c) })
			}
		}
	})
	to := "proxy_pass http://" + ln.Addr().String() + ";"
	f := start(t, seed{conf: "location / { mirror /m; " + to + " proxy_intercept_errors on; error_page 404 = /none; }" +
		"location = /none { return 200; } location /m { internal; " + to + "}"}, true)
	f.ask(get("/"))
	if !strings.Contains(f.texts(), "NX321 0 ") || !strings.Contains(f.texts(), " 404 GET /: proxy_pass answered 404") {
		t.Errorf("got\n%s", f.texts())
	}
}

// Whoever is asked by several clients at once redirects them all.
func TestRedirectsAtOnce(t *testing.T) {
	f := start(t, seed{conf: "return 301 http://$http_host$request_uri;"}, true)
	for range 8 {
		c := f.dial()
		defer c.Close()
		c.Write([]byte(get("/x")))
	}
	f.wg.Wait()
	if !slices.Contains(f.codes(), "NX705") {
		t.Errorf("got %v\n%s", f.codes(), f.texts())
	}
}
