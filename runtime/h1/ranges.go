package h1

import "math"

// A RangeScanner takes the fields about ranges apart, Range and Content-Range
// (RFC 9110 section 14). What is not as it should be makes it not OK.
type RangeScanner struct {
	Rest []byte // what has not been taken
	OK   bool
}

// ScanRange returns a scanner of what follows the unit in a field.
func ScanRange(s []byte) RangeScanner { return RangeScanner{s, true} }

// Peek returns the next byte, 0 at the end.
func (p *RangeScanner) Peek() byte {
	if len(p.Rest) == 0 {
		return 0
	}
	return p.Rest[0]
}

// Spaces takes the spaces that come next.
func (p *RangeScanner) Spaces() {
	for p.Peek() == ' ' {
		p.Rest = p.Rest[1:]
	}
}

// Take takes c, which must come next.
func (p *RangeScanner) Take(c byte) {
	if p.Peek() != c {
		p.OK = false
		return
	}
	p.Rest = p.Rest[1:]
}

// Number takes a number, which must come next and fit into 63 bits.
func (p *RangeScanner) Number() (n int64) {
	if c := p.Peek(); c < '0' || c > '9' {
		p.OK = false
	}
	for c := p.Peek(); c >= '0' && c <= '9'; c = p.Peek() {
		if n > (math.MaxInt64-int64(c-'0'))/10 {
			p.OK = false
			return 0
		}
		n = n*10 + int64(c-'0')
		p.Rest = p.Rest[1:]
	}
	return n
}
