package gzip

import (
	"encoding/binary"
	"hash/crc32"
	"strconv"
	"sync"

	"github.com/klauspost/compress/flate"

	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/vars"
)

const ratioVariable = "gzip_ratio"

// maxPiece is the most compressed data that is collected before it is passed
// on, in bytes.
const maxPiece = 32 << 10

// pools are compressors that wait to be used again, by their level.
type pools [10]sync.Pool

// A filter compresses the responses of one location.
type filter struct {
	types     *httpd.Types
	minLength int64
	piece     int // of compressed data that is passed on, in bytes
	postpone  int // bytes that are collected before the compressor starts
	pool      *sync.Pool
	level     int
}

// head decides whether a response is compressed.
func (f *filter) head(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	p := &r.Resp
	switch p.Status {
	case 200, 403, 404:
	default:
		return nil, httpd.OK
	}
	if len(p.Headers.Get(header.ContentEncoding)) > 0 || p.Length >= 0 && p.Length < f.minLength ||
		!f.types.Has(p) || r.HeadOnly {
		return nil, httpd.OK
	}
	p.GzipVary = r.Loc.Gzip.Vary
	if !r.AcceptsGzip() {
		return nil, httpd.OK
	}
	p.Headers.AddID(header.ContentEncoding, encoding)
	p.ClearLength()
	p.ClearRanges()
	r.WeakenETag()
	return func(next httpd.Writer) httpd.Writer { return &writer{f: f, r: r, next: next} }, httpd.OK
}

var encoding = []byte("gzip")

// A writer compresses one body.
type writer struct {
	f       *filter
	r       *httpd.Request
	next    httpd.Writer
	z       *compressor // nil before the first byte and behind the last
	held    []byte      // postponed
	flushed bool        // nothing came since the last Flush
	closed  bool
	err     error
}

// Write implements httpd.Writer.
func (w *writer) Write(p []byte) error {
	if len(p) == 0 || w.closed || w.r.HeadOnly || w.err != nil {
		return w.err
	}
	w.flushed = false
	if w.z == nil {
		if len(w.held)+len(p) <= w.f.postpone {
			w.held = append(w.held, p...)
			return nil
		}
		w.start()
	}
	for len(p) > 0 && w.err == nil {
		n := min(len(p), 64<<10)
		w.z.add(p[:n])
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
		w.start()
		w.z.w.Flush()
		w.pass(1)
		w.flushed = true
	}
	if w.err != nil {
		return w.err
	}
	return w.next.Flush()
}

// Close implements httpd.Writer.
func (w *writer) Close() error {
	if !w.closed && !w.r.HeadOnly && w.err == nil {
		w.start()
		w.z.end()
		w.pass(1)
		w.ratio()
		w.drop()
	}
	w.closed = true
	return w.next.Close()
}

// start takes a compressor, if there is none yet, and what was held.
func (w *writer) start() {
	if w.z != nil {
		return
	}
	w.z, _ = w.f.pool.Get().(*compressor)
	if w.z == nil {
		w.z = newCompressor(w.f.level)
	}
	w.z.begin()
	if len(w.held) > 0 {
		w.z.add(w.held)
		w.held = nil
	}
}

// pass passes on what has been compressed if it is least bytes or more.
func (w *writer) pass(least int) {
	if len(w.z.out) < least || len(w.z.out) == 0 || w.err != nil {
		return
	}
	w.z.passed += int64(len(w.z.out))
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

// ratio sets $gzip_ratio, if anything asks for it.
func (w *writer) ratio() {
	if w.z == nil || w.z.passed == 0 {
		return
	}
	if i := w.r.HTTP.Vars.Find(ratioVariable); i != vars.None {
		w.r.SetVar(i, appendRatio(w.r.Alloc(16), w.z.size, w.z.passed))
	}
}

// appendRatio appends in/out with two digits, rounded.
func appendRatio(dst []byte, in, out int64) []byte {
	n := in * 100 / out
	if in*1000/out%10 > 4 {
		n++
	}
	dst = append(strconv.AppendInt(dst, n/100, 10), '.')
	return append(dst, byte('0'+n/10%10), byte('0'+n%10))
}

// A compressor makes the gzip format (RFC 1952) of what is added to it.
type compressor struct {
	w      *flate.Writer
	out    []byte // compressed, and not passed on yet
	crc    uint32
	size   int64 // of what was added
	passed int64 // of out, that was passed on
	flags  byte  // XFL: how hard the compression is
}

func newCompressor(level int) *compressor {
	z := &compressor{}
	switch level {
	case 1:
		z.flags = 4
	case 9:
		z.flags = 2
	}
	w, err := flate.NewWriter(z, level)
	if err != nil {
		panic(err) // the level was checked with the configuration
	}
	z.w = w
	return z
}

// begin starts a body: its header has no time, and says Unix, as zlib's does.
func (z *compressor) begin() {
	z.w.Reset(z)
	z.crc, z.size, z.passed = 0, 0, 0
	z.out = append(z.out[:0], 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, z.flags, 3)
}

func (z *compressor) add(p []byte) {
	z.crc = crc32.Update(z.crc, crc32.IEEETable, p)
	z.size += int64(len(p))
	z.w.Write(p) // Write, below, does not fail
}

func (z *compressor) end() {
	z.w.Close()
	z.out = binary.LittleEndian.AppendUint32(z.out, z.crc)
	z.out = binary.LittleEndian.AppendUint32(z.out, uint32(z.size))
}

// Write takes compressed data.
func (z *compressor) Write(p []byte) (int, error) {
	z.out = append(z.out, p...)
	return len(p), nil
}
