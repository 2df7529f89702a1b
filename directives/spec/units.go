package spec

import (
	"math"
	"time"
)

// ParseNumber reads a decimal number that is not negative.
func ParseNumber(s string) (int, bool) {
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' || n > (math.MaxInt-9)/10 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, s != ""
}

// ParseSize reads a size such as "8k" or "1m", and, if big, "1g".
func ParseSize(s string, big bool) (int64, bool) {
	if s == "" {
		return 0, false
	}
	unit := 1
	switch s[len(s)-1] {
	case 'k', 'K':
		unit = 1 << 10
	case 'm', 'M':
		unit = 1 << 20
	case 'g', 'G':
		if big {
			unit = 1 << 30
		}
	}
	if unit > 1 {
		s = s[:len(s)-1]
	}
	n, ok := ParseNumber(s)
	if !ok || n > math.MaxInt64/unit {
		return 0, false
	}
	return int64(n) * int64(unit), true
}

// timeUnits are in the order in which they may follow each other.
var timeUnits = []struct {
	name string
	d    time.Duration
}{
	{"y", 365 * 24 * time.Hour}, {"M", 30 * 24 * time.Hour}, {"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour},
	{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}, {"", time.Second},
}

// ParseTime reads a time such as "1h 30m"; a number without a unit is seconds,
// and must come last. Milliseconds are taken only if millis.
func ParseTime(s string, millis bool) (time.Duration, bool) {
	var total time.Duration
	step, any := 0, false
	for s != "" {
		if s[0] == ' ' && any {
			s = s[1:]
			continue
		}
		i := 0
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		n, ok := ParseNumber(s[:i])
		if !ok {
			return 0, false
		}
		s = s[i:]
		u, rest := timeUnit(s)
		if u < 0 || u < step || timeUnits[u].name == "ms" && !millis {
			return 0, false
		}
		d := timeUnits[u].d
		if n > int((math.MaxInt64-total)/d) {
			return 0, false
		}
		total += time.Duration(n) * d
		s, step, any = rest, u+1, true
	}
	return total, any
}

// timeUnit returns the index of the unit s begins with, and what follows it.
func timeUnit(s string) (int, string) {
	if s == "" || s[0] == ' ' {
		return len(timeUnits) - 1, s
	}
	for i, u := range timeUnits[:len(timeUnits)-1] {
		if s[:1] == u.name[:1] && (u.name != "m" || len(s) < 2 || s[1] != 's') && len(s) >= len(u.name) && s[:len(u.name)] == u.name {
			return i, s[len(u.name):]
		}
	}
	return -1, s
}
