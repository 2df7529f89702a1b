package explain_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"understudy/directives"
	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/conn"
	"understudy/runtime/httpd"
	"understudy/runtime/zone"
)

var seed = flag.Uint64("seed", 0, "of the configurations that explain is tried on; 0: a fixed one")

// An outcome is what became of a request.
type outcome struct {
	location string // with the line of its block
	uri      string
	status   int
	redirect string
	sent     string // to the upstream
}

func (o outcome) String() string {
	return fmt.Sprintf("location %s, URI %q, status %d, Location %q, sent %q", o.location, o.uri, o.status, o.redirect, o.sent)
}

func outcomeOf(r *httpd.Request) outcome {
	return outcome{location: fmt.Sprintf("%s:%d", r.Loc.Configuration(), r.Loc.Pos.Line), uri: string(r.URI) + "?" + string(r.Args)}
}

// A witness is a module that sees requests where they are logged.
type witness struct{ seen chan outcome }

func (w *witness) module() spec.Module {
	return spec.HTTPModule[struct{ witness bool }]{Name: "witness", Location: func(_ *struct{ witness bool }, b *spec.Builder) error {
		b.Log = append(b.Log, httpd.Step{Name: "witness", Run: func(r *httpd.Request) httpd.Status {
			w.seen <- outcomeOf(r)
			return httpd.Declined
		}})
		return nil
	}}
}

// build compiles a configuration, and returns its outermost block and its only port.
func build(table *spec.Table, conf, prefix string, offline bool) (main *spec.Scope, p *httpd.Port, err error) {
	tree, err := parser.Load("/n", parser.Memory(map[string]string{"/n": conf}))
	if err != nil {
		return nil, nil, err
	}
	c := spec.Compile(table, tree.Directives, spec.Options{Prefix: prefix, Version: "1.31.5", Offline: offline, Zones: new(zone.Set), Log: slog.New(slog.DiscardHandler)})
	if err := c.Main.Diags().Err(); err != nil {
		return nil, nil, err
	}
	return c.Main, spec.Result[httpcore.Listening](c.Main).Ports[0], nil
}

// An echo answers all requests, and tells what they were.
type echo struct {
	net.Listener
	got chan string
}

func newEcho(t *testing.T) *echo {
	e := &echo{listen(t), make(chan string, 16)}
	go e.run()
	return e
}

func (e *echo) run() {
	for {
		c, err := e.Accept()
		if err != nil {
			return
		}
		go e.serve(c)
	}
}

func listen(t *testing.T) net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

func (e *echo) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		var all []byte
		length := 0
		for !bytes.HasSuffix(all, []byte("\r\n\r\n")) {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			all = append(all, line...)
			if n, ok := bytes.CutPrefix(bytes.ToLower(line), []byte("content-length: ")); ok {
				length, _ = strconv.Atoi(strings.TrimSpace(string(n)))
			}
		}
		// A body may be announced that is not passed (proxy_pass_request_body).
		if length > 0 {
			body := make([]byte, length)
			c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			n, _ := io.ReadFull(in, body)
			c.SetReadDeadline(time.Time{})
			all = append(all, body[:n]...)
		}
		e.got <- string(all)
		if _, err := c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")); err != nil {
			return
		}
	}
}

// A client is a connection to the configuration at work.
type client struct {
	t    *testing.T
	ln   net.Listener // of it; nil: of nginx
	near net.Conn
	in   *bufio.Reader
	done sync.WaitGroup
}

// connect makes a new connection to a port.
func (f *client) connect(p *httpd.Port) {
	f.close()
	var err error
	if f.near, err = net.Dial("tcp", f.ln.Addr().String()); err != nil {
		f.t.Fatal(err)
	}
	far, err := f.ln.Accept()
	if err != nil {
		f.t.Fatal(err)
	}
	f.begin()
	f.done.Go(func() { p.Serve(conn.New(far)) })
}

func (f *client) begin() { f.in = bufio.NewReader(f.near) }

func (f *client) close() {
	if f.near != nil {
		f.near.Close()
		f.near = nil
	}
}

// ask sends a request and returns the answer; the connection may be used up then.
func (f *client) ask(q asking) (*http.Response, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", q.method, q.target, q.host)
	if q.body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(q.body))
	}
	for _, x := range q.fields {
		fmt.Fprintf(&b, "%s: %s\r\n", x[0], x[1])
	}
	b.WriteString("\r\n" + q.body)
	if _, err := f.near.Write(b.Bytes()); err != nil {
		return nil, err
	}
	f.near.SetReadDeadline(time.Now().Add(10 * time.Second))
	r, err := http.ReadResponse(f.in, &http.Request{Method: q.method})
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	if r.Close {
		f.close()
	}
	return r, nil
}

