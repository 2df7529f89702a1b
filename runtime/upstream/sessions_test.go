package upstream

import (
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 10 * time.Second
		s := NewSessions(1 << 20)
		want := func(id, route string) {
			t.Helper()
			if got := string(s.Route([]byte(id), timeout)); got != route {
				t.Errorf("%s belongs to %q, want %q", id, got, route)
			}
		}
		s.Learn([]byte("x"), "a", false, timeout)
		want("x", "")
		s.Learn([]byte("x"), "a", true, timeout)
		s.Learn([]byte("y"), "b", true, timeout)
		want("x", "a")
		want("y", "b")
		time.Sleep(9 * time.Second)
		want("x", "a") // looking is not using
		s.Learn([]byte("x"), "c", false, timeout)
		want("x", "c")
		time.Sleep(time.Second)
		want("y", "")
		want("x", "c")
		time.Sleep(9 * time.Second)
		want("x", "")
		if len(s.byID) != 0 || s.oldest != nil || s.newest != nil {
			t.Error("something is left")
		}
	})
}

func TestSessionsFull(t *testing.T) {
	s := NewSessions(8 * slabPage)
	if s.room != 80 { // what fits into 32k of nginx's
		t.Fatalf("room for %d sessions", s.room)
	}
	for i := range s.room {
		if s.Learn([]byte(strconv.Itoa(i)), "a", true, time.Hour) {
			t.Fatalf("full after %d", i)
		}
	}
	s.Learn([]byte("0"), "a", true, time.Hour)
	if !s.Learn([]byte("new"), "b", true, time.Hour) {
		t.Error("not full")
	}
	for id, route := range map[string]string{"0": "a", "1": "", "2": "a", "new": "b"} {
		if got := string(s.Route([]byte(id), time.Hour)); got != route {
			t.Errorf("%s belongs to %q, want %q", id, got, route)
		}
	}
}

func TestSessionsUnderLoad(t *testing.T) {
	s := NewSessions(8 * slabPage)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 1000 {
				id := []byte(strconv.Itoa(i * j % 150))
				s.Learn(id, strconv.Itoa(j%3), j%5 != 0, time.Millisecond)
				s.Route(id, time.Millisecond)
			}
		})
	}
	wg.Wait()
	n := 0
	for one := s.newest; one != nil; one = one.last {
		n++
	}
	if n != len(s.byID) || n > s.room {
		t.Errorf("%d in the list, %d in the map", n, len(s.byID))
	}
}

func TestSessionsAllocs(t *testing.T) {
	s := NewSessions(1 << 20)
	id := []byte("a session")
	s.Learn(id, "a", true, time.Hour)
	if n := testing.AllocsPerRun(100, func() {
		s.Route(id, time.Hour)
		s.Learn(id, "a", true, time.Hour)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
