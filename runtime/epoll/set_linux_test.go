package epoll

import (
	"testing"

	"golang.org/x/sys/unix"
)

// pipe returns the ends of a pipe.
func pipe(t *testing.T) (r, w int) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(p[0]); unix.Close(p[1]) })
	return p[0], p[1]
}

// TestSet has more descriptors tell of themselves than are handed out at once, and
// then one by one, as others are changed and removed.
func TestSet(t *testing.T) {
	type event struct{ fd, serial int32 }
	heard := make(chan event, 4*AtOnce)
	s, err := New(func(events []unix.EpollEvent) {
		for _, e := range events {
			heard <- event{e.Fd, e.Pad}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	const n = 2*AtOnce + 1
	var ends [n]struct{ r, w int }
	write := func(i int) {
		if _, err := unix.Write(ends[i].w, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	for i := range ends {
		ends[i].r, ends[i].w = pipe(t)
		write(i)
	}
	for i := range ends {
		if err := s.Add(ends[i].r, unix.EPOLLIN|Edge, int32(i)); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[event]bool{}
	for range ends {
		seen[<-heard] = true
	}
	for i := range ends {
		if !seen[event{int32(ends[i].r), int32(i)}] {
			t.Errorf("nothing was heard of %d", i)
		}
	}
	if err := s.Change(ends[0].r, unix.EPOLLIN|unix.EPOLLONESHOT, n); err != nil {
		t.Fatal(err)
	}
	if got, want := <-heard, (event{int32(ends[0].r), n}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	s.Remove(ends[1].r)
	for _, i := range []int{0, 1, 2} { // told once, removed, and there
		write(i)
	}
	if got, want := <-heard, (event{int32(ends[2].r), 2}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	s.Close()
	if len(heard) > 0 {
		t.Errorf("got %v as well", <-heard)
	}
}

// A change of what is waited for, as each request makes some, allocates nothing.
func TestSetAllocs(t *testing.T) {
	s, err := New(func([]unix.EpollEvent) {})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, _ := pipe(t)
	if n := testing.AllocsPerRun(100, func() {
		s.Add(r, unix.EPOLLIN|Edge, 1)
		s.Change(r, unix.EPOLLIN|unix.EPOLLONESHOT, 2)
		s.Remove(r)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
