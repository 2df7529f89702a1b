package mapping

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// scales are maps whose size must not matter.
var scales = []struct {
	name            string
	before          string // the first line
	line, last, out string // a line of number i; what matches that, and its result
	few, many       int
	bound           time.Duration // on an idle machine
}{
	{"exact", "default 0", "/page%d %d", "/page%d", "%d", 10, 100_000, time.Microsecond},
	{"names", "hostnames", "*.site%d.example %d", "www.site%d.example", "%d", 10, 100_000, time.Microsecond},
	{"ends", "hostnames", "site%d.* %d", "site%d.co.example", "%d", 10, 100_000, time.Microsecond},
	{"regex", "default 0", `~^/old/page%d/(.*)\.html$ %d`, "/old/page%d/x.html", "%d", 10, 5000, 2 * time.Microsecond},
	{"regex ends", "default 0", `~*\.kind%d$ %d`, "/x.Kind%d", "%d", 10, 5000, 2 * time.Microsecond},
}

// scale returns a map of n lines, and its evaluation for the last of them.
func scale(t testing.TB, i, n int) func() []byte {
	s := scales[i]
	var lines strings.Builder
	fmt.Fprintln(&lines, s.before)
	for k := range n {
		fmt.Fprintf(&lines, s.line+"\n", k, k)
	}
	_, _, m := newTable(t, lines.String())
	m.ready()
	f := &fake{mem: make([]byte, 0, 128), caps: make([]int, 0, 8), in: fmt.Sprintf(s.last, n-1)}
	in := []byte(f.in)
	return func() []byte {
		if to := m.find(f, in); to != nil {
			return to.text
		}
		return nil
	}
}

// TestScaleAlloc: a map costs the same whatever its size, and allocates nothing.
// The bounds are those of an idle machine times twenty: what became linear
// exceeds them.
func TestScaleAlloc(t *testing.T) {
	for i, s := range scales {
		t.Run(s.name, func(t *testing.T) {
			size := s.many / 10 // linear would show, and 100,000 lines take long to read
			few, many := scale(t, i, s.few), scale(t, i, size)
			if got, want := string(many()), fmt.Sprintf(s.out, size-1); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
			if n := testing.AllocsPerRun(100, func() { many() }); n != 0 {
				t.Errorf("%v allocations, want none", n)
			}
			f, m := cost(few), cost(many)
			t.Logf("%v of %d, %v of %d", f, s.few, m, size)
			if m > 20*s.bound || m > 20*max(f, 20*time.Nanosecond) {
				t.Errorf("%v among %d, but %v among %d; the bound is %v", m, size, f, s.few, s.bound)
			}
		})
	}
}

func cost(run func() []byte) time.Duration {
	best := time.Hour
	for range 5 {
		begin := time.Now()
		for range 200 {
			run()
		}
		best = min(best, time.Since(begin)/200)
	}
	return best
}

func BenchmarkScale(b *testing.B) {
	for i, s := range scales {
		for _, n := range []int{s.few, s.many} {
			b.Run(fmt.Sprintf("%s/%d", s.name, n), func(b *testing.B) {
				run := scale(b, i, n)
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
			})
		}
	}
}
