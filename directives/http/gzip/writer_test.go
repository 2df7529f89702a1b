package gzip

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"understudy/directives/http/coding"
	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/vars"
)

// A sink is what a writer writes to.
type sink struct {
	bytes.Buffer
	writes, flushes, closes int
	err                     error
}

func (s *sink) Write(p []byte) error {
	if s.err != nil {
		return s.err
	}
	s.writes++
	s.Buffer.Write(p)
	return nil
}

func (s *sink) File(httpd.File, int64, int64) error { return errors.New("not for files") }
func (s *sink) Flush() error                        { s.flushes++; return s.err }
func (s *sink) Close() error                        { s.closes++; return s.err }

func unzip(t *testing.T, b []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	z.Multistream(false)
	out, err := io.ReadAll(z)
	if err != nil && err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
	return string(out)
}

func newFilter(level int) *filter {
	return &filter{piece: 4 << 10, pool: &new(pools)[level], level: level}
}

func newRule() *coding.Rule {
	types := new(httpd.Types)
	types.Add("text/html")
	return &coding.Rule{Name: coding.Gzip.Name, Types: types, MinLength: 20, Takes: (*httpd.Request).AcceptsGzip, Wrap: newFilter(1).wrap}
}

func newRequest(fields ...string) *httpd.Request {
	r := &httpd.Request{
		HTTP: &httpd.HTTP{Vars: vars.NewTable[*httpd.Request]()},
		Loc:  &httpd.Location{}, Head: new(h1.RequestHead), Minor: 1,
	}
	r.Head.Options = &h1.Options{HeaderBuffer: 1 << 10, LargeBuffers: 4, LargeBuffer: 8 << 10, MaxFields: 100}
	r.Head.Reset()
	if _, err := r.Head.Parse([]byte("GET / HTTP/1.1\r\nHost: x\r\n" + strings.Join(append(fields, "\r\n"), "\r\n"))); err != nil {
		panic(err)
	}
	r.Loc.Gzip.Minor = 1
	r.Loc.Gzip.Vary = true
	r.Resp.Status, r.Resp.Length = 200, 1000
	r.Resp.ContentType, r.Resp.PlainType = []byte("text/html"), true
	return r
}

const taker = "Accept-Encoding: gzip\r\n"

func TestHead(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fields string
		change func(*httpd.Request)
		want   bool
		vary   bool
	}{
		{"plain", taker, nil, true, true},
		{"not taken", "", nil, false, true},
		{"403", taker, func(r *httpd.Request) { r.Resp.Status = 403 }, true, true},
		{"404", taker, func(r *httpd.Request) { r.Resp.Status = 404 }, true, true},
		{"500", taker, func(r *httpd.Request) { r.Resp.Status = 500 }, false, false},
		{"206", taker, func(r *httpd.Request) { r.Resp.Status = 206 }, false, false},
		{"short", taker, func(r *httpd.Request) { r.Resp.Length = 19 }, false, false},
		{"long enough", taker, func(r *httpd.Request) { r.Resp.Length = 20 }, true, true},
		{"no length", taker, func(r *httpd.Request) { r.Resp.Length = -1 }, true, true},
		{"type", taker, func(r *httpd.Request) { r.Resp.ContentType = []byte("text/plain") }, false, false},
		{"no type", taker, func(r *httpd.Request) { r.Resp.ContentType = nil }, false, false},
		{"encoded", taker, func(r *httpd.Request) { r.Resp.Headers.AddID(header.ContentEncoding, []byte("br")) }, false, false},
		{"encoded as nothing", taker, func(r *httpd.Request) { r.Resp.Headers.AddID(header.ContentEncoding, nil) }, true, true},
		{"no body", taker, func(r *httpd.Request) { r.HeadOnly = true }, false, false},
		{"subrequest", taker, func(r *httpd.Request) { r.Parent = new(httpd.Request) }, false, true},
		{"HTTP/1.0", taker, func(r *httpd.Request) { r.Minor = 0 }, false, true},
		{"HTTP/1.0 allowed", taker, func(r *httpd.Request) { r.Minor, r.Loc.Gzip.Minor = 0, 0 }, true, true},
		{"HTTP/0.9", taker, func(r *httpd.Request) { r.Minor, r.Old, r.Loc.Gzip.Minor = 9, true, 0 }, false, true},
		{"vary off", taker, func(r *httpd.Request) { r.Loc.Gzip.Vary = false }, true, false},
		{"MSIE 6", taker + "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", func(r *httpd.Request) { r.Loc.Gzip.MSIE6 = true }, false, true},
		{"MSIE 6 SV1", taker + "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", func(r *httpd.Request) { r.Loc.Gzip.MSIE6 = true }, true, true},
		{"MSIE 6, not asked", taker + "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", nil, true, true},
		{"via", taker + "Via: 1.1 x", func(r *httpd.Request) { r.Loc.Gzip.Proxied = httpd.GzipProxiedOff }, false, true},
		{"via any", taker + "Via: 1.1 x", func(r *httpd.Request) { r.Loc.Gzip.Proxied = httpd.GzipProxiedAny }, true, true},
	} {
		r := newRequest(tt.fields)
		if tt.change != nil {
			tt.change(r)
		}
		wrap, st := newRule().Head(r)
		if (wrap != nil) != tt.want || st != httpd.OK || r.Resp.GzipVary != tt.vary {
			t.Errorf("%s: got %v (%v), vary %v; want %v, vary %v", tt.name, wrap != nil, st, r.Resp.GzipVary, tt.want, tt.vary)
		}
	}
}

