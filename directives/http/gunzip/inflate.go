package gunzip

import (
	"errors"
	"hash/crc32"
)

// errData is zlib's Z_DATA_ERROR: what was written is not in the gzip format.
var errData = errors.New("-3")

// errEnd is a body that ends before its stream.
var errEnd = errors.New("the stream has no end")

// An inflater decompresses the gzip format (RFC 1952, 1951), of one member or
// several, that it gets in pieces. The packages that decompress read from a
// source, and a body of a response is written: reading it would take a
// goroutine for each.
type inflater struct {
	state state
	last  bool   // the block is the last of the stream
	acc   uint64 // bits that were taken from the input, the next one lowest
	n     uint   // how many
	in    []byte // what was not taken yet
	left  int    // bytes of a stored block, or of a field of the header
	flags byte   // FLG of the header
	sum   uint32 // CRC-32 of what was decompressed of the member
	size  int64  // and its length

	length, distance int // of a match

	literals, distances *code
	dynamic             [2]code
	lengths             [maxLiterals + maxDistances]byte
	hlit, hdist, hclen  int
	have                int // of lengths
	repeat              int // 16 to 18: a symbol whose count is missing; 0: none

	out    []byte // what was decompressed; matches reach back into it
	summed int    // of out: in sum and size
	sent   int    // of out
}

// A state is what comes next in the input.
type state uint8

const (
	stateHeader state = iota
	stateExtraLength
	stateExtra
	stateName
	stateComment
	stateHeaderSum
	stateBlock
	stateStoredLength
	stateStored
	stateTable
	stateCodeLengths
	stateLengths
	stateSymbol
	stateLength
	stateDistance
	stateDistanceExtra
	stateMatch
	stateTrailer
	stateDone
)

const (
	window       = 32 << 10
	room         = 3 * window // of out
	maxLiterals  = 286 + 2
	maxDistances = 30 + 2
	longestMatch = 258
)

// reset prepares z for a new body.
func (z *inflater) reset() {
	out := z.out[:0]
	*z = inflater{dynamic: z.dynamic, out: out}
}

// write decompresses p and hands what comes of it to pass, in pieces.
func (z *inflater) write(p []byte, pass func([]byte) error) error {
	z.in = p
	for {
		more, err := z.step()
		if err != nil {
			return err
		}
		if !more || len(z.out) >= room-longestMatch {
			if err := z.pass(pass); err != nil {
				return err
			}
		}
		if !more {
			z.in = nil
			return nil
		}
	}
}

// done reports whether the stream has ended.
func (z *inflater) done() bool { return z.state == stateDone }

// tally adds what is new in out to the sum and the size.
func (z *inflater) tally() {
	p := z.out[z.summed:]
	z.sum = crc32.Update(z.sum, crc32.IEEETable, p)
	z.size += int64(len(p))
	z.summed = len(z.out)
}

// pass hands over what is new in out, and keeps the window.
func (z *inflater) pass(f func([]byte) error) error {
	z.tally()
	p := z.out[z.sent:]
	z.sent = len(z.out)
	if len(p) == 0 {
		return nil
	}
	err := f(p)
	if len(z.out) >= room-window {
		n := copy(z.out, z.out[len(z.out)-window:])
		z.out, z.sent, z.summed = z.out[:n], n, n
	}
	return err
}

// need takes bits from the input until there are n, at most 32.
func (z *inflater) need(n uint) bool {
	for z.n < n {
		if len(z.in) == 0 {
			return false
		}
		z.acc |= uint64(z.in[0]) << z.n
		z.in = z.in[1:]
		z.n += 8
	}
	return true
}

// take returns n bits, which must be there.
func (z *inflater) take(n uint) int {
	v := int(z.acc & (1<<n - 1))
	z.acc >>= n
	z.n -= n
	return v
}

// step goes on until a piece of out is full, or the input is used up: then
// more is false.
func (z *inflater) step() (more bool, err error) {
	if z.out == nil {
		z.out = make([]byte, 0, room)
	}
	switch z.state {
	case stateHeader, stateExtraLength, stateExtra, stateName, stateComment, stateHeaderSum:
		return z.header()
	case stateTrailer:
		return z.trailer()
	case stateDone:
		if len(z.in) == 0 && z.n == 0 {
			return false, nil
		}
		// another member
		z.state, z.sum, z.size = stateHeader, 0, 0
		return true, nil
	case stateBlock, stateStoredLength, stateStored:
		return z.block()
	case stateTable, stateCodeLengths, stateLengths:
		return z.table()
	}
	return z.symbols()
}