// TestExplainIsWhatHappens takes requests through configurations that are made up, and
// then has the same configurations serve them: location, URI, answer and every byte
// that an upstream gets must be what was foretold.
func TestExplainIsWhatHappens(t *testing.T) {
	want := 10_000
	switch {
	case racing:
		want = 500
	case testing.Short():
		want = 1_000
	}
	s := *seed
	if s == 0 {
		s = 31
	}
	root := files(t)
	back := newEcho(t)
	g := &generator{Rand: rand.New(rand.NewPCG(s, s)), front: "127.0.0.1:8080", back: back.Addr().String(), root: root}
	w := &witness{make(chan outcome, 4)}
	table := directives.TableWith(w.module())
	f := &client{t: t, ln: listen(t)}
	defer f.done.Wait()
	defer f.close()

	tried, bad, passed, wrong := 0, 0, 0, 0
	for confs := 1; tried < want; confs++ {
		conf := g.conf()
		main, foreseen, err := build(directives.Table, conf, root, true)
		if err != nil {
			if bad++; bad > 10+confs/2 {
				t.Fatalf("most configurations are wrong, such as this: %v\n%s", err, conf)
			}
			continue
		}
		_, live, err := build(table, conf, root, false)
		if err != nil {
			t.Fatal(err)
		}
		f.close()
		for range 25 {
			q := g.request()
			if f.near == nil {
				f.connect(live)
			}
			foretold, r := explained(t, spec.Result[*httpd.HTTP](main), foreseen, q, f)
			got, err := f.live(q, w, back)
			if err != nil {
				t.Fatalf("%v: %v\n%s", q, err, conf)
			}
			if got.sent != "" {
				passed++
			}
			tried++
			if err := agrees(r.Loc, main, got.sent); err != nil {
				t.Errorf("%+v: %v\n%s", q, err, conf)
			}
			if got != foretold {
				if wrong++; wrong <= 5 {
					t.Errorf("%+v\n got %v\nwant %v\n%s", q, foretold, got, conf)
				}
			}
		}
	}
	t.Logf("seed %d: %d requests, of which %d were passed on; %d differ", s, tried, passed, wrong)
	if passed < tried/20 {
		t.Errorf("only %d of %d requests were passed on", passed, tried)
	}
}

func explained(t *testing.T, h *httpd.HTTP, p *httpd.Port, q asking, f *client) (outcome, *httpd.Request) {
	t.Helper()
	remote := netip.MustParseAddrPort(f.near.LocalAddr().String())
	r, trace, err := p.Any.Explain(h, httpd.Query{
		Method: q.method, Target: q.target, Host: q.host, Header: q.fields, Body: []byte(q.body),
		Remote: remote, Local: netip.MustParseAddrPort(f.ln.Addr().String()),
	})
	if err != nil {
		t.Fatalf("%v: %v", q, err)
	}
	o := outcomeOf(r)
	o.status, o.redirect = int(r.Resp.Status), string(r.Resp.Location)
	if trace.Asked != nil {
		o.sent = string(trace.Asked.Request)
	}
	return o, r
}

// agrees compares what is said to be in force of proxy_set_header with what was sent:
// of the fields that no client sends, those and no others.
func agrees(l *httpd.Location, main *spec.Scope, sent string) error {
	s := main.Built(l)
	if s == nil || sent == "" {
		return nil
	}
	f := s.Effect(directives.Table.Lookup("proxy_set_header")[0])
	given := map[string]bool{}
	for _, g := range f.Given {
		name, value := g.Directive.Args[0].Text, g.Directive.Args[1].Text
		given[name] = true
		if value == "1" && !strings.Contains(sent, "\r\n"+name+": ") {
			return fmt.Errorf("%s is in force, and %s was not sent: %q", g.Text("1.31.5"), name, sent)
		}
	}
	for _, name := range []string{"X-Http", "X-Loc", "X-Uri"} {
		if !given[name] && strings.Contains(sent, "\r\n"+name+": ") {
			return fmt.Errorf("%s was sent, and only %v is in force: %q", name, given, sent)
		}
	}
	for _, x := range f.Lost {
		if name := x.Directive.Args[0].Text; name != "X-A" && !given[name] && strings.Contains(sent, "\r\n"+name+": ") {
			return fmt.Errorf("%s is lost, and was sent: %q", x.Text("1.31.5"), sent)
		}
	}
	return nil
}

func (f *client) live(q asking, w *witness, back *echo) (o outcome, err error) {
	a, err := f.ask(q)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF): // 444, or nothing to say
		f.close()
		o = <-w.seen
	case err != nil:
		return o, err
	default:
		o = <-w.seen
		o.status, o.redirect = a.StatusCode, a.Header.Get("Location")
	}
	select {
	case o.sent = <-back.got:
	default:
	}
	return o, nil
}

// files makes some that locations may have.
func files(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"index.html", "b.html", "a/b.txt", "a/index.html", "x/index.html", "x/y/z", "a/x.php"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
