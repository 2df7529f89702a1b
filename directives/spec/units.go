package spec

import (
	"math"
	"strings"
	"time"
)

// ParseNumber reads a decimal number that is not negative.
func ParseNumber(s string) (int, bool) {
	n := 0
	for _, c := range []byte(s) {
		if c < '0' || c > '9' || n > (math.MaxInt-int(c-'0'))/10 {
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
	name  string
	secs  int  // what it is worth; 0: a millisecond
	whole bool // only where a time is whole seconds
}{
	{"y", 365 * 24 * 60 * 60, true}, {"M", 30 * 24 * 60 * 60, true}, {"w", 7 * 24 * 60 * 60, false},
	{"d", 24 * 60 * 60, false}, {"h", 60 * 60, false}, {"m", 60, false}, {"s", 1, false}, {"ms", 0, false},
}

const seconds = 6 // index in timeUnits

// ParseTime reads a time such as "1h 30m", in milliseconds or, if not millis,
// in whole seconds. A number at the end without a unit is seconds. As in nginx,
// a time in milliseconds takes no years and months.
func ParseTime(s string, millis bool) (time.Duration, bool) {
	total, step, valid := 0, 0, false
	scale := 1 // of a second, in what is counted
	if millis {
		scale = 1000
	}
	for {
		i := 0
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		n, ok := ParseNumber(s[:i])
		if !ok && i > 0 {
			return 0, false
		}
		valid = valid || ok
		s = s[i:]
		worth, last := scale, s == ""
		if !last {
			var u int
			space := s[0] == ' '
			if u, s = timeUnit(s); u < step || space && step > seconds {
				return 0, false
			}
			step = u + 1
			if u < len(timeUnits) {
				unit := &timeUnits[u]
				if millis && unit.whole || !millis && unit.secs == 0 {
					return 0, false
				}
				worth = max(unit.secs*scale, 1)
			}
			s = strings.TrimLeft(s, " ")
		}
		if n > (math.MaxInt-total)/worth {
			return 0, false
		}
		total += n * worth
		if last || s == "" {
			break
		}
	}
	if total > int(math.MaxInt64/time.Second)*scale {
		return math.MaxInt64, valid // beyond what a Duration holds, three lifetimes
	}
	return time.Duration(total) * (time.Second / time.Duration(scale)), valid
}

// timeUnit returns the index of the unit s begins with, and what follows it.
// A space stands for seconds, after which there is no other unit. Of anything
// else the index is -1.
func timeUnit(s string) (int, string) {
	if s[0] == ' ' {
		return len(timeUnits), s[1:]
	}
	for i := len(timeUnits) - 1; i >= 0; i-- { // "ms" before "m"
		if rest, ok := strings.CutPrefix(s, timeUnits[i].name); ok {
			return i, rest
		}
	}
	return -1, s
}
