package coding_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"understudy/directives/http/coding"
	"understudy/runtime/httpd"
	"understudy/runtime/vars"
)

// A sink is what a writer writes to.
type sink struct {
	bytes.Buffer
	closes int
	err    error
}

func (s *sink) Write(p []byte) error {
	if s.err == nil {
		s.Buffer.Write(p)
	}
	return s.err
}

func (s *sink) File(httpd.File, int64, int64) error { return errors.New("not for files") }
func (s *sink) Flush() error                        { return s.err }
func (s *sink) Close() error                        { s.closes++; return s.err }

// codings are those with a stream each, and what reads it.
var codings = map[string]struct {
	stream *coding.Stream
	read   func(io.Reader) io.Reader
}{
	"br": {
		&coding.Stream{Piece: 4 << 10, Pool: &coding.Pool{New: func() coding.Encoder { return brotli.NewWriter(nil) }}},
		func(r io.Reader) io.Reader { return brotli.NewReader(r) },
	},
	"zstd": {
		&coding.Stream{Piece: 4 << 10, Pool: &coding.Pool{New: func() coding.Encoder {
			e, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
			return e
		}}},
		func(r io.Reader) io.Reader { d, _ := zstd.NewReader(r); return d },
	},
}

func newRequest() *httpd.Request {
	return &httpd.Request{HTTP: &httpd.HTTP{Vars: vars.NewTable[*httpd.Request]()}}
}

func TestStream(t *testing.T) {
	big := make([]byte, 1<<20)
	rng := rand.NewChaCha8([32]byte{})
	rng.Read(big[:1<<19])
	for name, c := range codings {
		for _, body := range [][]byte{nil, []byte("x"), bytes.Repeat([]byte("text "), 100), big, []byte("again")} {
			var s sink
			w := c.stream.Wrap(newRequest(), &s)
			for p := body; len(p) > 0; {
				n := min(len(p), 10_000)
				if err := w.Write(p[:n]); err != nil {
					t.Fatal(err)
				}
				p = p[n:]
			}
			if err := w.Close(); err != nil || s.closes != 1 {
				t.Fatal(err, s.closes)
			}
			got, err := io.ReadAll(c.read(&s))
			if err != nil || !bytes.Equal(got, body) {
				t.Errorf("%s: %d bytes became %d others, %v", name, len(body), len(got), err)
			}
		}
	}
}

// TestFlush checks that what was written before a Flush can be read after it,
// and that flushing twice adds nothing.
func TestFlush(t *testing.T) {
	for name, c := range codings {
		var s sink
		w := c.stream.Wrap(newRequest(), &s)
		w.Flush()
		want := ""
		for _, piece := range []string{"one", " two", "", " three"} {
			w.Write([]byte(piece))
			want += piece
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			n := s.Len()
			if w.Flush(); s.Len() != n {
				t.Errorf("%s: an empty flush wrote %d bytes", name, s.Len()-n)
			}
			got := make([]byte, len(want))
			if _, err := io.ReadFull(c.read(bytes.NewReader(s.Bytes())), got); err != nil || string(got) != want {
				t.Errorf("%s: got %q, %v; want %q", name, got, err, want)
			}
		}
		w.Close()
		if got, err := io.ReadAll(c.read(&s)); err != nil || string(got) != want {
			t.Errorf("%s: at the end: got %q, %v", name, got, err)
		}
	}
}

func TestClientGone(t *testing.T) {
	noise := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)
	for name, c := range codings {
		s := sink{err: errors.New("gone")}
		w := c.stream.Wrap(newRequest(), &s)
		if err := w.Write(noise); err != s.err && err != nil { // it may be held
			t.Errorf("%s: Write: got %v", name, err)
		}
		if err := w.Flush(); err != s.err {
			t.Errorf("%s: Flush: got %v", name, err)
		}
		if err := w.Close(); err != s.err {
			t.Errorf("%s: Close: got %v", name, err)
		}
	}
}

func BenchmarkStream(b *testing.B) {
	body := bytes.Repeat([]byte("<p>Some text of a page, which is not all the same.</p>\n"), 200)
	for name, c := range codings {
		b.Run(name, func(b *testing.B) {
			r := newRequest()
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				w := c.stream.Wrap(r, discard{})
				w.Write(body)
				w.Close()
			}
		})
	}
}

type discard struct{ httpd.Writer }

func (discard) Write([]byte) error { return nil }
func (discard) Close() error       { return nil }
