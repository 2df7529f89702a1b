package spec

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestUnits compares with what nginx's ngx_parse_time, ngx_parse_size and
// ngx_parse_offset make of texts, -1 being an error.
func TestUnits(t *testing.T) {
	data, err := os.ReadFile("testdata/units.tsv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for _, line := range lines[1:] {
		f := strings.Split(line, "\t")
		if len(f) != 5 {
			t.Fatalf("%q: got %d columns, want 5", line, len(f))
		}
		check := func(what string, got int64, ok bool, want string) {
			t.Helper()
			if !ok {
				got = -1
			}
			if fmt.Sprint(got) != want {
				t.Errorf("%q as %s: got %d, want %s", f[0], what, got, want)
			}
		}
		for i, unit := range []time.Duration{time.Millisecond, time.Second} {
			d, ok := ParseTime(f[0], i == 0)
			want := f[1+i]
			if n, _ := strconv.ParseInt(want, 10, 64); n > int64(math.MaxInt64/time.Second)*int64(time.Second/unit) {
				if d != math.MaxInt64 || !ok {
					t.Errorf("%q: got %v, want the longest time there is", f[0], d)
				}
				continue
			}
			check("time in "+unit.String(), int64(d/unit), ok, want)
		}
		n, ok := ParseSize(f[0], false)
		check("size", n, ok, f[3])
		n, ok = ParseSize(f[0], true)
		check("offset", n, ok, f[4])
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"1h 30m", "10s5", "5 5", "ms", "9223372036854775807", "1y2M3w4d5h6m7s", "1ms1ms"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, millis bool) {
		d, ok := ParseTime(s, millis)
		if d < 0 || !ok && d != 0 && d != math.MaxInt64 {
			t.Errorf("%q: %v, %v", s, d, ok)
		}
		if ok && !strings.ContainsAny(s, "0123456789") {
			t.Errorf("%q is a time without a number", s)
		}
	})
}

func TestArity(t *testing.T) {
	for _, tt := range []struct {
		name string
		a    Arity
		want string // "x" where the count is allowed, from 0
	}{
		{"Exactly(0)", Exactly(0), "x....."},
		{"Exactly(2)", Exactly(2), "..x..."},
		{"Between(1, 3)", Between(1, 3), ".xxx.."},
		{"AtLeast(2)", AtLeast(2), "..xxxx"},
		{"Exactly(0) | Between(2, 3)", Exactly(0) | Between(2, 3), "x.xx.."},
	} {
		got := ""
		for n := range len(tt.want) {
			if tt.a.Has(n) {
				got += "x"
			} else {
				got += "."
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
	if !AtLeast(1).Has(1000) || Between(1, 3).Has(1000) {
		t.Error("only AtLeast allows any number of arguments")
	}
}
