package h1

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"understudy/runtime/header"
)

const requestGoldens = "testdata/requests.jsonl.gz"

// TestRequestsLikeNginx compares the parser with what nginx did. With -nginx it
// asks; otherwise it takes the recorded answers.
func TestRequestsLikeNginx(t *testing.T) {
	var gs []golden
	if *nginx != "" {
		gs = requests()
		startOracle(t).answers(t, gs)
		if *update {
			writeGoldens(t, requestGoldens, gs)
		}
	} else {
		gs = readGoldens[golden](t, requestGoldens)
	}
	if len(gs) < 500 {
		t.Fatalf("only %d requests", len(gs))
	}
	bad := 0
	for _, g := range gs {
		got := run(g.Conf, latin1(g.In), 0)
		if diff := got.diff(g); diff != "" {
			if bad++; bad < 30 {
				t.Errorf("%s %.300q:\n%s", g.Conf, g.In, diff)
			}
		}
	}
	t.Logf("%d requests, %d differ", len(gs), bad)
}

// readGoldens reads a file of JSON lines. It is compressed as there are many
// long runs of one letter in it.
func readGoldens[T any](t testing.TB, file string) (gs []T) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(z); ; {
		var g T
		switch err := d.Decode(&g); err {
		case nil:
			gs = append(gs, g)
		case io.EOF:
			return gs
		default:
			t.Fatal(err)
		}
	}
}

func writeGoldens[T any](t *testing.T, file string, gs []T) {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	e := json.NewEncoder(z)
	e.SetEscapeHTML(false)
	for _, g := range gs {
		e.Encode(g)
	}
	z.Close()
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run parses in as a caller would, step bytes at a time, or at once if step is
// zero, in a buffer that moves.
func run(conf string, in []byte, step int) (g golden) {
	one, two := options(conf)
	h := &RequestHead{Options: &one}
	served := 204
	h.SelectServer = func(host []byte) (*Options, error) {
		if string(host) == "two" {
			served = 205
			return &two, nil
		}
		return nil, nil
	}
	ignored := ""
	h.Ignored = func(line []byte) { ignored = fmt.Sprintf("client sent invalid header line: %q", line) }
	h.Reset()
	var buf []byte
	for {
		n := len(in)
		if step > 0 {
			n = min(step, n)
		}
		buf = append(bytes.Clone(buf), in[:n]...)
		in = in[n:]
		skip, err := h.Parse(buf)
		if err == ErrMore {
			buf = buf[skip:]
			if len(in) > 0 {
				continue
			}
			return golden{Conf: conf, Status: 400, Log: "client prematurely closed connection"}
		}
		g.Conf, g.Status = conf, served
		if err != nil {
			g.Status, g.Log = err.(*Error).Status, fromLatin1([]byte(err.Error()))
			if g.Status == 494 {
				g.Status = 400 // what error_page 494 finds is sent as 400
			}
		} else if ignored != "" {
			g.Log = ignored
		}
		g.Vars = h.vars(err)
		return g
	}
}

func (h *RequestHead) vars(err error) map[string]string {
	v := map[string]string{
		"request":         fromLatin1(h.Line),
		"request_method":  fromLatin1(h.Method),
		"request_uri":     fromLatin1(h.Target),
		"uri":             fromLatin1(h.URI),
		"args":            fromLatin1(h.Args),
		"host":            fromLatin1(h.Host),
		"http_host":       fromLatin1(h.Get(header.Host)),
		"server_protocol": fromLatin1(h.Proto),
		"request_length":  fmt.Sprint(h.Length()),
	}
	x := []byte("x_foo")
	sep := ""
	for f := h.LookupVar(header.Hash(x), x); f != nil; f = h.NextVar(f) {
		v["http_x_foo"] += sep + fromLatin1(h.Value(f))
		sep = ", "
	}
	if c, ok := Cookie(&h.Block, "a"); ok {
		v["cookie_a"] = fromLatin1(c)
	}
	if a, ok := Arg(h.Args, "q"); ok {
		v["arg_q"] = fromLatin1(a)
	}
	return v
}

// diff compares with what nginx did.
func (g golden) diff(want golden) string {
	var b strings.Builder
	if g.Status != want.Status {
		fmt.Fprintf(&b, "\tstatus %d (%s), want %d (%s)\n", g.Status, g.Log, want.Status, want.Log)
	} else if log, _, _ := strings.Cut(want.Log, "\x00"); g.Status >= 400 && !strings.HasPrefix(g.Log, log) {
		// nginx ends the texts of a line it has read with NUL, in the buffer.
		fmt.Fprintf(&b, "\tlog %q\n\twant %q\n", g.Log, want.Log)
	}
	if g.Vars == nil {
		return b.String()
	}
	for k, w := range want.Vars {
		if k == "host" && (w == "one" || w == "two") && g.Vars[k] == "" {
			continue // no host was sent: nginx shows the server's name
		}
		if g.Vars[k] != w {
			fmt.Fprintf(&b, "\t$%s %q, want %q\n", k, g.Vars[k], w)
		}
	}
	return b.String()
}
