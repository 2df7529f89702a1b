package limitconn

import (
	"fmt"
	"sync"
	"testing"
)

func TestZone(t *testing.T) {
	z := newZone(64<<10, "$k")
	key := []byte("a")
	for i, want := range []outcome{counted, counted, over, over} {
		if got := z.take(key, 2); got != want {
			t.Errorf("connection %d: %v, want %v", i+1, got, want)
		}
	}
	if got := z.take([]byte("b"), 2); got != counted {
		t.Errorf("another key: %v", got)
	}
	z.give("a")
	if got := z.take(key, 2); got != counted {
		t.Errorf("after one has ended: %v", got)
	}
	z.give("a")
	z.give("a")
	z.give("b")
	if len(z.conns) != 0 || z.used != 0 {
		t.Errorf("without connections the zone holds %v, %d bytes", z.conns, z.used)
	}
}

// TestFull fills the smallest zone nginx takes.
func TestFull(t *testing.T) {
	z := newZone(8*pageSize, "$k")
	n := 0
	for z.take(fmt.Appendf(nil, "%08d", n), 1) == counted {
		n++
	}
	// nginx has 6 pages or so of 64 nodes of 64 bytes.
	if n < 300 || n > 512 {
		t.Errorf("%d keys fit into 32 KB", n)
	}
	if got := z.take([]byte("00000000"), 2); got != counted {
		t.Errorf("a key that is there already: %v", got)
	}
	z.give("00000001")
	if got := z.take([]byte("new"), 1); got != counted {
		t.Errorf("after a key has gone: %v", got)
	}
}

func TestCost(t *testing.T) {
	for key, want := range map[int]int64{1: 64, 28: 64, 29: 128, 92: 128, 93: 256, 255: 512} {
		if got := cost(key); got != want {
			t.Errorf("a key of %d bytes costs %d, want %d", key, got, want)
		}
	}
}

func TestZoneConcurrent(t *testing.T) {
	z := newZone(64<<10, "$k")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			key := []byte{byte('a' + i%2)}
			for range 1000 {
				if z.take(key, 3) == counted {
					z.give(string(key))
				}
			}
		})
	}
	wg.Wait()
	if len(z.conns) != 0 || z.used != 0 {
		t.Errorf("left: %v, %d bytes", z.conns, z.used)
	}
}

func TestTakeAllocs(t *testing.T) {
	z := newZone(64<<10, "$k")
	key := []byte("192.0.2.1")
	z.take(key, 10)
	name := string(key)
	if n := testing.AllocsPerRun(100, func() {
		z.take(key, 10)
		z.give(name)
	}); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
