package gateway_test

import (
	"bufio"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRequestBodies(t *testing.T) {
	long := strings.Repeat("0123456789", 10000)
	chunked := "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, tt := range []struct{ name, conf, request, want string }{
		{"in memory", "", post("body"), "POST /p body"},
		{"in a file", "client_body_buffer_size 1k;", post(long), "POST /p " + long},
		{"streamed", "proxy_request_buffering off;", post("body"), "POST /p body"},
		{"streamed, long", "proxy_request_buffering off;", post(long), "POST /p " + long},
		{"chunked", "", chunked + "2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n", "POST /p body"},
		{"chunked, streamed", "proxy_request_buffering off;", chunked + "2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n", "POST /p body"},
		{"chunked, long, streamed", "proxy_request_buffering off;", chunked + "186a0\r\n" + long + "\r\n0\r\n\r\n", "POST /p " + long},
		{"not passed", "proxy_pass_request_body off;", post("body"), "POST /p "},
		{"another", "proxy_set_body other;", post("body"), "POST /p other"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Contains(tt.conf, "pass_request_body off") {
				tt.conf += ` proxy_set_header Content-Length "";`
				tt.conf += ` proxy_set_header Connection "";`
			}
			p := serve(t, fine("ok"))
			c := proxying(t, tt.conf, p.addr).dial()
			for range 2 {
				c.say(t, tt.request)
				if _, body, err := c.response(t, "POST"); body != "ok" || err != nil {
					t.Fatalf("got %q, %v", body, err)
				}
			}
			if got, _ := p.seen(); !slices.Equal(got, []string{tt.want, tt.want}) {
				t.Errorf("got %.80q, want %.80q twice", got, tt.want)
			}
		})
	}
}

// TestBodyIsSentAgain to the next peer, from memory and from a file.
func TestBodyIsSentAgain(t *testing.T) {
	for _, size := range []int{10, 100000} {
		body := strings.Repeat("x", size)
		bad, good := serve(t, reply{end: true}), serve(t, fine("ok"))
		c := proxying(t, "client_body_buffer_size 1k; proxy_next_upstream error non_idempotent;", bad.addr, good.addr).dial()
		c.say(t, post(body))
		if r, _, _ := c.response(t, "POST"); r.StatusCode != 200 {
			t.Errorf("%d bytes: got %d", size, r.StatusCode)
		}
		if got, _ := good.seen(); len(got) != 1 || got[0] != "POST /p "+body {
			t.Errorf("%d bytes: got %.80q", size, got)
		}
	}
}

// TestEarlyResponse: a peer answers, and closes, before it has read the body.
func TestEarlyResponse(t *testing.T) {
	for _, conf := range []string{"", "proxy_request_buffering off;"} {
		p := serve(t, reply{text: "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig", early: true})
		c := proxying(t, conf, p.addr).dial()
		c.say(t, post(strings.Repeat("x", 100000)))
		if r, body, err := c.response(t, "POST"); r.StatusCode != 413 || body != "big" || err != nil {
			t.Errorf("%q: got %d %q, %v", conf, r.StatusCode, body, err)
		}
	}
}

func TestEarlyHints(t *testing.T) {
	back := reply{text: "HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"}
	for _, tt := range []struct {
		conf string
		want bool
	}{{"", false}, {"early_hints 1;", true}, {"early_hints 0;", false}} {
		c := proxying(t, tt.conf, serve(t, back).addr).dial()
		c.say(t, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		b, err := io.ReadAll(c.in)
		if err != nil || strings.HasPrefix(string(b), "HTTP/1.1 103 Early Hints\r\n") != tt.want || !strings.HasSuffix(string(b), "\r\n\r\nbody") {
			t.Errorf("%q: got %q, %v", tt.conf, b, err)
		}
		if strings.Contains(string(b), "Link: </s.css>") != tt.want {
			t.Errorf("%q: got %q", tt.conf, b)
		}
	}
}

// TestUpgrade has both sides say something in the same write as their heads.
func TestUpgrade(t *testing.T) {
	const conf = `proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;`
	p := serve(t, reply{text: "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\nearly", hang: true})
	c := proxying(t, conf, p.addr).dial()
	c.say(t, "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\nsoon")
	var got []byte
	b := make([]byte, 1024)
	for !strings.HasSuffix(string(got), "\r\n\r\nearly") {
		n, err := c.in.Read(b)
		if err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
		got = append(got, b[:n]...)
	}
	if !strings.HasPrefix(string(got), "HTTP/1.1 101 ") {
		t.Errorf("got %q", got)
	}
	c.Close()
	<-p.closed // the tunnel closes the other end
}

func TestUpgradeEcho(t *testing.T) {
	ends := make(chan string, 1)
	ln := listening(t, func(c io.ReadWriteCloser) {
		defer c.Close()
		in := bufio.NewReader(c)
		for line := ""; line != "\r\n"; {
			var err error
			if line, err = in.ReadString('\n'); err != nil {
				return
			}
		}
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n")
		all, _ := in.ReadString('.')
		io.WriteString(c, "<"+all+">")
		ends <- all
	})
	c := proxying(t, `proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;`, ln).dial()
	c.say(t, "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\nearly ")
	c.say(t, "late.")
	b, err := io.ReadAll(c.in)
	if got := <-ends; got != "early late." {
		t.Errorf("the peer got %q", got)
	}
	if err != nil || !strings.HasSuffix(string(b), "\r\n\r\n<early late.>") {
		t.Errorf("got %q, %v", b, err)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("the system does not tell: ", err)
	}
	return len(names)
}

// settle waits until count is no higher than most.
func settle(most int, count func() int) int {
	n := count()
	for end := time.Now().Add(3 * time.Second); n > most && time.Now().Before(end); n = count() {
		time.Sleep(10 * time.Millisecond)
	}
	return n
}

func unixListener(t *testing.T, name string) net.Listener {
	t.Helper()
	ln, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}
