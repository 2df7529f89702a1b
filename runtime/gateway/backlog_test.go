package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/buf"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
	"understudy/runtime/upstream"
	"understudy/runtime/vars"
	"understudy/runtime/zone"
)

// A journal is a log that is read while others write it.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// await waits until the log has a text.
func (j *journal) await(t *testing.T, text string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(j.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the log says %q, want %q in it", j, text)
		}
	}
}

// An asking writer wants to know of the peer whenever something passes.
type asking struct {
	httpd.Writer
	ask func()
}

func (w asking) Write(p []byte) error {
	w.ask()
	return w.Writer.Write(p)
}

// Filters on the client's side may ask for what the peer's side counts.
func TestVariablesBesideBacklog(t *testing.T) {
	addr := listening(t, func(c io.ReadWriteCloser) {
		defer c.Close()
		var req [512]byte
		c.Read(req[:])
		io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		for p := range slices.Chunk(pattern, 64<<10) {
			c.Write(p)
			time.Sleep(time.Millisecond)
		}
	})
	f, c := logging(t, io.Discard, `proxy_buffers 4 8k; location @back { proxy_pass http://`+addr+`; }
		location /asks { add_header A "$upstream_response_length $upstream_response_time $upstream_bytes_received $upstream_bytes_sent $upstream_addr"; }`)
	var asked []vars.Index
	for _, name := range []string{"response_length", "response_time", "bytes_received", "bytes_sent", "addr"} {
		asked = append(asked, c.HTTP.Vars.Find("upstream_"+name))
	}
	loc := c.HTTP.Servers[0].Root
	loc.Content = c.HTTP.Servers[0].Named([]byte("@back")).Content
	loc.Filters = append(loc.Filters, httpd.Filter{Name: "asking", Head: func(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
		return func(next httpd.Writer) httpd.Writer {
			return asking{next, func() {
				for _, i := range asked {
					r.Var(i)
				}
			}}
		}, httpd.OK
	}})
	k := f.narrow()
	k.say(t, "GET / HTTP/1.0\r\n\r\n")
	n := int64(0)
	for {
		m, err := io.CopyN(io.Discard, k.in, 48<<10)
		if n += m; err != nil {
			break
		}
		time.Sleep(time.Millisecond) // somewhat slower than the peer
	}
	if n < int64(len(pattern)) {
		t.Errorf("got %d bytes, want %d", n, len(pattern))
	}
}

// What came with a chunk that is none is not passed on, whether the client keeps up or
// not: nginx gives the response up.
func TestInvalidChunkBehindBacklog(t *testing.T) {
	const last = "what comes last"
	var log journal
	f, _ := logging(t, &log, "location / { proxy_buffers 4 8k; proxy_pass http://"+listening(t, func(c io.ReadWriteCloser) {
		defer c.Close()
		var req [512]byte
		c.Read(req[:])
		b := bodies["in chunks"]
		b.tail = fmt.Sprintf("%x\r\n%s\r\nno number\r\n", len(last), last)
		b.send(c)
	})+"; }")
	c := f.narrow()
	c.say(t, get("/"))
	log.await(t, "upstream sent invalid chunked response")
	_, got, err := c.response(t, "GET")
	if err != io.ErrUnexpectedEOF || len(got) >= len(pattern) || !strings.HasPrefix(string(pattern), got) {
		t.Errorf("got %d bytes, %v, want fewer than %d, cut off", len(got), err, len(pattern))
	}
}

// logging runs a server of a configuration with a log.
func logging(t *testing.T, log io.Writer, conf string) (*front, *directives.Compiled) {
	t.Helper()
	tree, err := parser.Load("/nginx.conf", parser.Memory(map[string]string{"/nginx.conf": `events {} http { access_log off; server { listen 127.0.0.1:8080; ` + conf + ` } }`}))
	if err != nil {
		t.Fatal(err)
	}
	c, diags := directives.Compile(tree, spec.Options{
		Prefix: t.TempDir() + "/", Version: "1.31.5", Zones: new(zone.Set), Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return started(t, c), c
}

// A broken decoder panics when it has seen some of a body.
type broken struct{ left int }

func (d *broken) Next(p []byte) (data []byte, n int, done bool, err error) {
	if d.left -= len(p); d.left < 0 {
		panic("the fault")
	}
	return p, len(p), false, nil
}

func (*broken) Closed() error   { return nil }
func (*broken) Whole() bool     { return false }
func (*broken) Surplus() string { return "" }

// A brokenWriter panics when much of a body has passed.
type brokenWriter struct {
	httpd.Writer
	left int
}

func (w *brokenWriter) Write(p []byte) error {
	if w.left -= len(p); w.left < 0 {
		panic("the fault")
	}
	return w.Writer.Write(p)
}

// A panic of what reads from the peer beside the request, or of what writes to the
// client, ends that request, and leaves nothing.
func TestContainBacklog(t *testing.T) {
	const never = 1 << 40
	for _, tt := range []struct {
		name        string
		read, write int // bytes before the panic
	}{{"reader", 1 << 20, never}, {"writer", never, 3 << 20}} {
		t.Run(tt.name, func(t *testing.T) {
			closed := make(chan bool, 1)
			addr := listening(t, func(c io.ReadWriteCloser) {
				var req [512]byte
				c.Read(req[:])
				bodies["to the end"].send(c)
				io.Copy(io.Discard, c)
				c.Close()
				closed <- true
			})
			var log journal
			f, c := logging(t, &log, "")
			peer := upstream.NewPeer(addr, netip.MustParseAddrPort(addr))
			group, err := upstream.New("up", []*upstream.Peer{peer}, nil, upstream.Keepalive{})
			if err != nil {
				t.Fatal(err)
			}
			set := &gateway.Settings{
				Connect: time.Second, Send: time.Second, Read: 10 * time.Second, NextUpstream: gateway.OnError,
				Buffering: true, RequestBuffering: true, BufferSize: 4096, Buffers: 8, BufferUnit: 4096,
			}
			p := &gateway.Protocol{
				Scheme: "http://",
				AppendRequest: func(dst []byte, r *httpd.Request, s *gateway.State) ([]byte, httpd.Status) {
					return append(dst, "GET / HTTP/1.0\r\n\r\n"...), httpd.OK
				},
				ReadHead: func(r *httpd.Request, s *gateway.State, b *buf.Buffer) error {
					err := gateway.ReadHTTPHead(r, s, b)
					s.Body = &broken{tt.read}
					return err
				},
			}
			root := c.HTTP.Servers[0].Root
			root.Content = &httpd.Step{Name: "fault", Run: func(r *httpd.Request) httpd.Status {
				return gateway.Forward(r, gateway.Target{Group: group, Name: "up"}, p, set)
			}}
			root.Filters = append(root.Filters, httpd.Filter{Name: "fault", Head: func(*httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
				return func(next httpd.Writer) httpd.Writer { return &brokenWriter{next, tt.write} }, httpd.OK
			}})
			k := f.narrow()
			k.say(t, get("/"))
			k.in.Peek(1)
			time.Sleep(20 * time.Millisecond) // a backlog begins
			n, _ := io.Copy(io.Discard, k.in)
			if n < 1000 || n > 4<<20 {
				t.Errorf("got %d bytes", n)
			}
			if n := group.State(peer).Conns; n != 0 {
				t.Errorf("the peer has %d connections", n)
			}
			log.await(t, "panic: the fault")
			log.await(t, "backlog_test.go")
			<-closed
		})
	}
}
