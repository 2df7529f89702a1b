package splitclients

import (
	"encoding/binary"
	"math"
	"strings"
)

// parts are the groups that clients are split into.
type parts []part

// A part is one of them.
type part struct {
	percent uint32 // hundredths of a percent; 0: all that is left
	below   uint32 // hashes of the part are below it; 0: all that are left
	val     []byte
}

var nothing = []byte{}

// place gives each part its hashes. It reports false if there are more than
// 100 %. The sums wrap around as nginx's do.
func (ps parts) place() bool {
	var sum, last uint32
	for i := range ps {
		p := &ps[i]
		if p.percent == 0 {
			sum = 10000
		} else {
			sum += p.percent
		}
		switch {
		case sum > 10000:
			return false
		case sum == 10000:
			p.below = 0 // rounding must not leave hashes over
		default:
			last += uint32(uint64(p.percent) * math.MaxUint32 / 10000)
			p.below = last
		}
	}
	return true
}

// find returns the value of the part that a hash falls into.
func (ps parts) find(h uint32) []byte {
	for i := range ps {
		if p := &ps[i]; h < p.below || p.below == 0 {
			return p.val
		}
	}
	return nothing
}

// parsePercent reads "0.5%" as 50.
func parsePercent(s string) (uint32, bool) {
	s, ok := strings.CutSuffix(s, "%")
	if !ok || s == "" {
		return 0, false
	}
	n, places, dot := uint64(0), 2, false
	for _, c := range []byte(s) {
		switch {
		case c == '.' && !dot:
			dot = true
			continue
		case c < '0' || c > '9' || places == 0:
			return 0, false
		}
		n = n*10 + uint64(c-'0')
		if n > math.MaxInt64/1000 {
			return 0, false
		}
		if dot {
			places--
		}
	}
	for ; places > 0; places-- {
		n *= 10
	}
	return uint32(n), n != 0
}

// hash is MurmurHash2 of 32 bits with a seed of 0.
func hash(p []byte) uint32 {
	const m = 0x5bd1e995
	h := uint32(len(p))
	for ; len(p) >= 4; p = p[4:] {
		k := binary.LittleEndian.Uint32(p) * m
		k = (k ^ k>>24) * m
		h = h*m ^ k
	}
	switch len(p) {
	case 3:
		h ^= uint32(p[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(p[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(p[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}
