package sslpreread

import (
	"bytes"

	"understudy/runtime/stream"
)

// An outcome is what reading a ClientHello came to.
type outcome int8

const (
	whole   outcome = iota
	partial         // more bytes are needed
	other           // it is no ClientHello
)

// parse reads the ClientHello that p begins with (RFC 8446, section 4.1.2), in
// TLS records or in that of SSL 2. Records are looked at when they are whole.
func parse(p []byte) (h stream.Hello, o outcome) {
	var msg []byte // the handshake messages of the records
	for first := true; len(p) >= 5; first = false {
		switch {
		case p[0]&0x80 != 0 && p[2] == 1 && (p[3] == 0 || p[3] == 3):
			h.Version = [2]byte{p[3], p[4]}
			return h, whole
		case p[0] != 0x16, p[1] != 3:
			return h, other
		}
		n := 5 + int(p[3])<<8 + int(p[4])
		if n > len(p) {
			break
		}
		if first {
			msg = p[5:n:n]
		} else {
			msg = append(msg, p[5:n]...)
		}
		p = p[n:]
		h = stream.Hello{}
		if o := (&reader{p: msg, left: 4}).hello(&h); o != partial {
			return h, o
		}
	}
	return h, partial
}

// A reader reads one handshake message. What does not fit into the message is
// wrong, what is not there yet is partial.
type reader struct {
	p    []byte
	left int // of the message
	o    outcome
}

// take returns the next n bytes, or nil and sets the outcome.
func (r *reader) take(n int) []byte {
	switch {
	case r.o != whole:
		return nil
	case n > r.left:
		r.o = other
		return nil
	case n > len(r.p):
		r.o = partial
		return nil
	}
	b := r.p[:n]
	r.p, r.left = r.p[n:], r.left-n
	return b
}

// number reads a number of n bytes; 0 after a failure.
func (r *reader) number(n int) int {
	v := 0
	for _, c := range r.take(n) {
		v = v<<8 | int(c)
	}
	return v
}

func (r *reader) hello(h *stream.Hello) outcome {
	const clientHello, random = 1, 32
	kind, length := r.number(1), r.number(3)
	if r.o != whole {
		return r.o
	}
	if kind != clientHello {
		return other
	}
	r.left = length
	copy(h.Version[:], r.take(2))
	r.take(random)
	r.take(r.number(1)) // session
	r.take(r.number(2)) // cipher suites
	r.take(r.number(1)) // compression methods
	if r.o != whole || r.left == 0 {
		return r.o
	}
	r.take(2) // length of the extensions; nginx goes by that of the message
	for r.o == whole && r.left > 0 {
		r.extension(h)
	}
	return r.o
}

func (r *reader) extension(h *stream.Hello) {
	const serverName, alpn, supportedVersions = 0, 16, 43
	kind, size := r.number(2), r.number(2)
	switch {
	case r.o != whole:
	case kind == serverName && h.ServerName == nil:
		size = r.number(2)
		typ, n := r.number(1), r.number(2)
		if r.o == whole && (typ != 0 || size < 3+n) {
			r.o = other
			return
		}
		h.ServerName = append([]byte{}, r.take(n)...)
		r.take(size - 3 - n)
	case kind == alpn && h.ALPN == nil:
		r.protocols(h, r.number(2))
	case kind == supportedVersions:
		r.take(r.number(1))
		h.Version = [2]byte{3, 4} // nginx does not look which
	default:
		r.take(size)
	}
}

// protocols reads a list of protocol names of a size.
func (r *reader) protocols(h *stream.Hello, size int) {
	var names [][]byte
	for more := true; more && r.o == whole; more = size > 0 {
		n := r.number(1)
		if r.o == whole && (n == 0 || size < 1+n) {
			r.o = other
			return
		}
		names = append(names, r.take(n))
		size -= 1 + n
	}
	h.ALPN = bytes.Join(names, []byte(","))
}
