package h1

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"understudy/runtime/header"
)

// An exchange is a message that passed through nginx and what became of it:
// either a response of an upstream, or the chunked body of a request.
type exchange struct {
	In     string
	Status int
	Body   string
	Log    string `json:",omitempty"` // at level error
	Fields string `json:",omitempty"` // Content-Length, Server, X-Foo of a response
}

const (
	responseGoldens = "testdata/responses.jsonl.gz"
	chunkedGoldens  = "testdata/chunked.jsonl.gz"
)

// TestResponsesLikeNginx compares the reading of responses with what nginx
// made of them as a proxy. With -nginx it asks; otherwise it takes the
// recorded answers.
func TestResponsesLikeNginx(t *testing.T) {
	xs := throughNginx(t, responseGoldens, responses, "HTTP/1.0")
	for _, want := range xs {
		got := readResponse(latin1(want.In), 0)
		if got.Log == ErrNoStatusLine.Error() {
			want = exchange{In: want.In, Log: want.Log} // what nginx does with it is not for us to do
		}
		if got.Log != want.Log || got.Status != want.Status || got.Body != want.Body || got.Fields != want.Fields {
			t.Errorf("%q:\n got %s\nwant %s", want.In, got, want)
		}
	}
	t.Logf("%d responses", len(xs))
}

// TestChunkedLikeNginx does the same for the bodies of requests.
func TestChunkedLikeNginx(t *testing.T) {
	xs := throughNginx(t, chunkedGoldens, bodies, "")
	for _, want := range xs {
		body, rest, err := dechunk(latin1(want.In), 0)
		got := exchange{In: want.In, Status: 200, Body: string(body)}
		switch {
		case err != nil:
			got.Status, got.Body, got.Log = 400, "", err.Error()
		case !rest.Done():
			got.Status, got.Body = 400, "" // the client went away
		}
		if got.Log != want.Log || got.Status != want.Status || got.Body != fromLatin1(latin1(want.Body)) {
			t.Errorf("%q:\n got %s\nwant %s", want.In, got, want)
		}
	}
	t.Logf("%d bodies", len(xs))
}

// dechunk decodes a body, step bytes at a time, or at once.
func dechunk(in []byte, step int) (body []byte, c *Chunked, err error) {
	c = new(Chunked)
	for len(in) > 0 && !c.Done() {
		part := in
		if step > 0 {
			part = in[:min(step, len(in))]
		}
		in = in[len(part):]
		for len(part) > 0 {
			data, n, done, err := c.Next(part)
			body = append(body, data...)
			if err != nil || done {
				return body, c, err
			}
			part = part[n:]
		}
	}
	return body, c, nil
}

// readResponse reads a response to HTTP/1.0 as nginx does, step bytes at a
// time, or at once.
func readResponse(in []byte, step int) (x exchange) {
	x.In = fromLatin1(in)
	var h ResponseHead
	h.Reset()
	var n int
	err := ErrMore
	for have := 0; err == ErrMore && have < len(in); {
		if have += step; step == 0 || have > len(in) {
			have = len(in)
		}
		n, err = h.Parse(bytes.Clone(in[:have]))
		if err == nil && h.Status == 103 { // and the response follows
			in, have = in[n:], 0
			h.Reset()
			err = ErrMore
		}
	}
	switch {
	case err == ErrMore:
		return exchange{In: x.In, Status: 502, Log: "upstream prematurely closed connection"}
	case err == ErrNoStatusLine:
		return exchange{In: x.In, Log: err.Error()}
	case err != nil:
		x.Status, x.Log = err.(*Error).Status, fromLatin1([]byte(err.Error()))
		return x
	}
	h.Rebase(in)
	x.Status = h.Status
	x.Fields = fmt.Sprintf("%s|%s|%s", h.Get(header.ContentLength), h.Get(header.Server), xfoo(&h.Block))
	body := in[n:]
	switch {
	case h.Status == 204 || h.Status == 304:
		body = nil
	case h.Chunked:
		var c *Chunked
		var err error
		if body, c, err = dechunk(body, step); err != nil { // nginx has sent nothing yet
			return exchange{In: x.In, Status: x.Status, Log: ErrUpstreamChunked.Error()}
		}
		if !c.Done() {
			x.Log = "upstream prematurely closed connection"
		}
	case h.ContentLength >= 0:
		body = body[:min(int64(len(body)), h.ContentLength)]
	}
	x.Body = fromLatin1(body)
	return x
}

