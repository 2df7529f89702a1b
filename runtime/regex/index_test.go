package regex

import (
	"fmt"
	"slices"
	"testing"
)

// many are patterns of the kinds that configurations have, in a mixed order.
func many(tb testing.TB, n int) []*Regexp {
	tb.Helper()
	list := make([]*Regexp, n)
	for i := range list {
		var pattern string
		fold := false
		switch i % 5 {
		case 0:
			pattern = fmt.Sprintf(`^/api/v[0-9]+/part%d/`, i)
		case 1:
			pattern = fmt.Sprintf(`\.ext%d$`, i)
		case 2:
			pattern, fold = fmt.Sprintf(`\.(jpe?g|PNG)%d$`, i), true
		case 3:
			pattern = fmt.Sprintf(`^/Shop%d/(?<id>\d+)$`, i)
		case 4:
			pattern = fmt.Sprintf(`^(?:www\.)?site%d\.example$`, i)
		}
		re, err := Compile(pattern, Options{CaseInsensitive: fold})
		if err != nil {
			tb.Fatal(err)
		}
		list[i] = re
	}
	return list
}

func self(re **Regexp) *Regexp { return *re }

func first(x *Index, list []*Regexp, subject []byte, caps []int) (found int) {
	found = -1
	x.Each(subject, len(list), func(i int) bool {
		var ok bool
		if caps, ok, _ = list[i].Match(subject, caps); ok {
			found = i
		}
		return !ok
	})
	return found
}

// TestIndex compares the first match with and without an index.
func TestIndex(t *testing.T) {
	list := many(t, 200)
	for _, p := range []string{`\.ext1$`, `x`, `^/api/`, `(?i)\.EXT6$`, `^/a|b$`, `\.(gif|if|f)$`} {
		re, err := Compile(p, Options{})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, re)
	}
	x := NewIndex(list, self)
	if x == nil {
		t.Fatal("no index")
	}
	tried := 0
	for _, s := range []string{
		"", "\n", "/", "/api/v1/part10/x", "/api/v1/part11/x", "/a.ext1", "/a.ext1\n", "/a.ext1\n\n", "/a.EXT6", "/A.JPEG7", "/a.png102",
		"/Shop3/17", "/shop3/17", "www.site4.example", "site199.example", "site199.examplex", "/q.gif", "/x", "b", "/an",
	} {
		want := first(nil, list, []byte(s), nil)
		if got := first(x, list, []byte(s), nil); got != want {
			t.Errorf("%q: got pattern %d, want %d", s, got, want)
		}
		var order []int
		x.Each([]byte(s), len(list), func(i int) bool { order = append(order, i); return true })
		if !slices.IsSorted(order) || len(slices.Compact(slices.Clone(order))) != len(order) {
			t.Errorf("%q: tried in the order %v", s, order)
		}
		tried += len(order)
	}
	if tried > 20*20 {
		t.Errorf("%d patterns tried for 20 subjects", tried)
	}
}

func FuzzIndex(f *testing.F) {
	list := many(f, 60)
	x := NewIndex(list, self)
	f.Add([]byte("/a.ext1\n"))
	f.Fuzz(func(t *testing.T, s []byte) {
		if got, want := first(x, list, s, nil), first(nil, list, s, nil); got != want {
			t.Errorf("%q: got pattern %d, want %d", s, got, want)
		}
	})
}

func TestIndexAlloc(t *testing.T) {
	list := many(t, 500)
	x, caps, s := NewIndex(list, self), make([]int, 0, 16), []byte("/img/a.png497")
	if n := testing.AllocsPerRun(100, func() { first(x, list, s, caps) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkIndex(b *testing.B) {
	for _, n := range []int{10, 50, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			list := many(b, n)
			x, caps, s := NewIndex(list, self), make([]int, 0, 16), fmt.Appendf(nil, "/img/a.ext%d", n-n%5-4)
			b.ReportAllocs()
			for b.Loop() {
				if first(x, list, s, caps) < 0 {
					b.Fatal("no match")
				}
			}
		})
	}
}
