package gzip

import (
	"encoding/binary"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/flate"

	"understudy/directives/http/coding"
	"understudy/runtime/buf"
	"understudy/runtime/httpd"
)

// pools are compressors that wait to be used again, by their level.
type pools [10]sync.Pool

// A filter is how the responses of one location are compressed.
type filter struct {
	piece    int // of compressed data that is passed on, in bytes
	postpone int // bytes that are collected before the compressor starts
	pool     *sync.Pool
	level    int
	ratio    string // the variable that says how much smaller a response became
}

func (f *filter) wrap(r *httpd.Request, next httpd.Writer) httpd.Writer {
	return &writer{f: f, r: r, next: next}
}

// A writer compresses one body into the gzip format (RFC 1952).
type writer struct {
	f       *filter
	r       *httpd.Request
	next    httpd.Writer
	z       *compressor // nil before there is enough to compress, and when all was flushed
	store   *buf.Buffer // what held is in, if that is not large; nil: nothing
	held    []byte      // not compressed yet
	begun   bool        // the header is written
	flushed bool        // nothing came since the last Flush
	closed  bool
	err     error

	crc    uint32
	size   int64 // of what was compressed
	passed int64 // of what was passed on

	// A body that comes in small pieces with a Flush behind each is compressed
	// piece by piece, without a compressor: that is the largest thing that a
	// response has, and such bodies wait most of their time. That it compresses
	// as well, each piece is told what was last written.
	since  int // bytes written since the last Flush
	events bool
	recent []byte // the end of what was written, if events
	direct collector
}

const (
	small     = 4 << 10 // the most that is compressed without a compressor
	dictSize  = 8 << 10 // of recent that is of use
	recentMax = 2 * dictSize
)

// Write implements httpd.Writer.
func (w *writer) Write(p []byte) error {
	if len(p) == 0 || w.closed || w.r.HeadOnly || w.err != nil {
		return w.err
	}
	w.flushed = false
	w.since += len(p)
	if w.z == nil && len(w.held)+len(p) <= max(small, w.f.postpone) {
		if w.store == nil {
			w.store = buf.Get(small)
			w.held = w.store.B[:0]
		}
		w.held = append(w.held, p...)
		return nil
	}
	w.start()
	for len(p) > 0 && w.err == nil {
		n := min(len(p), 64<<10)
		w.add(p[:n])
		w.pass(w.f.piece)
		p = p[n:]
	}
	return w.err
}

// File implements httpd.Writer.
func (w *writer) File(f httpd.File, off, n int64) error { return w.r.WriteFile(w, f, off, n) }

// Flush implements httpd.Writer. What the client has then decompresses to all
// that was written.
func (w *writer) Flush() error {
	if w.closed || w.r.HeadOnly || w.err != nil {
		return w.next.Flush()
	}
	if !w.flushed {
		w.flushed, w.events = true, true
		if w.z == nil && len(w.held) <= small {
			w.compressHeld(false)
		} else {
			w.start()
			w.z.w.Flush()
			w.pass(1)
			if w.since <= small {
				w.drop()
			}
		}
		w.since = 0
	}
	if w.err != nil {
		return w.err
	}
	return w.next.Flush()
}

// Close implements httpd.Writer.
func (w *writer) Close() error {
	if !w.closed && !w.r.HeadOnly && w.err == nil {
		if w.z == nil && w.begun && len(w.held) <= small {
			w.compressHeld(true)
		} else {
			w.start()
			w.z.w.Close()
			w.z.out = w.trailer(w.z.out)
			w.pass(1)
		}
		coding.SetRatio(w.r, w.f.ratio, w.size, w.passed)
	}
	w.drop()
	w.store.Free()
	w.store, w.held = nil, nil
	w.closed = true
	return w.next.Close()
}

// compressHeld compresses what is held without a compressor, and passes it on.
func (w *writer) compressHeld(last bool) {
	d := &w.direct
	d.b = w.header(d.b[:0])
	flate.StatelessDeflate(d, w.held, last, w.recent) // d does not fail
	w.count(w.held)
	w.held = w.held[:0]
	if last {
		d.b = w.trailer(d.b)
	}
	w.passed += int64(len(d.b))
	w.err = w.next.Write(d.b)
}

// A collector appends what is written to it.
type collector struct{ b []byte }

func (c *collector) Write(p []byte) (int, error) {
	c.b = append(c.b, p...)
	return len(p), nil
}

// start takes a compressor, if there is none, and what was held.
func (w *writer) start() {
	if w.z != nil {
		return
	}
	w.z, _ = w.f.pool.Get().(*compressor)
	if w.z == nil {
		w.z = newCompressor(w.f.level)
	}
	w.z.w.ResetDict(w.z, w.recent)
	w.z.out = w.header(w.z.out[:0])
	if len(w.held) > 0 {
		w.add(w.held)
		w.held = w.held[:0]
	}
}

// header appends the header, once. It has no time, and says Unix, as zlib's
// does; XFL says how hard the compression is.
func (w *writer) header(dst []byte) []byte {
	if w.begun {
		return dst
	}
	w.begun = true
	return append(dst, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, xfl[w.f.level], 3)
}

var xfl = [10]byte{1: 4, 9: 2}

func (w *writer) trailer(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, w.crc)
	return binary.LittleEndian.AppendUint32(dst, uint32(w.size))
}

// add compresses p.
func (w *writer) add(p []byte) {
	w.count(p)
	w.z.w.Write(p) // the compressor's own Write does not fail
}

// count takes note of what is compressed.
func (w *writer) count(p []byte) {
	w.crc = crc32.Update(w.crc, crc32.IEEETable, p)
	w.size += int64(len(p))
	if w.events {
		w.remember(p)
	}
}

// remember keeps the end of what was written.
func (w *writer) remember(p []byte) {
	switch {
	case len(p) >= dictSize:
		w.recent = append(w.recent[:0], p[len(p)-dictSize:]...)
		return
	case len(w.recent)+len(p) > recentMax:
		n := copy(w.recent, w.recent[len(w.recent)-dictSize:])
		w.recent = w.recent[:n]
	}
	w.recent = append(w.recent, p...)
}

// pass passes on what has been compressed if it is least bytes or more.
func (w *writer) pass(least int) {
	if len(w.z.out) < least || len(w.z.out) == 0 || w.err != nil {
		return
	}
	w.passed += int64(len(w.z.out))
	w.err = w.next.Write(w.z.out)
	w.z.out = w.z.out[:0]
	if w.err != nil {
		w.drop()
	}
}

// drop gives the compressor back.
func (w *writer) drop() {
	if w.z != nil {
		w.f.pool.Put(w.z)
		w.z = nil
	}
}

// A compressor is what takes the memory. It makes the DEFLATE format (RFC 1951).
type compressor struct {
	w   *flate.Writer
	out []byte // compressed, and not passed on yet
}

func newCompressor(level int) *compressor {
	z := new(compressor)
	w, err := flate.NewWriter(z, level)
	if err != nil {
		panic(err) // the level was checked with the configuration
	}
	z.w = w
	return z
}

// Write takes compressed data.
func (z *compressor) Write(p []byte) (int, error) {
	z.out = append(z.out, p...)
	return len(p), nil
}