func xfoo(b *header.Block) string {
	if f := b.Lookup(header.Hash("x-foo"), []byte("x-foo")); f != nil {
		return fromLatin1(b.Value(f))
	}
	return ""
}

// responses are those an upstream sends.
func responses() (ins []string) {
	for _, l := range []string{"HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1  200  OK", "HTTP/1.1 200.1 OK", "HTTP/1.1 403.1 IIS", "HTTP/1.1 2000 OK", "HTTP/1.1 20 OK", "HTTP/1.1 020 x", "HTTP/1.1 2 00", "HTTP/1.1 999 x", "HTTP/1.1 200x", "HTTP/1.1 200\tOK", "HTTP/1.1 -200 X", "HTTP/1.1\t200 OK", "HTTP/1.1 200 O\rK", "HTTP/1.1 200 OK\r", "HTTP/1.1 200 O\x00K\x80", "HTTP/2 200", "HTTP/2.0 200 OK", "HTTP/10.0 200 OK", "HTTP/100.0 200 OK", "HTTP/1000.0 200 OK", "HTTP/1.1000 200 OK", "HTTP/1.100 200 OK", "HTTP/1.10000 200 OK", "HTTP/0.9 200 OK", "HTTP/01.1 200 OK", "HTTP/1.x 200 OK", "HTTP/1. 200 OK", "HTTP/1 200 OK", "http/1.1 200 OK", "HTTQ/1.1 200 OK", " HTTP/1.1 200 OK", "\r\nHTTP/1.1 200 OK", "ICY 200 OK", "<html>", "\x00", "HTTP/1.1 204 No", "HTTP/1.1 304 Not", "HTTP/1.1 404 Nix"} {
		ins = append(ins, l+"\r\nX-Foo: v\r\nContent-Length: 4\r\n\r\nbodybody", l+"\nServer: s\n\nbody", l+"\r\n\r\n", l)
	}
	for _, f := range []string{"X-Foo: v", "X-Foo:v", "X-Foo:", "X-Foo", "X-Foo:  v  w ", "X-Foo: v\r", "X-Foo: v\rw", "X-Foo : v", " X-Foo: v", ": v", "X Foo: v", "X-Foo: v\x00", "X-Foo:\x00", "X\x00: v", "X_Foo: v\r\nX-Foo: w", "X@Foo: v", "\"X-Foo\": v", "X\x80: v", "X\x7f: v", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nX-Foo: v", "XHTTP/1: v", "HTTP: v", "HTT/P: v", "HTTP\x01: v", "X-Foo: a\r\nX-Foo: b", "X-Foo: v\r\n w",
		"Content-Length: 4", "Content-Length: 0", "Content-Length: 2", "Content-Length: -1", "Content-Length: 4,4", "Content-Length: x", "Content-Length:", "Content-Length: 4\r\nContent-Length: 4", "Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 4", "Content-Length: 4\r\nTransfer-Encoding: identity", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity", "Transfer-Encoding:", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Content-Length: 9223372036854775808", "Content-Length: 4\r\ncontent-LENGTH: 5",
		"Server: a\r\nServer: b", "Server:", "Location: a\r\nLocation: b", "Last-Modified: a\r\nLast-Modified: b", "Expires: a\r\nExpires: b", "ETag: a\r\nETag: b", "Date: a\r\nDate: b", "Content-Type: a\r\nContent-Type: b", "Status: 404", "Status: 404\r\nStatus: 500", "Refresh: a\r\nRefresh: b", "X-Accel-Expires: 1\r\nX-Accel-Expires: 2", "Connection: close", "Connection: x\r\nConnection: close", "Keep-Alive: x"} {
		ins = append(ins, "HTTP/1.1 200 OK\r\nX-Foo: first\r\n"+f+"\r\n\r\nbody", "HTTP/1.0 200 OK\r\n"+f+"\r\n\r\nbody")
	}
	ins = append(ins, "HTTP/1.1 103 Early\r\nX-Foo: a\r\nContent-Length: x\r\n\r\nHTTP/1.1 200 OK\r\nX-Foo: b\r\n\r\nbody", "HTTP/1.0 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody", "HTTP/1.1 103 Early\r\nX\x00: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody", "HTTP/1.1 103 E\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody", "HTTP/1.1 103 E\r\n\r\nbody")
	for _, b := range bodies() {
		if strings.HasPrefix(b, "0") || len(b) > 2 && b[0] >= '1' && b[0] <= '9' { // what is long enough that nginx looks at it
			ins = append(ins, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+b)
		}
	}
	return ins
}

