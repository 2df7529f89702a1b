package buf

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestGetSizes(t *testing.T) {
	for _, tt := range []struct{ n, want int }{
		{0, 1 << 10},
		{1, 1 << 10},
		{1 << 10, 1 << 10},
		{1<<10 + 1, 2 << 10},
		{5000, 8 << 10},
		{16 << 10, 16 << 10},
		{64 << 10, 64 << 10},
		{64<<10 + 1, 64<<10 + 1}, // not pooled
	} {
		b := Get(tt.n)
		if len(b.B) != tt.want || b.Len() != 0 || len(b.Room()) != tt.want {
			t.Errorf("Get(%d): got %d bytes, %d unread, want %d and none", tt.n, len(b.B), b.Len(), tt.want)
		}
		b.Free()
	}
	(*Buffer)(nil).Free()
}

// A pool hands out what was freed as if it were new, and only to its own class.
func TestReuse(t *testing.T) {
	for _, n := range []int{1 << 10, 64 << 10, 100 << 10} {
		b := Get(n)
		b.R, b.W = 3, 9
		b.Free()
		for range 10 {
			g := Get(n)
			if g.R != 0 || g.W != 0 || len(g.B) < n {
				t.Fatalf("got R %d, W %d, %d bytes", g.R, g.W, len(g.B))
			}
		}
	}
}

func TestGrow(t *testing.T) {
	for _, tt := range []struct {
		n    int
		same bool
	}{
		{0, true},
		{500, true},
		{1 << 10, true},
		{1<<10 + 1, false},
		{100 << 10, false},
	} {
		b := Get(1 << 10)
		b.W = copy(b.B, "read unread")
		b.R = 5
		g := b.Grow(tt.n)
		if (g == b) != tt.same || g.R != 0 || string(g.Bytes()) != "unread" || len(g.B) < tt.n {
			t.Errorf("Grow(%d): same %v, R %d, %q in %d", tt.n, g == b, g.R, g.Bytes(), len(g.B))
		}
	}
}

// Pieces keep their content until Reset, whatever is taken later.
func TestArenaPiecesStay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var a Arena
	for round := range 20 {
		var pieces, want [][]byte
		for i := range 200 {
			n := r.IntN(300)
			if i%50 == 7 {
				n = r.IntN(100 << 10)
			}
			p := bytes.Repeat([]byte{byte(i)}, n)
			want = append(want, p)
			switch i % 4 {
			case 0:
				pieces = append(pieces, a.Copy(p))
			case 1:
				pieces = append(pieces, a.CopyString(string(p)))
			case 2: // more than was promised
				pieces = append(pieces, a.End(append(a.Begin(n/2), p...)))
			case 3:
				q := a.Alloc(n)
				copy(q, p)
				pieces = append(pieces, q)
			}
		}
		for i := range pieces {
			if !bytes.Equal(pieces[i], want[i]) {
				t.Fatalf("round %d: piece %d has changed", round, i)
			}
			if cap(pieces[i]) != len(pieces[i]) {
				t.Fatalf("round %d: an append to piece %d would write over the next", round, i)
			}
		}
		a.Reset()
		if a.cur != nil && len(a.cur.B) > arenaChunk {
			t.Fatalf("Reset kept %d bytes, want at most %d", len(a.cur.B), arenaChunk)
		}
	}
	a.Free()
	if a.cur != nil || a.full != nil {
		t.Error("Free kept memory")
	}
}

func TestArenaBegin(t *testing.T) {
	var a Arena
	p := a.End(append(a.Begin(10), "hello"...))
	q := a.Copy([]byte("world"))
	if string(p) != "hello" || string(q) != "world" || &p[0] == &q[0] {
		t.Errorf("got %q, %q", p, q)
	}
	if e := a.End(a.Begin(0)); len(e) != 0 {
		t.Errorf("got %q, want nothing", e)
	}
}

func TestAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector empties pools")
	}
	var a Arena
	piece := make([]byte, 700)
	for name, f := range map[string]func(){
		"Get":   func() { Get(5000).Free() },
		"Grow":  func() { Get(1000).Grow(3000).Free() },
		"Arena": func() { a.Reset(); a.Copy(piece); a.End(append(a.Begin(10), piece...)) },
		"Arena beyond a chunk": func() {
			a.Reset()
			for range 10 {
				a.Copy(piece)
			}
			a.Alloc(20 << 10)
		},
	} {
		f()
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: got %v allocations, want 0", name, n)
		}
	}
}

func BenchmarkGetFree(b *testing.B) {
	for _, n := range []int{1 << 10, 16 << 10, 64 << 10} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Get(n).Free()
			}
		})
	}
}

func BenchmarkArena(b *testing.B) {
	var a Arena
	piece := make([]byte, 40)
	b.ReportAllocs()
	for b.Loop() {
		a.Reset()
		for range 20 {
			a.Copy(piece)
		}
	}
}
