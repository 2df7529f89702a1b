package conn

import (
	"io"
	"testing"
	"time"
)

// tickOn has the watches that wait given to the system.
func (s *Watches) tickOn() {
	s.ticked()
	s.ticked()
}

func TestWatches(t *testing.T) {
	var s Watches
	defer s.Close()
	for _, name := range []string{"tcp", "unix", "tls"} {
		t.Run(name, func(t *testing.T) {
			p := transports[name](t)
			send(t, p.b, "pipelined")
			p.a.SetReadTimeout(time.Hour)
			var w Watch
			for range 3 {
				s.Start(&w, p.a, func() { t.Error("left was called") })
				s.tickOn()
				for range 2 { // stopping again does nothing
					if w.Stop() {
						t.Error("got true while the peer is there")
					}
				}
			}
			left := make(chan bool)
			s.Start(&w, p.a, func() { close(left) })
			p.b.Close()
			<-left
			if !w.Stop() {
				t.Error("got false though the peer has left")
			}
			got, err := io.ReadAll(p.a)
			if err != nil || string(got) != "pipelined" {
				t.Errorf("got %q, %v, want the data untouched", got, err)
			}
		})
	}
	if len(s.by) != 0 {
		t.Errorf("%d watches remain", len(s.by))
	}
}

// A peer that left before the watch began is noticed as well.
func TestWatchesLate(t *testing.T) {
	var s Watches
	defer s.Close()
	p := tcpPair(t)
	p.b.Close()
	p.a.Await()
	var w Watch
	left := make(chan bool)
	s.Start(&w, p.a, func() { close(left) })
	<-left
	w.Stop()
}

// A watch ends with its set, as if the peer had left; and a set begins again.
func TestWatchesClose(t *testing.T) {
	var s Watches
	for range 2 {
		p := tcpPair(t)
		var w Watch
		n := 0
		s.Start(&w, p.a, func() { n++ })
		s.Close()
		if !w.Stop() || n != 1 {
			t.Errorf("left was called %d times, want once", n)
		}
	}
}

// The watched connection may be closed by its owner, and its descriptor have
// another life, before the watch is stopped.
func TestWatchesDescriptorReused(t *testing.T) {
	var s Watches
	defer s.Close()
	p := tcpPair(t)
	var w, again Watch
	s.Start(&w, p.a, func() { t.Error("left was called for a closed connection") })
	s.tickOn()
	p.a.Close()
	p.b.Close()
	q := tcpPair(t) // takes the same descriptors
	left := make(chan bool)
	s.Start(&again, q.a, func() { close(left) })
	w.Stop()
	q.b.Close()
	<-left
	again.Stop()
}

func TestWatchesAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("counts the detector's")
	}
	var s Watches
	defer s.Close()
	p := tcpPair(t)
	var w Watch
	left := func() {}
	if n := testing.AllocsPerRun(100, func() {
		s.Start(&w, p.a, left)
		w.Stop()
		s.Start(&w, p.a, left)
		s.tickOn()
		w.Stop()
	}); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func BenchmarkWatches(b *testing.B) {
	var s Watches
	defer s.Close()
	p := tcpPair(b)
	var w Watch
	left := func() {}
	b.ReportAllocs()
	for b.Loop() {
		s.Start(&w, p.a, left)
		w.Stop()
	}
}

// Two may watch one connection, as who reads from a peer and who waits for a rate
// limit do: each stops without the other.
func TestWatchTwice(t *testing.T) {
	p := tcpPair(t)
	for range 20 {
		stop := p.a.Watch(func() { t.Error("the peer is there") })
		other := p.a.Watch(func() { t.Error("the peer is there") })
		stop()
		other()
	}
	left := make(chan bool, 2)
	stop := p.a.Watch(func() { left <- true })
	other := p.a.Watch(func() { left <- true })
	p.b.Close()
	<-left
	<-left
	stop()
	other()
}

// Who begins to watch after Close is told of its own peer alone, and another Close
// gives back what that took.
func TestWatchesAgain(t *testing.T) {
	var s Watches
	s.Close()
	p := tcpPair(t)
	var w Watch
	left := make(chan bool)
	s.Start(&w, p.a, func() { close(left) })
	s.tickOn()
	select {
	case <-left:
		t.Fatal("left was called while the peer is there")
	default:
	}
	p.b.Close()
	<-left
	w.Stop()
	s.Close()
	s.mu.Lock() // a tick may be under way
	defer s.mu.Unlock()
	if s.running || s.set != nil {
		t.Errorf("got running %v, set %v", s.running, s.set)
	}
}
