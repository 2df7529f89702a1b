package logs

import (
	"bytes"
	"compress/gzip"
	"sync"
	"time"
)

// Buffering is what access_log's buffer=, flush= and gzip= say.
type Buffering struct {
	Size  int           // bytes; 0: no buffer
	Flush time.Duration // the longest that a line waits; 0: until the buffer is full
	Gzip  int           // level from 1 to 9; 0: as it is
}

// A buffer gathers lines. What is written of it are always whole lines, and
// with gzip whole members.
type buffer struct {
	Buffering
	h      *handle
	report func(error) // of errors that no writer of a line hears of

	mu    sync.Mutex // guards the following
	data  []byte
	timer *time.Timer // nil until first used
	armed bool
	zip   *gzip.Writer
	out   bytes.Buffer
}

func newBuffer(h *handle, o Buffering, report func(error)) *buffer {
	return &buffer{Buffering: o, h: h, report: report, data: make([]byte, 0, o.Size)}
}

// write adds a line. One that does not fit even an empty buffer goes straight
// to the file, after the lines before it.
func (b *buffer) write(line []byte) (err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(line) > cap(b.data)-len(b.data) {
		err = b.put()
	}
	if len(line) > cap(b.data) {
		if e := b.send(line); err == nil {
			err = e
		}
		return err
	}
	if b.Flush > 0 && !b.armed {
		b.arm()
	}
	b.data = append(b.data, line...)
	return err
}

func (b *buffer) arm() {
	b.armed = true
	if b.timer == nil {
		b.timer = time.AfterFunc(b.Flush, b.expire)
		return
	}
	b.timer.Reset(b.Flush)
}

// expire writes what has waited long enough.
func (b *buffer) expire() {
	b.mu.Lock()
	b.armed = false
	err := b.put()
	b.mu.Unlock()
	if err != nil {
		b.report(err)
	}
}

// flush writes what there is.
func (b *buffer) flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.put()
}

func (b *buffer) put() error {
	if b.timer != nil && b.armed && b.timer.Stop() {
		b.armed = false
	}
	if len(b.data) == 0 {
		return nil
	}
	err := b.send(b.data)
	b.data = b.data[:0] // lost if it could not be written, as in nginx
	return err
}

func (b *buffer) send(p []byte) error {
	if b.Gzip == 0 {
		return b.h.write(p)
	}
	b.out.Reset()
	if b.zip == nil {
		b.zip, _ = gzip.NewWriterLevel(&b.out, b.Gzip) // the level was checked
	} else {
		b.zip.Reset(&b.out)
	}
	b.zip.Write(p) // a bytes.Buffer takes everything
	b.zip.Close()
	return b.h.write(b.out.Bytes())
}
