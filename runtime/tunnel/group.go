package tunnel

import (
	"sync"

	"understudy/runtime/conn"
)

// A Group is the open tunnels of some owner: those of a retired generation are
// closed when worker_shutdown_timeout has passed. The zero Group is empty.
type Group struct {
	// Caught is told what a tunnel panicked of, whose connection a it gets, from the
	// function that recovered. The tunnel ends, others go on. nil: nothing recovers.
	// It is set before the first tunnel.
	Caught func(a *conn.Conn, fault any)

	mu    sync.Mutex
	first *Tunnel // guarded by mu
	n     int     // guarded by mu
	lot   *lot    // guarded by mu; made with the first tunnel, gone with the last

	pipes pipePool
}

func (g *Group) add(t *Tunnel) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	t.next = g.first
	if g.first != nil {
		g.first.prev = t
	}
	g.first = t
	g.n++
}

func (g *Group) remove(t *Tunnel) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		g.first = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
	g.n--
	if g.n == 0 {
		g.pipes.clear()
	}
	if g.n == 0 && g.lot != nil {
		g.lot.close()
		g.lot = nil
	}
}

// lotOf returns where the group's silent tunnels wait.
func (g *Group) lotOf() *lot {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.lot == nil {
		g.lot = newLot()
	}
	return g.lot
}

// Len returns the number of open tunnels.
func (g *Group) Len() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n
}

// Close closes the tunnels that are open now. It does not wait for them to end.
func (g *Group) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for t := g.first; t != nil; t = t.next {
		t.Close()
	}
}
