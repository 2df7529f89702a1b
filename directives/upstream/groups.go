package upstream

import (
	"context"
	"sync"

	peers "understudy/runtime/upstream"
)

// Groups are what the groups of a configuration do beside requests: they keep
// idle connections and look names up. When the configuration retires, so do the
// connections. It is a runtime.Part.
type Groups struct {
	pools []*peers.Group
	work  []func(context.Context)

	mu      sync.Mutex
	stop    context.CancelFunc // nil: not begun
	retired bool
	running sync.WaitGroup
}

type (
	HTTPGroups   struct{ Groups } // HTTPGroups is the Result of the http block.
	StreamGroups struct{ Groups } // StreamGroups is the Result of the stream block.
)

// Begin starts what is done in the background.
func (g *Groups) Begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.retired || len(g.work) == 0 {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	g.stop = stop
	for _, f := range g.work {
		g.running.Go(func() { f(ctx) })
	}
}

// Retire closes the connections that are idle. Those that requests under way
// give back later are closed then.
func (g *Groups) Retire() <-chan struct{} {
	g.CloseAll()
	done := make(chan struct{})
	go func() {
		g.running.Wait()
		close(done)
	}()
	return done
}

// CloseAll closes the connections that are idle, and has the work end.
func (g *Groups) CloseAll() {
	g.mu.Lock()
	g.retired = true
	if g.stop != nil {
		g.stop()
	}
	g.mu.Unlock()
	for _, p := range g.pools {
		p.Close()
	}
}
