package spec

import (
	"strconv"
	"strings"
)

// DefaultFor returns the default that the directive has in a version of nginx.
func (e *Entry) DefaultFor(version string) string {
	for _, w := range e.Was {
		if version != "" && Older(version, w.Until) {
			return w.Default
		}
	}
	return e.Default
}

// Older reports whether version a comes before b.
func Older(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range bs {
		x, y := 0, 0
		if i < len(as) {
			x, _ = strconv.Atoi(as[i])
		}
		y, _ = strconv.Atoi(bs[i])
		if x != y {
			return x < y
		}
	}
	return false
}
