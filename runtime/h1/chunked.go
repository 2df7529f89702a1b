package h1

import "math"

// A Chunked decodes a chunked body (RFC 9112 section 7.1) as strictly as
// ngx_http_parse_chunked does: lines end in CR LF, extensions are skipped. The
// zero Chunked is at the start of a body.
type Chunked struct {
	// KeepTrailers makes the body end behind the line of the last chunk, so
	// that the trailer section can be read by Trailers. Otherwise it is
	// skipped.
	KeepTrailers bool

	state chunkState
	size  int64 // of the chunk, less what has been delivered
}

type chunkState uint8

const (
	chunkStart chunkState = iota
	chunkSize
	chunkExt
	chunkExtEnd
	chunkData
	chunkDataLF
	chunkLastExt
	chunkLastExtEnd
	chunkTrailer
	chunkTrailerEnd
	chunkField
	chunkFieldEnd
	chunkDone
)

// Reset takes c back to the start of a body.
func (c *Chunked) Reset() { *c = Chunked{KeepTrailers: c.KeepTrailers} }

// Next decodes from the start of buf: it returns the data that stand first in
// it, as a part of buf, and how many bytes of buf are used up by them and by
// what stands before them. Without data, all of buf is used up and done tells
// whether the body has ended; what follows it in buf is not used. The error is
// ErrClientChunked; a caller that reads a response knows other words.
func (c *Chunked) Next(buf []byte) (data []byte, n int, done bool, err error) {
	for n < len(buf) && c.state != chunkDone {
		if c.state == chunkData && c.size > 0 && c.size <= maxChunk {
			k := int(min(c.size, int64(len(buf)-n)))
			data = buf[n : n+k : n+k]
			c.size -= int64(k)
			return data, n + k, false, nil
		}
		if !c.step(buf[n]) {
			return nil, n, false, ErrClientChunked
		}
		n++
	}
	if c.size > maxChunk {
		return nil, n, false, ErrClientChunked
	}
	return nil, n, c.state == chunkDone, nil
}

// maxChunk leaves room to count what follows the data. (NGX_MAX_OFF_T_VALUE)
const maxChunk = math.MaxInt64 - 9

// Done reports whether the body has ended.
func (c *Chunked) Done() bool { return c.state == chunkDone }

// Left returns how many bytes of the current chunk are still to come behind
// what Next has delivered: a body that is too large is known by it.
func (c *Chunked) Left() int64 { return c.size }

// step takes one byte that is not data.
func (c *Chunked) step(b byte) bool {
	switch c.state {
	case chunkStart:
		d := hexDigit[b]
		c.size = int64(d)
		c.state = chunkSize
		return d >= 0

	case chunkSize:
		if c.size > math.MaxInt64/16 {
			return false
		}
		if d := hexDigit[b]; d >= 0 {
			c.size = c.size<<4 | int64(d)
			return true
		}
		last := chunkState(0)
		if c.size == 0 {
			last = chunkLastExt - chunkExt
		}
		switch b {
		case '\r':
			c.state = chunkExtEnd + last
		case ';', ' ', '\t':
			c.state = chunkExt + last
		default:
			return false
		}

	case chunkExt, chunkLastExt, chunkField:
		switch b {
		case '\r':
			c.state++
		case '\n':
			return false
		}

	case chunkExtEnd:
		c.state = chunkData
		return b == '\n'

	case chunkData: // the end of it, or too much
		c.state = chunkDataLF
		return b == '\r' && c.size == 0

	case chunkDataLF:
		c.state = chunkStart
		return b == '\n'

	case chunkLastExtEnd:
		c.state = chunkTrailer
		if c.KeepTrailers {
			c.state = chunkDone
		}
		return b == '\n'

	case chunkTrailer:
		switch b {
		case '\r':
			c.state = chunkTrailerEnd
		case '\n':
			return false
		default:
			c.state = chunkField
		}

	case chunkTrailerEnd:
		c.state = chunkDone
		return b == '\n'

	case chunkFieldEnd:
		c.state = chunkTrailer
		return b == '\n'
	}
	return true
}

// Need returns the least number of bytes that must still come before the body
// can end: what nginx waits for before it reads again.
func (c *Chunked) Need() int64 {
	switch c.state {
	case chunkSize:
		if c.size == 0 {
			return 4
		}
		return c.size + 9
	case chunkData:
		return c.size + need[chunkData]
	case chunkExt, chunkExtEnd:
		return c.size + need[c.state]
	}
	return need[c.state]
}

// need is the length of the shortest rest of a body in a state, less the data.
var need = [...]int64{
	chunkStart:      5, // "0" CR LF CR LF
	chunkExt:        9, // CR LF, CR LF "0" CR LF CR LF
	chunkExtEnd:     8,
	chunkData:       7, // CR LF "0" CR LF CR LF
	chunkDataLF:     6,
	chunkLastExt:    4, // CR LF CR LF
	chunkLastExtEnd: 3,
	chunkTrailer:    2,
	chunkTrailerEnd: 1,
	chunkField:      4,
	chunkFieldEnd:   3,
	chunkDone:       0,
}