// bodies are chunked bodies of requests.
func bodies() (ins []string) {
	for _, s := range []string{"5", "05", "000005", "5 ", "5\t", "5;", "5;a=b", "5; a = \"b\"", "5;a\x00\x01", "5;a\rb", "5;\r", "5;a\n", "5\n", "5\r", "5\rx", " 5", "\t5", "+5", "-5", "0x5", "5h", "5.", "5,5", "", "\x005", "5\x00", "7fffffffffffffff", "8000000000000000", "7ffffffffffffff6", "7ffffffffffffff5", "ffffffffffffffff", "10000000000000005", "fffffffffffffff", "00000000000000000000000000000005", "5;" + strings.Repeat("x", 500), "g", "a", "A", "aF"} {
		ins = append(ins, s+"\r\nhello\r\n0\r\n\r\n")
	}
	for _, s := range []string{"0\r\n\r\n", "0\n\r\n", "0\r\n\n", "0\r\n", "0", "00\r\n\r\n", "0;a\r\n\r\n", "0 a\r\n\r\n", "0x\r\n\r\n", "0\rx", "0\r\n\rx", "0\r\nX: y\r\n\r\n", "0\r\nX: y\n\r\n", "0\r\nX: y\r\n\n", "0\r\nX: y\r\r\n\r\n", "0\r\nX\x00\r\n\r\n", "0\r\n: y\r\n\r\n", "0\r\n X: y\r\nY: z\r\n\r\n", "0\r\nX: y\r\n", "0\r\nHost: x\r\nContent-Length: 3\r\n\r\n"} {
		ins = append(ins, s, "5\r\nhello\r\n"+s, "5\r\nhello\r\n"+s+"GET / HTTP/1.1\r\n\r\n")
	}
	for _, s := range []string{"\r\n", "\n", "\r", "", "x\r\n", "\r\n\r\n", "\r\r\n"} {
		ins = append(ins, "5\r\nhello"+s+"6\r\n world\r\n0\r\n\r\n")
	}
	r := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"\r", "\n", "\r\n", " ", ";", "0", "5", "a", "\x00", ":", "x", "\t"}
	for n := len(ins); len(ins) < 500; {
		b := ins[r.IntN(n)]
		if len(b) == 0 || len(b) > 100 {
			continue
		}
		i, j := r.IntN(len(b)+1), r.IntN(2)
		ins = append(ins, b[:i]+pieces[r.IntN(len(pieces))]+b[min(len(b), i+j):])
	}
	return ins
}

