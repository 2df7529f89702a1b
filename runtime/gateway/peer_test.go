package gateway_test

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
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

// A reply is what a peer does with one request.
type reply struct {
	text   string
	early  bool // before the body of the request is read
	end    bool // the connection is closed behind it
	unread bool // the connection is closed before anything is read
	hang   bool // nothing more happens until the other side closes
}

// A peer is a raw server that answers requests with its replies, in their order
// and over whatever connections they come. The last one is repeated.
type peer struct {
	addr string
	ln   net.Listener

	mu       sync.Mutex
	replies  []reply
	requests []string // as they came, bodies decoded
	conns    int
	open     []net.Conn
	closed   chan struct{} // gets one for each connection that the other side closed
	wg       sync.WaitGroup
}

func serve(t testing.TB, replies ...reply) *peer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, ln, ln.Addr().String(), replies...)
}

// serveOn is serve for a listener, which the configuration knows as addr.
func serveOn(t testing.TB, ln net.Listener, addr string, replies ...reply) *peer {
	t.Helper()
	p := &peer{addr: addr, ln: ln, replies: replies, closed: make(chan struct{}, 1<<14)}
	p.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns++
			p.open = append(p.open, c)
			p.mu.Unlock()
			p.wg.Go(func() {
				defer c.Close()
				p.converse(c)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		p.mu.Lock()
		for _, c := range p.open {
			c.Close()
		}
		p.mu.Unlock()
		p.wg.Wait()
	})
	return p
}

func (p *peer) next() reply {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.replies[0]
	if len(p.replies) > 1 {
		p.replies = p.replies[1:]
	}
	return r
}

// note says that the other side has closed a connection, to who counts that.
func (p *peer) note() {
	select {
	case p.closed <- struct{}{}:
	default:
	}
}

func (p *peer) peek() reply {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.replies[0]
}

func (p *peer) converse(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		if p.peek().unread {
			p.next()
			return
		}
		req, err := http.ReadRequest(in)
		if err != nil {
			p.note()
			return
		}
		r := p.next()
		if r.early {
			io.WriteString(c, r.text)
		}
		body, _ := io.ReadAll(req.Body)
		p.mu.Lock()
		p.requests = append(p.requests, fmt.Sprintf("%s %s %s", req.Method, req.RequestURI, body))
		p.mu.Unlock()
		if !r.early {
			io.WriteString(c, r.text)
		}
		if r.hang {
			io.Copy(io.Discard, in)
			p.note()
			return
		}
		if r.end {
			return
		}
	}
}

func (p *peer) seen() (requests []string, conns int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.requests...), p.conns
}

// refusing returns an address at which nobody listens.
func refusing(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// A front is a server of a configuration, to which connections can be opened.
type front struct {
	t     testing.TB
	serve func(*conn.Conn)
	ln    net.Listener
	wg    sync.WaitGroup
}

// proxying runs a server that passes all to the peers.
func proxying(t testing.TB, conf string, peers ...string) *front {
	t.Helper()
	var up strings.Builder
	for _, a := range peers {
		fmt.Fprintf(&up, "server %s max_fails=0;\n", a)
	}
	return run(t, `events {} http {
		access_log off;
		upstream up { `+up.String()+` keepalive 4; }
		server {
			listen 127.0.0.1:8080;
			lingering_close off;
			add_header X-Tried $upstream_status always;
			location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; `+conf+` }
			location /inner { internal; return 200 "inner $request_method $args"; }
			location @named { return 200 "named"; }
		}
	}`)
}

func run(t testing.TB, conf string) *front {
	t.Helper()
	tree, err := parser.Load("/nginx.conf", parser.Memory(map[string]string{"/nginx.conf": conf}))
	if err != nil {
		t.Fatal(err)
	}
	c, diags := directives.Compile(tree, spec.Options{Prefix: t.TempDir() + "/", Version: "1.31.5", Zones: new(zone.Set), Log: slog.New(slog.DiscardHandler)})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return started(t, c)
}

// started runs what a configuration was made into.
func started(t testing.TB, c *directives.Compiled) *front {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &front{t: t, serve: c.Graph.Listen[0].Serve, ln: ln}
	t.Cleanup(func() {
		ln.Close()
		f.wg.Wait()
		for _, p := range c.Graph.Parts {
			<-p.Retire()
		}
	})
	return f
}

// A client is a connection to a front.
type client struct {
	net.Conn
	in *bufio.Reader
}

func (f *front) dial() *client {
	f.t.Helper()
	return f.client(f.connect(nil))
}

func (f *front) client(near net.Conn) *client {
	f.t.Cleanup(func() { near.Close() })
	return &client{near, bufio.NewReader(near)}
}

// connect is dial without what stays until the test ends. Both ends are given to
// prepare, if it is not nil, before anything is served.
func (f *front) connect(prepare func(near, far net.Conn)) net.Conn {
	f.t.Helper()
	near, err := net.Dial(f.ln.Addr().Network(), f.ln.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	far, err := f.ln.Accept()
	if err != nil {
		f.t.Fatal(err)
	}
	if prepare != nil {
		prepare(near, far)
	}
	near.SetDeadline(time.Now().Add(20 * time.Second))
	f.wg.Go(func() { f.serve(conn.New(far)) })
	return near
}

func (c *client) say(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// response reads one response to a request of a method.
func (c *client) response(t testing.TB, method string) (r *http.Response, body string, err error) {
	t.Helper()
	r, err = http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r.Body)
	return r, string(b), err
}

// ended reports whether the connection ends, with nothing more on it.
func (c *client) ended() bool {
	b, err := io.ReadAll(c.in)
	return err == nil && len(b) == 0
}

func get(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n" }

func post(body string) string {
	return fmt.Sprintf("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// fine is a whole response.
func fine(body string) reply {
	return reply{text: fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)}
}

// listening has talk deal with each connection to the address it returns.
func listening(t testing.TB, talk func(io.ReadWriteCloser)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { talk(c) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		wg.Wait()
	})
	return ln.Addr().String()
}
