package httpd

import (
	"fmt"
	"testing"
	"time"
)

// A scaled is something whose cost must not follow the size of the configuration.
type scaled struct {
	name       string
	few, many  int
	bound      time.Duration // of many, on an idle machine
	proportion int           // that many may cost of few, on any machine; linear would be many/few
	build      func(t testing.TB, n int) (run func() bool)
}

const onAnyMachine = 20

var scales = []scaled{
	{name: "regex locations", few: 5, many: 50, bound: 10 * time.Microsecond, proportion: 20, build: regexLocations},
	{name: "1000 regex locations", few: 10, many: 1000, bound: 50 * time.Microsecond, proportion: 100, // a fifth of them begins with "/" and is tried
		build: regexLocations},
	{name: "prefix locations", few: 10, many: 5000, bound: time.Microsecond, proportion: 20, build: prefixLocations},
	{name: "exact locations", few: 10, many: 5000, bound: time.Microsecond, proportion: 20, build: exactLocations},
	{name: "server names", few: 10, many: 10_000, bound: time.Microsecond, proportion: 20, build: serverNames("site%d.example", "site%d.example")},
	{name: "*.server names", few: 10, many: 10_000, bound: time.Microsecond, proportion: 20, build: serverNames("*.site%d.example", "www.site%d.example")},
	{name: "server names.*", few: 10, many: 10_000, bound: time.Microsecond, proportion: 20, build: serverNames("site%d.*", "site%d.co.example")},
	{name: "regex server names", few: 10, many: 2000, bound: 2 * time.Microsecond, proportion: 30, build: serverNames(`~^(www\.)?site%d\.example$`, "www.site%d.example")},
	{name: "unknown server", few: 10, many: 10_000, bound: time.Microsecond, proportion: 20, build: unknownServer},
}

// regexLocations matches the last of n regular expressions as sites have them,
// behind a prefix.
func regexLocations(t testing.TB, n int) func() bool {
	ls := []*Location{location(t, "", "/")}
	kinds := 6
	if n > 100 {
		kinds = 5 // the last one cannot be looked up
	}
	for i := range n - 1 {
		switch i % kinds {
		case 0:
			ls = append(ls, location(t, "~", fmt.Sprintf(`\.php%d$`, i)))
		case 1:
			ls = append(ls, location(t, "~*", fmt.Sprintf(`\.(jpg|png|gif%d)$`, i)))
		case 2:
			ls = append(ls, location(t, "~", fmt.Sprintf(`^/api/v[0-9]+/part%d/`, i)))
		case 3:
			ls = append(ls, location(t, "~", fmt.Sprintf(`^/(users|groups)/([0-9]+)/part%d`, i)))
		case 4:
			ls = append(ls, location(t, "~*", fmt.Sprintf(`^/shop%d/(?<id>[^/]+)/?$`, i)))
		case 5:
			ls = append(ls, location(t, "~", fmt.Sprintf(`/\.(git|svn%d)`, i)))
		}
	}
	last := location(t, "~", `^/blog/([0-9]{4})/([a-z-]+)\.html$`)
	root := &Location{}
	root.SetLocations(append(ls, last))
	r := newRequest(t)
	r.Loc = root
	r.URI = []byte("/blog/2026/a-longer-title.html")
	return func() bool { r.find(root); return r.Loc == last }
}

func prefixLocations(t testing.TB, n int) func() bool { return plainLocations(t, "", n) }
func exactLocations(t testing.TB, n int) func() bool  { return plainLocations(t, "=", n) }

func plainLocations(t testing.TB, modifier string, n int) func() bool {
	var ls []*Location
	for i := range n {
		ls = append(ls, location(t, modifier, fmt.Sprintf("/section%d/page%d", i/100, i)))
	}
	root := &Location{}
	root.SetLocations(ls)
	r := newRequest(t)
	r.Loc = root
	r.URI = []byte(ls[n-1].Name)
	return func() bool { r.find(root); return r.Loc == ls[n-1] }
}

func serverNames(name, host string) func(testing.TB, int) func() bool {
	return func(t testing.TB, n int) func() bool {
		a, r := serversOf(t, n, name)
		last := fmt.Appendf(nil, host, n-1)
		return func() bool { s, _, st := a.Find(r, last); return st == OK && s != a.Default }
	}
}

func unknownServer(t testing.TB, n int) func() bool {
	a, r := serversOf(t, n, "*.site%d.example")
	host := []byte("a.rather.long.name.that.nobody.has.example")
	return func() bool { s, _, st := a.Find(r, host); return st == OK && s == a.Default }
}

func serversOf(t testing.TB, n int, name string) (*Address, *Request) {
	a := &Address{Text: "0.0.0.0:80", Default: &Server{}}
	for i := range n {
		named(t, a, fmt.Sprintf(name, i))
	}
	a.Ready()
	return a, newRequest(t)
}

// cost is the least of a few averages.
func cost(run func() bool) time.Duration {
	best := time.Hour
	for range 5 {
		begin := time.Now()
		for range 200 {
			run()
		}
		best = min(best, time.Since(begin)/200)
	}
	return max(best, time.Nanosecond)
}

// TestScaleAlloc: routing costs about the same in a small and a large
// configuration, and allocates nothing. The bounds are those of an idle machine
// times twenty: what became linear exceeds them.
func TestScaleAlloc(t *testing.T) {
	for _, s := range scales {
		t.Run(s.name, func(t *testing.T) {
			few, many := s.build(t, s.few), s.build(t, s.many)
			if !few() || !many() {
				t.Fatal("the wrong one was found")
			}
			if n := testing.AllocsPerRun(100, func() { many() }); n != 0 {
				t.Errorf("%v allocations, want none", n)
			}
			f, m := cost(few), cost(many)
			t.Logf("%v of %d, %v of %d", f, s.few, m, s.many)
			if m > onAnyMachine*s.bound || m > time.Duration(s.proportion)*max(f, 20*time.Nanosecond) {
				t.Errorf("%v among %d, but %v among %d; the bound is %v", m, s.many, f, s.few, s.bound)
			}
		})
	}
}

func BenchmarkScale(b *testing.B) {
	for _, s := range scales {
		for _, n := range []int{s.few, s.many} {
			b.Run(fmt.Sprintf("%s/%d", s.name, n), func(b *testing.B) {
				run := s.build(b, n)
				b.ReportAllocs()
				for b.Loop() {
					run()
				}
			})
		}
	}
}
