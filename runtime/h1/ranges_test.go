package h1

import (
	"math"
	"testing"
)

func TestRangeScanner(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int64
		ok   bool
		rest string
	}{
		{"0", 0, true, ""},
		{"  17-x", 17, true, "-x"},
		{"9223372036854775807", math.MaxInt64, true, ""},
		{"9223372036854775808", 0, false, "8"},
		{"x", 0, false, "x"},
		{"", 0, false, ""},
	} {
		p := ScanRange([]byte(tt.in))
		p.Spaces()
		if got := p.Number(); got != tt.want || p.OK != tt.ok || string(p.Rest) != tt.rest {
			t.Errorf("%q: got %d %v %q, want %d %v %q", tt.in, got, p.OK, p.Rest, tt.want, tt.ok, tt.rest)
		}
	}
	p := ScanRange([]byte("-5"))
	if p.Take('-'); !p.OK || p.Peek() != '5' {
		t.Errorf("got %v %q", p.OK, p.Rest)
	}
	if p.Take('-'); p.OK || p.Peek() != '5' {
		t.Errorf("got %v %q", p.OK, p.Rest)
	}
}
