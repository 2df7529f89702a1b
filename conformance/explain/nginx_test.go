package explain_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"understudy/directives"
	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/httpd"
	"understudy/runtime/zone"
)

var (
	update = flag.Bool("update", false, "record from nginx what testdata/explain expects; needs -nginx")
	made   = flag.Int("generate", 0, "write so many fixtures made at random, for -update")
	binary = flag.String("nginx", "", "the nginx 1.31.5 to record from, built with --with-debug")
)

// The configurations listen on front and pass to back, whoever asks or answers there:
// explain opens no socket, and while recording the ports are taken.
const front, back = "127.0.0.1:28080", "127.0.0.1:29000"

// minPairs is how many requests the recordings hold at least.
const minPairs = 600

// A pair is a request and what nginx did with it.
type pair struct {
	Request  string `json:"request"`
	Location string `json:"location,omitempty"` // the last of its debug log
	Status   int    `json:"status"`
	Redirect string `json:"redirect,omitempty"`
	Sent     string `json:"sent,omitempty"` // what the upstream saw
}

// String is the pair as it is recorded.
func (p pair) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// TestNginx compares what explain says with what nginx did: the location that its
// debug log names, its answer, and what an upstream saw. A fixture is a configuration
// with requests in its comments:
//
//	#? METHOD TARGET [HOST] [Field:value …] [body=text]
func TestNginx(t *testing.T) {
	if *made > 0 {
		generate(t, *made)
	}
	names, err := filepath.Glob("../../testdata/explain/*.conf")
	if err != nil || len(names) == 0 {
		t.Fatal("no fixtures", err)
	}
	total := 0
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".conf"), func(t *testing.T) {
			conf, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			prefix := files(t) + "/"
			want := strings.TrimSuffix(name, ".conf") + ".want"
			if *update {
				record(t, prefix, string(conf), want)
			}
			total += compare(t, prefix, string(conf), want)
		})
	}
	if total < minPairs && !t.Failed() {
		t.Errorf("only %d pairs, want %d", total, minPairs)
	}
	t.Logf("%d pairs of %d configurations", total, len(names))
}

