package limitreq

import (
	"fmt"
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int
	}{
		{"1r/s", 1000}, {"30r/m", 500}, {"1r/m", 16}, {"5", 5000},
		{"0r/s", 0}, {"r/s", 0}, {"-1r/s", 0}, {"", 0}, {"1r/h", 0},
	} {
		if got, ok := parseRate(tt.in); ok != (tt.want > 0) || ok && got != tt.want {
			t.Errorf("parseRate(%q) = %d, %v; want %d", tt.in, got, ok, tt.want)
		}
	}
}

// TestAsk follows one bucket of 2 requests a second.
func TestAsk(t *testing.T) {
	z := newZone(1<<20, "k")
	for _, tt := range []struct {
		at     int // milliseconds
		burst  int
		excess int
		st     state
	}{
		{0, 0, 0, fits}, // the first is free
		{0, 0, 1000, over},
		{0, 3000, 1000, fits},
		{0, 3000, 2000, fits},
		{1, 3000, 2998, fits},
		{1, 3000, 3998, over},
		{501, 3000, 2998, fits},
		{400, 3000, 3998, over},         // the clock went back
		{501 - 70000, 9000, 3996, fits}, // far back: a millisecond
		{60000, 0, 0, fits},
	} {
		_, excess, st := z.ask([]byte("k"), 2000, tt.burst, true, z.start.Add(time.Duration(tt.at)*time.Millisecond))
		if excess != tt.excess || st != tt.st {
			t.Errorf("at %d ms, burst %d: excess %d, state %d; want %d, %d", tt.at, tt.burst, excess, st, tt.excess, tt.st)
		}
	}
}

func TestHeld(t *testing.T) {
	z := newZone(1<<20, "k")
	key := []byte("k")
	b, _, _ := z.ask(key, 1000, 0, false, z.start)
	if n := z.count(b, 1000, z.start); n != 0 {
		t.Errorf("the first request: excess %d, want 0", n)
	}
	b, excess, _ := z.ask(key, 1000, 5000, false, z.start)
	if excess != 1000 {
		t.Errorf("the second: excess %d, want 1000", excess)
	}
	if z.release(b); b.excess != 0 || b.held != 0 {
		t.Errorf("released without counting: excess %d, held %d", b.excess, b.held)
	}
}

func TestRoom(t *testing.T) {
	z := newZone(8*pageSize, "k")
	fill := func(n int) {
		for i := range n {
			if _, _, st := z.ask(fmt.Appendf(nil, "key%d", i), 1000, 0, true, z.start); st != fits {
				t.Fatalf("key %d: state %d", i, st)
			}
		}
	}
	fill(1000)
	if n, room := len(z.buckets), z.room/128; n > room || n < room-1 {
		t.Errorf("%d buckets, want %d", n, room)
	}
	if z.buckets["key999"] == nil || z.buckets["key0"] != nil {
		t.Error("the oldest buckets go first")
	}
	// After a minute two old buckets go with each new one.
	before := len(z.buckets)
	z.ask([]byte("late"), 1000, 0, true, z.start.Add(time.Minute))
	if n := len(z.buckets); n != before-1 {
		t.Errorf("%d buckets after a minute, want %d", n, before-1)
	}
	// What is held stays.
	z = newZone(8*pageSize, "k")
	held, _, _ := z.ask([]byte("held"), 1000, 0, false, z.start)
	var st state
	for i := 0; st == fits && i < 1000; i++ {
		_, _, st = z.ask(fmt.Appendf(nil, "key%d", i), 1000, 0, true, z.start)
	}
	if st != full || z.buckets["held"] != held {
		t.Errorf("state %d with a held bucket, want %d", st, full)
	}
}

func TestAskAllocates(t *testing.T) {
	z := newZone(1<<20, "k")
	key := []byte("192.0.2.1")
	now := z.start
	z.ask(key, 1000, 0, true, now)
	if n := testing.AllocsPerRun(100, func() {
		now = now.Add(time.Second)
		z.ask(key, 1000, 0, true, now)
	}); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func BenchmarkAsk(b *testing.B) {
	z := newZone(1<<20, "k")
	var keys [4096][]byte
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "192.0.2.%d", i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		z.ask(keys[i%len(keys)], 1000, 0, true, z.start)
	}
}
