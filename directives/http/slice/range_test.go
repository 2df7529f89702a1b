package slice

import (
	"math"
	"testing"
)

func TestFirst(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int64
	}{
		{"bytes=0-", 0},
		{"bytes=7-9", 7},
		{"BYTES= 7", 7},
		{"bytes=7,9-", 0}, // more than one
		{"bytes=-7", 0},
		{"bytes=x", 0},
		{"bytes=", 0},
		{"items=7-", 0},
		{"", 0},
		{"bytes=9223372036854775807-", math.MaxInt64},
		{"bytes=9223372036854775808-", 0},
	} {
		if got := firstOf([]byte(tt.in)); got != tt.want {
			t.Errorf("%q: got %d, want %d", tt.in, got, tt.want)
		}
	}
}

func TestContentRange(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want contentRange
		ok   bool
	}{
		{"bytes 0-3/4", contentRange{0, 4, 4}, true},
		{"bytes  10 - 19 / 35 ", contentRange{10, 20, 35}, true},
		{"bytes 0-3/*", contentRange{0, 4, -1}, true},
		{"bytes 0-3/* x", contentRange{}, false},
		{"bytes */35", contentRange{}, false},
		{"bytes 0-3", contentRange{}, false},
		{"bytes 0/3", contentRange{}, false},
		{"bytes 0-3/4x", contentRange{}, false},
		{"bytes -3/4", contentRange{}, false},
		{"bytes 0-9223372036854775808/4", contentRange{}, false},
		{"Bytes 0-3/4", contentRange{}, false},
		{"bytes ", contentRange{}, false},
		{"", contentRange{}, false},
	} {
		got, ok := parseContentRange([]byte(tt.in))
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: got %v %v, want %v %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzContentRange(f *testing.F) {
	f.Add("bytes 0-3/4")
	f.Add("bytes 0 - 3 / *")
	f.Fuzz(func(t *testing.T, s string) {
		firstOf([]byte(s))
		if c, ok := parseContentRange([]byte(s)); ok && (c.start < 0 || c.whole < -1) {
			t.Errorf("%q: %v", s, c)
		}
	})
}
