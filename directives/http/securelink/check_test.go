package securelink

import "testing"

func TestSeconds(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int64
	}{
		{"1", 1}, {"4000000000", 4000000000}, {"0", 0}, {"", -1}, {"x", -1}, {"-1", -1}, {"1 ", -1},
		{"9223372036854775807", 9223372036854775807}, {"9223372036854775808", -1},
	} {
		if got := seconds([]byte(tt.in)); got != tt.want {
			t.Errorf("seconds(%q) = %d, want %d", tt.in, got, tt.want)
		}
	}
}

func TestEqual(t *testing.T) {
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"1B2M2Y8AsgTpgAmY7PhCfg", true}, {"1B2M2Y8AsgTpgAmY7PhCfg==", true}, {"1B2M2Y8AsgTpgAmY7PhCfg===", false},
		{"1B2M2Y8AsgTpgAmY7PhCf", false}, {"1B2M2Y8AsgTpgAmY7PhCfA", false}, {"", false}, {"1B2M2Y8AsgTpgAmY7PhCf+", false},
	} {
		if got := equal([]byte(tt.text), nil); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.text, got, tt.want)
		}
	}
}

func FuzzOld(f *testing.F) {
	f.Add([]byte("/p/d41d8cd98f00b204e9800998ecf8427e/x"))
	f.Fuzz(func(_ *testing.T, target []byte) { old(target, nil) })
}
