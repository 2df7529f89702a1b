package charset

import (
	"strconv"

	"understudy/runtime/httpd"
)

// A recoder recodes a body from one charset to another. It is shared by
// requests; what is left of a piece of the body for the next one is in
// writer.left.
type recoder interface {
	// append appends p recoded. left holds, and is left holding, the
	// beginning of a character.
	append(dst, p []byte, left *partial) []byte
}

// A partial is the beginning of a UTF-8 sequence, at most three bytes of it.
type partial struct {
	b [utfLen]byte
	n int
}

// utfLen is the longest UTF-8 sequence.
const utfLen = 4

// A writer recodes one body.
type writer struct {
	r    *httpd.Request
	next httpd.Writer
	with recoder
	left partial
	buf  []byte
}

// Write implements httpd.Writer.
func (w *writer) Write(p []byte) error {
	if w.r.HeadOnly {
		return nil
	}
	const piece = 32 << 10
	for {
		n := min(len(p), piece)
		w.buf = w.with.append(w.buf[:0], p[:n], &w.left)
		if err := w.next.Write(w.buf); err != nil {
			return err
		}
		if p = p[n:]; len(p) == 0 {
			return nil
		}
	}
}

// File implements httpd.Writer.
func (w *writer) File(f httpd.File, off, n int64) error { return w.r.WriteFile(w, f, off, n) }

// Flush implements httpd.Writer.
func (w *writer) Flush() error { return w.next.Flush() }

// Close implements httpd.Writer. An incomplete character at the end is lost,
// as nginx loses it.
func (w *writer) Close() error { return w.next.Close() }

// bytewise recodes one single-byte charset to another.
type bytewise [256]byte

func (t *bytewise) append(dst, p []byte, _ *partial) []byte {
	for _, c := range p {
		dst = append(dst, t[c])
	}
	return dst
}

// toUTF8 recodes a single-byte charset: a length and that many bytes.
type toUTF8 [256]struct {
	n byte
	b [utfLen - 1]byte
}

func (t *toUTF8) append(dst, p []byte, _ *partial) []byte {
	for _, c := range p {
		e := &t[c]
		dst = append(dst, e.b[:e.n]...)
	}
	return dst
}

// fromUTF8 recodes to a single-byte charset, by the high and the low byte of a
// character; 0 is none, and becomes an entity of HTML.
type fromUTF8 [256]*[256]byte

func (t *fromUTF8) append(dst, p []byte, left *partial) []byte {
	if left.n > 0 {
		had := left.n
		n := had + copy(left.b[had:], p)
		u, used := decode(left.b[:n])
		if u == incomplete && n < utfLen {
			left.n = n
			return dst
		}
		if u == incomplete {
			used = utfLen
		}
		dst = t.one(dst, u)
		left.n = 0
		p = p[max(used, had)-had:]
	}
	for len(p) > 0 {
		if p[0] < 0x80 {
			dst = append(dst, p[0])
			p = p[1:]
			continue
		}
		u, used := decode(p)
		if u == incomplete {
			left.n = copy(left.b[:], p)
			break
		}
		dst = t.one(dst, u)
		p = p[used:]
	}
	return dst
}

// one appends one character.
func (t *fromUTF8) one(dst []byte, u uint32) []byte {
	switch {
	case u < 0x10000 && t[u>>8] != nil && t[u>>8][u&0xff] != 0:
		return append(dst, t[u>>8][u&0xff])
	case u > 0x10ffff:
		return append(dst, '?')
	}
	return append(strconv.AppendUint(append(dst, "&#"...), uint64(u), 10), ';')
}

// What decode finds that is no character.
const (
	incomplete uint32 = 0xfffffffe
	invalid    uint32 = 0xffffffff
)

// decode decodes a sequence of two bytes or more at the beginning of p and
// returns how many bytes it took, none if it is incomplete. It is as strict,
// and where a sequence is wrong takes as much, as ngx_utf8_decode.
func decode(p []byte) (u uint32, used int) {
	u = uint32(p[0])
	var valid uint32
	var more int
	switch {
	case u >= 0xf8 || u < 0xc2:
		return invalid, 1
	case u >= 0xf0:
		u, valid, more = u&0x07, 0xffff, 3
	case u >= 0xe0:
		u, valid, more = u&0x0f, 0x7ff, 2
	default:
		u, valid, more = u&0x1f, 0x7f, 1
	}
	if len(p)-1 < more {
		return incomplete, 0
	}
	for used = 1; used <= more; used++ {
		c := uint32(p[used])
		if c < 0x80 {
			return invalid, used + 1
		}
		u = u<<6 | c&0x3f
	}
	if u > valid {
		return u, used
	}
	return invalid, used
}
