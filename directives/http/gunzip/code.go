package gunzip

import "math/bits"

// A code is a Huffman code (RFC 1951 section 3.2.2).
type code struct {
	fast    [1 << fastBits]uint16 // symbol<<4 | length by the next bits; 0: longer, or none
	count   [maxBits + 1]uint16   // of codes, by length
	symbols [maxLiterals]uint16   // in the order of their codes
}

const (
	fastBits = 9
	maxBits  = 15
)

// build makes the code of symbols with these lengths. It reports whether that
// is a code: as in zlib, one that is not complete is only if whole is not set
// and it has a single symbol.
func (c *code) build(lengths []byte, whole bool) bool {
	*c = code{}
	longest := byte(0)
	for _, l := range lengths {
		c.count[l]++
		longest = max(longest, l)
	}
	c.count[0] = 0
	left := 1
	var offset, first [maxBits + 2]int
	for l := 1; l <= maxBits; l++ {
		left = left<<1 - int(c.count[l])
		if left < 0 {
			return false
		}
		offset[l+1] = offset[l] + int(c.count[l])
		first[l+1] = (first[l] + int(c.count[l])) << 1
	}
	if longest > 0 && left > 0 && (whole || longest != 1) {
		return false
	}
	for s, l := range lengths {
		if l == 0 {
			continue
		}
		c.symbols[offset[l]] = uint16(s)
		offset[l]++
		if l <= fastBits {
			start := int(bits.Reverse16(uint16(first[l]))) >> (16 - l)
			for i := start; i < len(c.fast); i += 1 << l {
				c.fast[i] = uint16(s)<<4 | uint16(l)
			}
		}
		first[l]++
	}
	return true
}

// next takes a symbol from the input. Without an error, it is not ok if the
// input does not have all of it yet.
func (c *code) next(z *inflater) (symbol int, ok bool, err error) {
	for z.n < maxBits && len(z.in) > 0 {
		z.acc |= uint64(z.in[0]) << z.n
		z.in = z.in[1:]
		z.n += 8
	}
	if e := c.fast[z.acc&(1<<fastBits-1)]; e != 0 {
		l := uint(e & 15)
		if l > z.n {
			return 0, false, nil
		}
		z.take(l)
		return int(e >> 4), true, nil
	}
	value, first, index := 0, 0, 0
	for l := uint(1); l <= maxBits; l++ {
		if l > z.n {
			return 0, false, nil
		}
		value |= int(z.acc >> (l - 1) & 1)
		count := int(c.count[l])
		if value-count < first {
			z.take(l)
			return int(c.symbols[index+value-first]), true, nil
		}
		index += count
		first = (first + count) << 1
		value <<= 1
	}
	return 0, false, errData
}

var fixedLiterals = func() *code {
	var lengths [maxLiterals]byte
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	c := new(code)
	c.build(lengths[:], true)
	return c
}()

var fixedDistances = func() *code {
	var lengths [maxDistances]byte
	for i := range lengths {
		lengths[i] = 5
	}
	c := new(code)
	c.build(lengths[:], true)
	return c
}()

// A span is the least value of a symbol, and how many bits are added to it.
type span struct {
	base  int
	extra int8
}

var (
	// lengthCodes are those of symbols 257 to 285.
	lengthCodes = func() (t [29]span) {
		fill(t[:28], 3, 8, 4)
		t[28] = span{258, 0}
		return t
	}()
	distanceCodes = func() (t [30]span) {
		fill(t[:], 1, 4, 2)
		return t
	}()
	// repeats are those of the symbols 16 to 18 of code lengths.
	repeats = [3]span{{3, 2}, {3, 3}, {11, 7}}
)

// fill sets t to spans that follow each other: the first ones have no bits,
// then each group has one more than the last.
func fill(t []span, base, plain, group int) {
	for i := range t {
		if i >= plain {
			t[i].extra = int8((i-plain)/group) + 1
		}
		t[i].base = base
		base += 1 << t[i].extra
	}
}

// lengthOrder is the order in which the lengths of the code for lengths stand.
var lengthOrder = [19]byte{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