// throughNginx returns what nginx did with ins as a proxy, asked now or
// recorded before.
func throughNginx(t *testing.T, file string, make func() []string, version string) (xs []exchange) {
	if *nginx == "" {
		return readGoldens[exchange](t, file)
	}
	for _, in := range make() {
		xs = append(xs, exchange{In: fromLatin1([]byte(in))})
	}
	front, dir := startProxy(t, xs)
	byPort := map[int]int{}
	for i := range xs {
		x := &xs[i]
		c, err := net.Dial("tcp", front)
		if err != nil {
			t.Fatal(err)
		}
		byPort[c.LocalAddr().(*net.TCPAddr).Port] = i
		c.SetDeadline(time.Now().Add(5 * time.Second))
		if version != "" {
			fmt.Fprintf(c, "GET /r/%d %s\r\n\r\n", i, version)
		} else {
			fmt.Fprintf(c, "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n%s", latin1(x.In))
		}
		c.(*net.TCPConn).CloseWrite()
		b, _ := io.ReadAll(c)
		c.Close()
		head, body, _ := strings.Cut(string(b), "\r\n\r\n")
		if version == "" {
			if r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil); err == nil {
				b, _ := io.ReadAll(r.Body)
				body = string(b)
			}
		}
		own := strings.Contains(body, "<hr><center>nginx")
		if !own {
			x.Body = fromLatin1([]byte(body))
		}
		if version != "" && !own && strings.HasPrefix(head, "HTTP/1.1") {
			x.Fields = field(head, "Content-Length") + "|" + field(head, "Server") + "|" + field(head, "X-Foo")
		}
	}
	readErrors(t, dir, byPort, xs)
	if *update {
		writeGoldens(t, file, xs)
	}
	return xs
}

func field(head, name string) string {
	for _, l := range strings.Split(head, "\r\n") {
		if v, ok := strings.CutPrefix(strings.ToLower(l), strings.ToLower(name)+": "); ok {
			return l[len(l)-len(v):]
		}
	}
	return ""
}

// readErrors finds what nginx logged about each exchange.
func readErrors(t *testing.T, dir string, byPort map[int]int, xs []exchange) {
	time.Sleep(100 * time.Millisecond)
	byConn := map[string]int{}
	access, err := os.ReadFile(filepath.Join(dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(string(access), "\n") {
		f := strings.Fields(l)
		if len(f) != 3 {
			continue
		}
		port, _ := strconv.Atoi(f[0])
		if i, ok := byPort[port]; ok {
			byConn[f[1]] = i
			xs[i].Status, _ = strconv.Atoi(f[2])
		}
	}
	log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
	re := regexp.MustCompile(`(?s)\[error\] \d+#\d+: \*(\d+) (.*?)( while [a-z ]+)?, client: 127`)
	for _, line := range bytes.Split(log, []byte("\n20")) {
		if m := re.FindSubmatch(line); m != nil {
			if i, ok := byConn[string(m[1])]; ok {
				xs[i].Log = fromLatin1(m[2])
			}
		}
	}
}

// startProxy starts an nginx before an upstream that sends the exchanges.
func startProxy(t *testing.T, xs []exchange) (front, dir string) {
	up, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go serveExchanges(up, xs)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	front, dir = l.Addr().String(), t.TempDir()
	l.Close()
	os.WriteFile(filepath.Join(dir, "c"), fmt.Appendf(nil, `daemon off; master_process off; pid pid; error_log error.log; events {}
http { log_format c '$remote_port $connection $status'; access_log access.log c; proxy_buffer_size 4k; client_max_body_size 0;
server { listen %s; location / { proxy_pass http://%s; proxy_pass_header Server; proxy_ignore_client_abort on; proxy_ignore_headers Expires X-Accel-Expires; } } }
`, front, up.Addr()), 0o600)
	cmd := exec.Command(*nginx, "-p", dir, "-c", "c", "-e", "error.log")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait(); up.Close() })
	for range 100 {
		if c, err := net.Dial("tcp", front); err == nil {
			c.Close()
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return front, dir
}

// serveExchanges answers /r/N with the response N, and a body with itself.
func serveExchanges(up net.Listener, xs []exchange) {
	for {
		c, err := up.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			r, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil {
				return
			}
			body, _ := io.ReadAll(r.Body)
			var i int
			if _, err := fmt.Sscanf(r.URL.Path, "/r/%d", &i); err == nil {
				c.Write(latin1(xs[i].In))
				return
			}
			fmt.Fprintf(c, "HTTP/1.0 200 OK\r\n\r\n%s", body)
		}()
	}
}

func (x exchange) String() string {
	return fmt.Sprintf("%d %q %q %q", x.Status, x.Body, x.Log, x.Fields)
}