// TestProxied follows the conditions of gzip_proxied.
func TestProxied(t *testing.T) {
	const past, future = "Thu, 01 Jan 1970 00:00:01 GMT", "Thu, 31 Dec 2037 23:55:55 GMT"
	for _, tt := range []struct {
		p      httpd.GzipProxied
		fields string // of the response
		want   bool
	}{
		{httpd.GzipProxiedExpired, "", true}, // nothing forbids it
		{httpd.GzipProxiedExpired, "Expires: " + past, true},
		{httpd.GzipProxiedExpired, "Expires: " + future, false},
		{httpd.GzipProxiedExpired, "Expires: nonsense", false},
		{httpd.GzipProxiedNoCache, "Expires: " + past, false},
		{httpd.GzipProxiedExpired, "Cache-Control: no-cache", false},
		{httpd.GzipProxiedNoCache, "Cache-Control: no-cache", true},
		{httpd.GzipProxiedNoCache, "Cache-Control: no-store", false},
		{httpd.GzipProxiedNoStore, "Cache-Control: a=b, no-store", true},
		{httpd.GzipProxiedPrivate, "Cache-Control: private", true},
		{httpd.GzipProxiedPrivate, "Cache-Control: max-age=1", false},
		{httpd.GzipProxiedNoLastModified, "Last-Modified: " + past, false},
		{httpd.GzipProxiedNoLastModified, `ETag: "x"`, true},
		{httpd.GzipProxiedNoETag, `ETag: "x"`, false},
		{httpd.GzipProxiedAuth, "Cache-Control: max-age=1", false},
		{httpd.GzipProxiedOff | httpd.GzipProxiedAny, "", false},
	} {
		r := newRequest(taker + "Via: 1.1 x")
		r.Loc.Gzip.Proxied = tt.p
		if name, value, ok := strings.Cut(tt.fields, ": "); ok {
			r.Resp.Headers.Add([]byte(name), []byte(value))
		}
		if got := r.AcceptsGzip(); got != tt.want {
			t.Errorf("%b with %q: got %v, want %v", tt.p, tt.fields, got, tt.want)
		}
	}
	r := newRequest(taker + "Via: 1.1 x\r\nAuthorization: Basic eDp5")
	r.Loc.Gzip.Proxied = httpd.GzipProxiedAuth
	if r.Resp.Headers.AddID(header.CacheControl, []byte("max-age=1")); !r.AcceptsGzip() {
		t.Error("auth: a request with Authorization is not gzipped")
	}
}

