package coding

import (
	"io"
	"sync"

	"understudy/runtime/httpd"
)

// An Encoder compresses: *brotli.Writer and *zstd.Encoder do. None of its
// methods fails unless what it writes to does.
type Encoder interface {
	io.WriteCloser
	Flush() error
	Reset(io.Writer)
}

// A Pool has the encoders of one setting that wait to be used again.
type Pool struct {
	New  func() Encoder
	pool sync.Pool
}

// A Stream is how the responses of one location are compressed.
type Stream struct {
	Pool  *Pool
	Piece int    // of compressed data that is passed on, in bytes
	Ratio string // the variable that says how much smaller a response became
}

// Wrap is the Wrap of a Rule.
func (s *Stream) Wrap(r *httpd.Request, next httpd.Writer) httpd.Writer {
	return &writer{s: s, r: r, next: next}
}

// A writer compresses one body. Its encoder stays with it from the first byte to
// the last, silence included: what these encoders remember cannot be put aside.
type writer struct {
	s       *Stream
	r       *httpd.Request
	next    httpd.Writer
	e       *pooled // nil before the first byte and after the last
	flushed bool    // nothing came since the last Flush
	closed  bool
	in, out int64
	err     error
}

// pooled is an encoder with what it has put out and was not passed on yet.
type pooled struct {
	Encoder
	out []byte
}

// output is what an encoder writes to.
type output struct{ *pooled }

func (o output) Write(p []byte) (int, error) {
	o.out = append(o.out, p...)
	return len(p), nil
}

// Write implements httpd.Writer.
func (w *writer) Write(p []byte) error {
	if w.closed || w.r.HeadOnly || w.err != nil {
		return w.err
	}
	w.flushed = w.flushed && len(p) == 0
	for len(p) > 0 && w.err == nil {
		n := min(len(p), 64<<10)
		w.start()
		w.e.Write(p[:n])
		w.in += int64(n)
		w.pass(w.s.Piece)
		p = p[n:]
	}
	return w.err
}

// File implements httpd.Writer.
func (w *writer) File(f httpd.File, off, n int64) error { return w.r.WriteFile(w, f, off, n) }

// Flush implements httpd.Writer. What the client has then decompresses to all
// that was written.
func (w *writer) Flush() error {
	if !w.closed && !w.r.HeadOnly && w.err == nil && w.e != nil && !w.flushed {
		w.flushed = true
		w.e.Flush()
		w.pass(1)
	}
	if w.err != nil {
		return w.err
	}
	return w.next.Flush()
}

// Close implements httpd.Writer.
func (w *writer) Close() error {
	if !w.closed && !w.r.HeadOnly && w.err == nil {
		w.start() // an empty body is compressed too
		w.e.Close()
		w.pass(1)
		SetRatio(w.r, w.s.Ratio, w.in, w.out)
	}
	w.drop()
	w.closed = true
	return w.next.Close()
}

// start takes an encoder, if there is none.
func (w *writer) start() {
	if w.e != nil {
		return
	}
	w.e, _ = w.s.Pool.pool.Get().(*pooled)
	if w.e == nil {
		w.e = &pooled{Encoder: w.s.Pool.New()}
	}
	w.e.out = w.e.out[:0]
	w.e.Reset(output{w.e})
}

// pass passes on what has been compressed if it is least bytes or more.
func (w *writer) pass(least int) {
	if len(w.e.out) < least || len(w.e.out) == 0 || w.err != nil {
		return
	}
	w.out += int64(len(w.e.out))
	w.err = w.next.Write(w.e.out)
	w.e.out = w.e.out[:0]
}

// drop gives the encoder back.
func (w *writer) drop() {
	if w.e != nil {
		w.s.Pool.pool.Put(w.e)
		w.e = nil
	}
}
