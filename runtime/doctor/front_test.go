package doctor_test

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
	"understudy/runtime/doctor"
	"understudy/runtime/httpd"
	"understudy/runtime/zone"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A seed is a server, and what is asked of it. What a doctor finds is tried from the
// outside, in conformance/faults.
type seed struct{ conf string } // {dead} is an address

const html = "Accept: text/html,*/*;q=0.8"

// dead is an address at which nobody listens.
func dead(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// A front is a server with a doctor.
type front struct {
	t     testing.TB
	serve func(*conn.Conn)
	ln    net.Listener
	wg    sync.WaitGroup
	doc   *doctor.Doctor

	mu    sync.Mutex
	found []*doctor.Diagnosis
	lines []*doctor.Line
}

// start runs the server of a seed; the prefix is empty.
func start(t testing.TB, s seed, examined bool) *front {
	t.Helper()
	dir := t.TempDir()
	text := "events {}\nhttp {\naccess_log off;\nserver { listen 127.0.0.1:8080; lingering_close off;\n" + s.conf + "\n}\n}\n"
	text = strings.ReplaceAll(text, "{dead}", dead(t))
	tree, err := parser.Load("/nginx.conf", parser.Memory(map[string]string{"/nginx.conf": text}))
	if err != nil {
		t.Fatal(err)
	}
	c, diags := directives.Compile(tree, spec.Options{Prefix: dir + "/", Version: "1.31.5", Remember: true, Zones: new(zone.Set), Log: slog.New(slog.DiscardHandler)})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	f := &front{t: t, serve: c.Graph.Listen[0].Serve}
	if examined {
		f.doc = &doctor.Doctor{
			Where:    func(l *httpd.Location, d string) doctor.Setting { return c.Setting(l, d, "1.31.5") },
			Patience: 20 * time.Millisecond,
			Tell: func(x *doctor.Diagnosis) {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.found = append(f.found, x)
			},
			Line: func(l *doctor.Line) {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.lines = append(f.lines, l)
			},
		}
		c.HTTP.Doctor = f.doc
	}
	if f.ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.ln.Close()
		f.wg.Wait()
		for _, p := range c.Graph.Parts {
			<-p.Retire()
		}
	})
	return f
}

// dial opens a connection to the server.
func (f *front) dial() net.Conn {
	f.t.Helper()
	near, err := net.Dial("tcp", f.ln.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	far, err := f.ln.Accept()
	if err != nil {
		f.t.Fatal(err)
	}
	near.SetDeadline(time.Now().Add(10 * time.Second))
	f.wg.Go(func() { f.serve(conn.New(far)) })
	return near
}

// ask sends a request on a connection of its own and returns the whole response. The
// doctor has seen all of it by then.
func (f *front) ask(request string) (*http.Response, string) {
	f.t.Helper()
	c := f.dial()
	defer c.Close()
	io.WriteString(c, request)
	method, _, _ := strings.Cut(request, " ")
	in := bufio.NewReader(c)
	r, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		f.t.Fatalf("%.60q: %v", request, err)
	}
	var body []byte
	if r.StatusCode != 101 {
		body, _ = io.ReadAll(r.Body)
	} else {
		body, _ = io.ReadAll(in)
	}
	r.Body.Close()
	c.Close()
	f.wg.Wait()
	return r, string(body)
}

// codes are the findings, each once.
func (f *front) codes() (ids []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, x := range f.found {
		ids = append(ids, x.ID())
	}
	return ids
}

func (f *front) texts() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for _, x := range f.found {
		fmt.Fprintf(&b, "%s %d %s: %s\n    %s\n", x.ID(), x.Status, x.Request, x.Text, x.Fix)
	}
	return b.String()
}

func get(path string, fields ...string) string {
	return "GET " + path + " HTTP/1.1\r\nHost: h:8081\r\nConnection: close\r\n" + join(fields) + "\r\n"
}

func join(fields []string) (text string) {
	for _, f := range fields {
		text += f + "\r\n"
	}
	return text
}
