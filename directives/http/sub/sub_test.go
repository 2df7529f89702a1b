package sub

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"understudy/parser/diag"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/vars"
)

type sink struct {
	bytes.Buffer
	writes []string
}

func (s *sink) Write(p []byte) error {
	s.Buffer.Write(p)
	s.writes = append(s.writes, string(p))
	return nil
}
func (s *sink) File(httpd.File, int64, int64) error { return errors.New("not for files") }
func (s *sink) Flush() error                        { return nil }
func (s *sink) Close() error                        { return nil }

// newFilter makes a filter of texts and replacements by turns.
func newFilter(t testing.TB, once bool, pairs ...string) *filter {
	t.Helper()
	table := vars.NewTable[*httpd.Request]()
	template := func(s string) *httpd.Template {
		tm, err := table.Compile(s, diag.Pos{})
		if err != nil {
			t.Fatal(err)
		}
		return tm
	}
	f := &filter{once: once, types: new(httpd.Types)}
	f.types.Add("text/html")
	for i := 0; i < len(pairs); i += 2 {
		f.pairs = append(f.pairs, pair{template(lower(pairs[i])), template(pairs[i+1])})
	}
	f.fixed = f.compile()
	return f
}

func newRequest() *httpd.Request {
	r := &httpd.Request{HTTP: &httpd.HTTP{}, Loc: &httpd.Location{}}
	r.Resp.Status, r.Resp.Length = 200, 100
	r.Resp.ContentType, r.Resp.PlainType = []byte("text/html"), true
	return r
}

func replace(t testing.TB, f *filter, in string, n int) *sink {
	t.Helper()
	s := new(sink)
	wrap, st := f.head(newRequest())
	if wrap == nil || st != httpd.OK {
		t.Fatal("not filtered")
	}
	w := wrap(s)
	for p := []byte(in); len(p) > 0; {
		k := min(n, len(p))
		if err := w.Write(p[:k]); err != nil {
			t.Fatal(err)
		}
		p = p[k:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestReplace(t *testing.T) {
	for _, tt := range []struct {
		once     bool
		pairs    string
		in, want string
	}{
		{false, "a b", "xaxAx", "xbxbx"},
		{true, "a b", "xaxAx", "xbxAx"},
		{true, "a 1 b 2", "bbaab", "2b1ab"},
		{false, "foo bar", "fofoofo", "fobarfo"},
		{false, "FOO bar", "foo FOO FoO", "bar bar bar"},
		{false, "abcd 1 ab 2", "abcab abcd abx", "2c2 1 2x"},
		{false, "ab 2 abcd 1", "abcab abcd abx", "2c2 2cd 2x"}, // the first given wins
		{false, "bc 1 abcd 2", "abcd abc", "2 abc"},            // as well, although it does not come
		{false, "abcd 1 ab 2", "xabc", "xabc"},                 // too late for the second when it ends
		{false, "aab x", "aaab", "ax"},
		{false, "a aa", "aaa", "aaaaaa"}, // what was put in is not searched
		{false, "é e", "É é", "É e"},
		{true, "a 1 a 2", "aaa", "12a"},
		{false, "longpattern x p y", "longpatterp", "longyattery"},
		{false, "x y", "", ""},
	} {
		pairs := strings.Fields(tt.pairs)
		for n := 1; n <= len(tt.in)+1; n++ {
			if got := replace(t, newFilter(t, tt.once, pairs...), tt.in, n).String(); got != tt.want {
				t.Errorf("%q, once %v, by %d: %q became %q, want %q", tt.pairs, tt.once, n, tt.in, got, tt.want)
			}
		}
	}
}

func TestEmptyReplacement(t *testing.T) {
	if got := replace(t, newFilter(t, true, "a", ""), "aab", 1).String(); got != "ab" {
		t.Errorf("got %q", got)
	}
}

// TestHold checks that what cannot begin a text is passed on at once.
func TestHold(t *testing.T) {
	s := replace(t, newFilter(t, false, "</head>", "X"), "some text <b> and more </he", 1<<10)
	if len(s.writes) != 2 || s.writes[0] != "some text <b> and more " {
		t.Errorf("got %q", s.writes)
	}
}

func TestHead(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*filter, *httpd.Request)
		want   bool
	}{
		{"plain", func(*filter, *httpd.Request) {}, true},
		{"empty", func(_ *filter, r *httpd.Request) { r.Resp.Length = 0 }, false},
		{"no length", func(_ *filter, r *httpd.Request) { r.Resp.Length = -1 }, true},
		{"other type", func(_ *filter, r *httpd.Request) { r.Resp.ContentType = []byte("text/css") }, false},
		{"any status", func(_ *filter, r *httpd.Request) { r.Resp.Status = 500 }, true},
	} {
		f, r := newFilter(t, true, "a", "b"), newRequest()
		tt.change(f, r)
		if wrap, _ := f.head(r); (wrap != nil) != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, wrap != nil, tt.want)
		}
	}
	for _, keep := range []bool{false, true} {
		f, r := newFilter(t, true, "a", "b"), newRequest()
		f.lastModified = keep
		r.Resp.Headers.AddID(header.ETag, []byte(`"x"`))
		r.Resp.Headers.AddID(header.LastModified, []byte("x"))
		f.head(r)
		etag := string(r.Resp.Headers.Get(header.ETag))
		if kept := r.Resp.Headers.Get(header.LastModified) != nil; kept != keep || (etag == `W/"x"`) != keep || r.Resp.Length != -1 {
			t.Errorf("sub_filter_last_modified %v: ETag %q, Last-Modified kept %v", keep, etag, kept)
		}
	}
}

// FuzzReplace compares a single text with the standard package.
func FuzzReplace(f *testing.F) {
	f.Add("aaab", "aab", "x", 1)
	f.Add("some text", "e", "", 3)
	f.Fuzz(func(t *testing.T, in, text, by string, n int) {
		if text == "" || strings.Contains(text+by, "$") || n < 1 {
			return
		}
		in, text = lower(in), lower(text)
		want := strings.ReplaceAll(in, text, by)
		if got := replace(t, newFilter(t, false, text, by), in, n).String(); got != want {
			t.Errorf("%q for %q in %q: got %q, want %q", by, text, in, got, want)
		}
	})
}

func TestCost(t *testing.T) {
	f, r := newFilter(t, true, "a", "b"), newRequest()
	r.Resp.ContentType = []byte("text/css")
	if n := testing.AllocsPerRun(100, func() { f.head(r) }); n != 0 {
		t.Errorf("not filtered: got %v allocations, want 0", n)
	}
}

func BenchmarkReplace(b *testing.B) {
	f := newFilter(b, false, "</head>", "<script></script></head>", "http://", "https://")
	in := []byte(strings.Repeat("<p>Some text of a page, which is not all the same.</p>\n", 500))
	w := &writer{f: f, r: newRequest(), next: new(void), m: f.fixed, values: make([][]byte, 2)}
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		w.Write(in)
	}
}

type void struct{ httpd.Writer }

func (void) Write([]byte) error { return nil }