func TestHeadFields(t *testing.T) {
	for _, tt := range []struct{ etag, want string }{
		{`"x"`, `W/"x"`},
		{`W/"x"`, `W/"x"`},
		{"x", ""}, // not one that can be made weak
	} {
		r := newRequest(taker)
		r.Resp.AcceptRanges = true
		r.Resp.Headers.AddID(header.ETag, []byte(tt.etag))
		newRule().Head(r)
		p := &r.Resp
		if got := string(p.Headers.Get(header.ETag)); got != tt.want {
			t.Errorf("ETag: got %q, want %q", got, tt.want)
		}
		if p.Length != -1 || p.AcceptRanges || string(p.Headers.Get(header.ContentEncoding)) != "gzip" {
			t.Errorf("got length %d, ranges %v, encoding %q", p.Length, p.AcceptRanges, p.Headers.Get(header.ContentEncoding))
		}
	}
}

func TestWriter(t *testing.T) {
	big := make([]byte, 1<<20)
	rng := rand.NewChaCha8([32]byte{})
	rng.Read(big[:1<<19])
	for level := 1; level <= 9; level++ {
		f := newFilter(level)
		for _, body := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("text "), 100), big} {
			for range 2 { // the second with a compressor that was used
				var s sink
				w := &writer{f: f, r: newRequest(), next: &s}
				for p := body; len(p) > 0; {
					n := min(len(p), 10_000)
					if err := w.Write(p[:n]); err != nil {
						t.Fatal(err)
					}
					p = p[n:]
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if got := unzip(t, s.Bytes()); got != string(body) {
					t.Fatalf("level %d: %d bytes became %d others", level, len(body), len(got))
				}
				if h := s.Bytes()[:10]; h[8] != map[int]byte{1: 4, 9: 2}[level] || h[9] != 3 {
					t.Errorf("level %d: header % x", level, h)
				}
				if s.closes != 1 {
					t.Errorf("closed %d times", s.closes)
				}
			}
		}
	}
}

