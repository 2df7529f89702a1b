package zone

import (
	"sync"
	"testing"
)

type counter struct{ n int }

func newCounter() *counter { return &counter{} }

func open1(t *testing.T, s *Set, owner, name string, size int64) *counter {
	t.Helper()
	c, err := Open(s, owner, name, size, newCounter)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOpen(t *testing.T) {
	s := new(Set)
	a := open1(t, s, "http limit_req", "a", 1<<20)
	if open1(t, s, "http limit_req", "a", 1<<20) != a {
		t.Error("declared twice, got two")
	}
	if open1(t, s, "http limit_req", "a", 0) != a {
		t.Error("declared without a size, got another")
	}
	if open1(t, s, "http limit_req", "b", 1<<20) == a {
		t.Error("two names, one zone")
	}
	if s.Size("a") != 1<<20 || s.Size("c") != 0 {
		t.Errorf("got sizes %d, %d", s.Size("a"), s.Size("c"))
	}
}

// The words are those of nginx for limit_req_zone and limit_conn_zone.
func TestConflicts(t *testing.T) {
	s := new(Set)
	open1(t, s, "http limit_req", "a", 1<<20)
	for _, tt := range []struct {
		owner string
		size  int64
		want  string
	}{
		{"http limit_req", 2 << 20, `the size 2097152 of shared memory zone "a" conflicts with already declared size 1048576`},
		{"http limit_conn", 1 << 20, `the shared memory zone "a" is already declared for a different use`},
		{"stream limit_req", 2 << 20, `the shared memory zone "a" is already declared for a different use`},
		{"http limit_conn", 0, `the shared memory zone "a" is already declared for a different use`},
	} {
		if _, err := Open(s, tt.owner, "a", tt.size, newCounter); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	if _, err := Open(s, "http limit_req", "a", 1<<20, func() int { return 1 }); err == nil {
		t.Error("data of another type was accepted")
	}
	if err := s.Refer("http limit_conn", "a"); err == nil {
		t.Error("a reference for another use was accepted")
	}
}

func TestRefer(t *testing.T) {
	s := new(Set)
	for _, name := range []string{"late", "never"} {
		if err := s.Refer("http limit_req", name); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := Lookup[*counter](s, "http limit_req", "late"); ok {
		t.Error("found before it was declared")
	}
	if _, err := Open(s, "http limit_conn", "late", 1<<20, newCounter); err == nil {
		t.Error("declared for another use than referred to")
	}
	c := open1(t, s, "http limit_req", "late", 1<<20)
	if got, ok := Lookup[*counter](s, "http limit_req", "late"); !ok || got != c {
		t.Error("not found after it was declared")
	}
	errs := s.Finish()
	if len(errs) != 1 || errs[0].Error() != `zero size shared memory zone "never"` {
		t.Errorf("got %v", errs)
	}
}

func TestNext(t *testing.T) {
	one := new(Set)
	keep := open1(t, one, "m", "keep", 1<<20)
	grow := open1(t, one, "m", "grow", 1<<20)
	other := open1(t, one, "m", "other", 1<<20)
	gone := open1(t, one, "m", "gone", 1<<20)
	one.Finish()

	two := one.Next()
	if open1(t, two, "m", "keep", 1<<20) != keep {
		t.Error("not taken over")
	}
	if open1(t, two, "m", "grow", 2<<20) == grow {
		t.Error("taken over by a zone of another size")
	}
	if open1(t, two, "n", "other", 1<<20) == other {
		t.Error("taken over by a zone of another use")
	}
	if _, ok := Lookup[*counter](two, "m", "gone"); ok {
		t.Error("a zone that is not declared was found")
	}
	if open1(t, one, "m", "grow", 1<<20) != grow {
		t.Error("the configuration before was changed")
	}
	two.Finish()

	three := two.Next()
	if open1(t, three, "m", "gone", 1<<20) == gone {
		t.Error("a zone came back after a configuration without it")
	}
	if open1(t, three, "m", "keep", 1<<20) != keep {
		t.Error("not taken over again")
	}
}

func TestOpenNew(t *testing.T) {
	one := new(Set)
	make := func(old *counter) *counter {
		if old == nil {
			return &counter{}
		}
		return &counter{old.n + 1}
	}
	a, _ := OpenNew(one, "m", "a", 1<<20, make)
	if b, _ := OpenNew(one, "m", "a", 0, make); a != b {
		t.Error("one configuration, two zones")
	}
	two := one.Next()
	if b, _ := OpenNew(two, "m", "a", 2<<20, make); b == a || b.n != 1 {
		t.Errorf("got %v, want a new one made from the old", b)
	}
}

func TestConcurrency(t *testing.T) {
	s := new(Set)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				Open(s, "m", "a", 1<<20, newCounter)
				s.Size("a")
				s.Next()
			}
		})
	}
	wg.Wait()
}

func TestSerial(t *testing.T) {
	var first Set
	first.Serial().Add(1)
	second := first.Next()
	if n := second.Serial().Add(1); n != 2 || first.Serial().Add(1) != 3 {
		t.Errorf("the file of the second configuration has number %d, want 2, and the first counts on", n)
	}
	var none *Set
	none.Serial().Add(1)
}
