package h1

import (
	"math"

	"understudy/runtime/header"
)

// ParseLength parses a Content-Length: decimal digits only, at least one, up
// to 2^63-1. (ngx_atoof)
func ParseLength(b []byte) (n int64, ok bool) {
	if len(b) == 0 {
		return 0, false
	}
	for _, c := range b {
		d := int64(c) - '0'
		if d < 0 || d > 9 || n > (math.MaxInt64-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

// AppendInt appends n in decimal.
func AppendInt(dst []byte, n int64) []byte {
	var b [20]byte
	i := len(b)
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	for {
		i--
		b[i] = byte('0' + u%10)
		if u /= 10; u == 0 {
			break
		}
	}
	if n < 0 {
		i--
		b[i] = '-'
	}
	return append(dst, b[i:]...)
}

// ContainsFold reports whether b contains sub, which must be in lower case,
// whatever the case of the letters in b.
func ContainsFold(b []byte, sub string) bool {
	for i := 0; i+len(sub) <= len(b); i++ {
		if header.EqualFold(b[i:i+len(sub)], sub) {
			return true
		}
	}
	return false
}