// block reads the beginning of a block, or a stored one.
func (z *inflater) block() (bool, error) {
	switch z.state {
	case stateBlock:
		if z.last {
			z.take(z.n & 7)
			z.state = stateTrailer
			return true, nil
		}
		if !z.need(3) {
			return false, nil
		}
		z.last = z.take(1) == 1
		switch z.take(2) {
		case 0:
			z.take(z.n & 7)
			z.state = stateStoredLength
		case 1:
			z.literals, z.distances = fixedLiterals, fixedDistances
			z.state = stateSymbol
		case 2:
			z.state = stateTable
		default:
			return false, errData
		}
	case stateStoredLength:
		if !z.need(32) {
			return false, nil
		}
		n, not := z.take(16), z.take(16)
		if n != ^not&0xffff {
			return false, errData
		}
		z.left, z.state = n, stateStored
	case stateStored:
		for z.left > 0 && z.n > 0 && len(z.out) < cap(z.out) {
			z.out = append(z.out, byte(z.take(8)))
			z.left--
		}
		n := min(z.left, len(z.in), cap(z.out)-len(z.out))
		z.out = append(z.out, z.in[:n]...)
		z.in = z.in[n:]
		if z.left -= n; z.left == 0 {
			z.state = stateBlock
			return true, nil
		}
		return len(z.in) > 0 || z.n > 0, nil
	}
	return true, nil
}

// symbols reads literals and matches.
func (z *inflater) symbols() (bool, error) {
	for {
		switch z.state {
		case stateSymbol:
			for len(z.out) < room-longestMatch {
				s, ok, err := z.literals.next(z)
				if !ok {
					return false, err
				}
				if s < 256 {
					z.out = append(z.out, byte(s))
					continue
				}
				if s == 256 {
					z.state = stateBlock
					return true, nil
				}
				if s > 285 {
					return false, errData
				}
				z.length, z.state = s-257, stateLength
				break
			}
			if z.state == stateSymbol {
				return true, nil // out is full
			}
		case stateLength:
			l := &lengthCodes[z.length]
			if !z.need(uint(l.extra)) {
				return false, nil
			}
			z.length = l.base + z.take(uint(l.extra))
			z.state = stateDistance
		case stateDistance:
			s, ok, err := z.distances.next(z)
			if !ok {
				return false, err
			}
			if s >= len(distanceCodes) {
				return false, errData
			}
			z.distance, z.state = s, stateDistanceExtra
		case stateDistanceExtra:
			d := &distanceCodes[z.distance]
			if !z.need(uint(d.extra)) {
				return false, nil
			}
			z.distance = d.base + z.take(uint(d.extra))
			z.state = stateMatch
		case stateMatch:
			from := len(z.out) - z.distance
			if int64(z.distance) > z.size+int64(len(z.out)-z.summed) {
				return false, errData
			}
			if z.distance >= z.length {
				z.out = append(z.out, z.out[from:from+z.length]...)
			} else {
				for i := range z.length {
					z.out = append(z.out, z.out[from+i])
				}
			}
			z.state = stateSymbol
		default:
			return true, nil
		}
	}
}

// table reads the codes of a block.
func (z *inflater) table() (bool, error) {
	for {
		switch z.state {
		case stateTable:
			if !z.need(14) {
				return false, nil
			}
			z.hlit, z.hdist, z.hclen = z.take(5)+257, z.take(5)+1, z.take(4)+4
			if z.hlit > 286 || z.hdist > 30 {
				return false, errData
			}
			z.lengths = [len(z.lengths)]byte{}
			z.have, z.state = 0, stateCodeLengths
		case stateCodeLengths:
			for z.have < z.hclen {
				if !z.need(3) {
					return false, nil
				}
				z.lengths[lengthOrder[z.have]] = byte(z.take(3))
				z.have++
			}
			if !z.dynamic[0].build(z.lengths[:19], true) {
				return false, errData
			}
			z.lengths = [len(z.lengths)]byte{}
			z.have, z.state = 0, stateLengths
		case stateLengths:
			for z.have < z.hlit+z.hdist {
				if ok, err := z.codeLength(); !ok {
					return false, err
				}
			}
			if z.lengths[256] == 0 || !z.dynamic[0].build(z.lengths[:z.hlit], false) ||
				!z.dynamic[1].build(z.lengths[z.hlit:z.hlit+z.hdist], false) {
				return false, errData
			}
			z.literals, z.distances = &z.dynamic[0], &z.dynamic[1]
			z.state = stateSymbol
			return true, nil
		}
	}
}

// codeLength reads the length of one code, or of several.
func (z *inflater) codeLength() (bool, error) {
	if z.repeat == 0 {
		s, ok, err := z.dynamic[0].next(z)
		if !ok {
			return false, err
		}
		if s < 16 {
			z.lengths[z.have] = byte(s)
			z.have++
			return true, nil
		}
		z.repeat = s
	}
	r := &repeats[z.repeat-16]
	if !z.need(uint(r.extra)) {
		return false, nil
	}
	count := r.base + z.take(uint(r.extra))
	var v byte
	if z.repeat == 16 {
		if z.have == 0 {
			return false, errData
		}
		v = z.lengths[z.have-1]
	}
	if z.have+count > z.hlit+z.hdist {
		return false, errData
	}
	for range count {
		z.lengths[z.have] = v
		z.have++
	}
	z.repeat = 0
	return true, nil
}