// TestFlush checks that what was written before a Flush can be read after it,
// and that flushing twice adds nothing.
func TestFlush(t *testing.T) {
	for _, postpone := range []int{0, 1000} {
		var s sink
		f := newFilter(6)
		f.postpone = postpone
		w := &writer{f: f, r: newRequest(), next: &s}
		want := ""
		for _, piece := range []string{"one", " two", "", " three"} {
			w.Write([]byte(piece))
			if s.Len() > 0 && piece == " two" && unzip(t, s.Bytes()) != "one" {
				t.Error("a short piece went out by itself")
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			want += piece
			if got := unzip(t, s.Bytes()); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		n := s.Len()
		w.Flush()
		if s.Len() != n || s.flushes != 5 {
			t.Errorf("an empty flush wrote %d bytes, %d flushes", s.Len()-n, s.flushes)
		}
		w.Close()
		if got := unzip(t, s.Bytes()); got != want {
			t.Errorf("at the end: got %q, want %q", got, want)
		}
	}
}

// TestEvents checks that a body of small pieces waits without a compressor,
// and is compressed as well nevertheless.
func TestEvents(t *testing.T) {
	for level := 1; level <= 9; level++ {
		var s sink
		f := newFilter(level)
		w := &writer{f: f, r: newRequest(), next: &s}
		var want strings.Builder
		var sizes []int
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range 200 {
			piece := fmt.Sprintf("event: update\ndata: {\"id\": %d, \"title\": \"the title of an item\", \"n\": %d}\n\n", i, rng.IntN(100))
			if i%50 == 49 { // a large one in between
				piece = strings.Repeat(piece, 200)
			}
			want.WriteString(piece)
			w.Write([]byte(piece))
			n := s.Len()
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, s.Len()-n)
			if waits := w.z == nil; waits != (len(piece) <= small) && i%50 != 0 {
				t.Fatalf("level %d: after %d bytes it waits without a compressor: %v", level, len(piece), waits)
			}
			if len(w.recent) > recentMax {
				t.Fatalf("%d bytes are kept", len(w.recent))
			}
		}
		if sizes[40] > sizes[0]/2 {
			t.Errorf("level %d: the first event takes %d bytes, a later one %d", level, sizes[0], sizes[40])
		}
		w.Close()
		if got := unzip(t, s.Bytes()); got != want.String() {
			t.Errorf("level %d: got %d bytes, want %d", level, len(got), want.Len())
		}
	}
}

// TestPostpone checks when memory for compressing is taken.
func TestPostpone(t *testing.T) {
	for _, postpone := range []int{0, 2 * small} {
		var s sink
		f := newFilter(1)
		f.postpone = postpone
		w := &writer{f: f, r: newRequest(), next: &s}
		limit := max(small, postpone)
		w.Write(make([]byte, limit-40))
		w.Write(make([]byte, 40))
		if w.z != nil {
			t.Errorf("the compressor started with %d bytes", limit)
		}
		w.Write(make([]byte, 1))
		if w.z == nil {
			t.Errorf("the compressor did not start with %d bytes", limit+1)
		}
		w.Close()
		if got := unzip(t, s.Bytes()); len(got) != limit+1 {
			t.Errorf("got %d bytes", len(got))
		}
	}
}

func TestNoBody(t *testing.T) {
	var s sink
	r := newRequest()
	w := &writer{f: newFilter(1), r: r, next: &s}
	r.HeadOnly = true
	w.Write([]byte("x"))
	w.Flush()
	if w.Close(); s.Len() != 0 || s.closes != 1 || w.z != nil {
		t.Errorf("got %d bytes, closed %d times", s.Len(), s.closes)
	}
}

func TestClientGone(t *testing.T) {
	s := sink{err: errors.New("gone")}
	f := newFilter(1)
	f.piece = 1
	w := &writer{f: f, r: newRequest(), next: &s}
	noise := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)
	if err := w.Write(noise); err != s.err {
		t.Errorf("Write: got %v", err)
	}
	if err := w.Flush(); err != s.err {
		t.Errorf("Flush: got %v", err)
	}
	if err := w.Close(); err != s.err || w.z != nil {
		t.Errorf("Close: got %v", err)
	}
}

// TestCost checks that a response that is not compressed costs no allocation,
// and one that is no more than its writer.
func TestCost(t *testing.T) {
	f := newRule()
	r := newRequest("")
	if n := testing.AllocsPerRun(100, func() { f.Head(r) }); n != 0 {
		t.Errorf("not compressed: %v allocations", n)
	}
	if raceEnabled {
		t.Skip("the race detector empties pools")
	}
	r = newRequest(taker)
	body := bytes.Repeat([]byte("text "), 1000)
	var s httpd.Writer = discard{}
	n := testing.AllocsPerRun(100, func() {
		r.Resp.Headers.Reset()
		wrap, _ := f.Head(r)
		w := wrap(s)
		w.Write(body)
		w.Close()
	})
	if n > 2 {
		t.Errorf("compressed: %v allocations, want 2", n)
	}
}

type discard struct{ httpd.Writer }

func (discard) Write([]byte) error { return nil }
func (discard) Close() error       { return nil }

func BenchmarkWriter(b *testing.B) {
	f := newFilter(1)
	r := newRequest(taker)
	body := bytes.Repeat([]byte("<p>Some text of a page, which is not all the same.</p>\n"), 200)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		w := &writer{f: f, r: r, next: discard{}}
		w.Write(body)
		w.Close()
	}
}

func TestPower(t *testing.T) {
	for _, e := range spec.NewTable(Module).Lookup("gzip_window") {
		if e.State != spec.Accepted || e.Why == "" {
			t.Errorf("gzip_window is %v, %q", e.State, e.Why)
		}
	}
}