// generate writes fixtures like the configurations of TestExplainIsWhatHappens, without
// requests for what we are stricter about (runtime/README.md): spaces in a URI that is
// passed decoded, and empty segments with merge_slashes off.
func generate(t *testing.T, n int) {
	g := &generator{Rand: rand.New(rand.NewPCG(7, 7)), front: front, back: back, root: "."}
	for i := 0; i < n; {
		conf := g.conf()
		if _, _, err := build(directives.Table, conf, t.TempDir()+"/", true); err != nil {
			continue
		}
		i++
		var b strings.Builder
		fmt.Fprintf(&b, "# Made at random.\n%s", conf)
		for range 20 {
			q := g.request()
			q.target = strings.ReplaceAll(strings.ReplaceAll(q.target, "%20", "%41"), "//", "/")
			fmt.Fprintf(&b, "#? %s %s %s", q.method, q.target, q.host)
			for _, f := range q.fields {
				fmt.Fprintf(&b, " %s:%s", f[0], strings.ReplaceAll(f[1], " ", ""))
			}
			if q.body != "" {
				fmt.Fprintf(&b, " body=%s", strings.ReplaceAll(q.body, " ", "-"))
			}
			b.WriteByte('\n')
		}
		if err := os.WriteFile(fmt.Sprintf("../../testdata/explain/random-%02d.conf", i), []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// compare has explain foretell what was recorded, and returns how many pairs there are.
func compare(t *testing.T, prefix, conf, want string) int {
	tree, err := parser.Load("/n", parser.Memory(map[string]string{"/n": conf}))
	if err != nil {
		t.Fatal(err)
	}
	c, found := directives.Compile(tree, spec.Options{Prefix: prefix, Version: "1.31.5", Offline: true, Zones: new(zone.Set), Log: slog.New(slog.DiscardHandler)})
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(want)
	if err != nil {
		t.Fatal(err)
	}
	var recorded []pair
	for d := json.NewDecoder(bytes.NewReader(data)); ; {
		var p pair
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		recorded = append(recorded, p)
	}
	asked := requests(t, conf)
	if len(asked) != len(recorded) {
		t.Fatalf("%d requests, but %d recordings", len(asked), len(recorded))
	}
	for i, q := range asked {
		a := spec.Result[httpcore.Listening](c.Main).Ports[0].Any
		r, trace, err := a.Explain(c.HTTP, httpd.Query{
			Method: q.method, Target: q.target, Host: q.host, Header: q.fields, Body: []byte(q.body),
			Remote: netip.MustParseAddrPort("127.0.0.1:1"), Local: netip.MustParseAddrPort(front),
		})
		if err != nil {
			t.Errorf("%s: %v", recorded[i].Request, err)
			continue
		}
		got := pair{Request: q.line, Status: int(r.Resp.Status), Redirect: string(r.Resp.Location)}
		if trace.Location != nil {
			got.Location = trace.Location.Configuration()
		}
		if recorded[i].Location == "" && trace.Location != nil && trace.Location.Internal {
			got.Location = "" // nginx's log does not name one that it does not let in
		}
		if trace.Asked != nil {
			got.Sent = strings.ReplaceAll(string(trace.Asked.Request), prefix, "/prefix/")
		}
		if got != recorded[i] {
			t.Errorf("got  %s\nwant %s", got, recorded[i])
		}
		for _, e := range trace.Events {
			if !e.Pos.IsValid() {
				t.Errorf("%s: %s %q has no place", q.line, e.Phase, e.Text)
			}
		}
	}
	return len(asked)
}

// requests reads those in the comments of a configuration.
func requests(t *testing.T, conf string) []asking {
	var out []asking
	for line := range strings.Lines(conf) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "#? ")
		if !ok {
			continue
		}
		words := strings.Fields(text)
		if len(words) < 2 {
			t.Fatalf("no request: %s", line)
		}
		q := asking{line: text, method: words[0], target: words[1], host: "localhost"}
		for _, w := range words[2:] {
			if body, ok := strings.CutPrefix(w, "body="); ok {
				q.body = body
			} else if name, value, ok := strings.Cut(w, ":"); ok && name[0] >= 'A' && name[0] <= 'Z' {
				q.fields = append(q.fields, [2]string{name, value})
			} else {
				q.host = w
			}
		}
		out = append(out, q)
	}
	return out
}

// record writes what nginx does.
func record(t *testing.T, prefix, conf, want string) {
	t.Helper()
	if *binary == "" {
		t.Fatal("-update needs -nginx")
	}
	if err := os.MkdirAll(prefix+"logs", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(prefix+"nginx.conf", []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", back)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	e := &echo{ln, make(chan string, 16)}
	go e.run()
	var stderr bytes.Buffer
	cmd := exec.Command(*binary, "-p", prefix, "-c", "nginx.conf", "-e", "logs/start.log", "-g", "daemon off; master_process off; error_log logs/debug.log debug; pid logs/pid;")
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	f := &client{t: t}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if f.near, err = net.Dial("tcp", front); err == nil {
			f.near.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatalf("nginx does not listen: %v %s", err, stderr.String())
		}
	}
	var out bytes.Buffer
	for _, q := range requests(t, conf) {
		p, err := f.observe(q, prefix, e)
		if err != nil {
			t.Fatalf("%s: %v", q.line, err)
		}
		line := json.NewEncoder(&out)
		line.SetEscapeHTML(false)
		if err := line.Encode(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(want, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// using is how nginx's debug log names a location.
var using = regexp.MustCompile(`using (?:configuration "(.*)"|location: (\S+) ".*")\n`)

// observe has nginx answer a request, and looks at what it does.
func (f *client) observe(q asking, prefix string, e *echo) (p pair, err error) {
	log, err := os.Open(prefix + "logs/debug.log")
	if err != nil {
		return p, err
	}
	defer log.Close()
	if _, err := log.Seek(0, io.SeekEnd); err != nil {
		return p, err
	}
	if f.near, err = net.Dial("tcp", front); err != nil {
		return p, err
	}
	f.begin()
	defer f.close()
	p.Request = q.line
	switch a, err := f.ask(q); {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		p.Status = 444
	case err != nil:
		return p, err
	default:
		p.Status, p.Redirect = a.StatusCode, a.Header.Get("Location")
	}
	lines, err := io.ReadAll(log)
	if err != nil {
		return p, err
	}
	for _, m := range using.FindAllSubmatch(lines, -1) {
		p.Location = fmt.Sprintf("%s%s", m[1], m[2])
	}
	select {
	case sent := <-e.got:
		p.Sent = strings.ReplaceAll(sent, prefix, "/prefix/")
	default:
	}
	return p, nil
}
