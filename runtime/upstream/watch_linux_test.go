package upstream

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A connection that its peer closes must not keep its descriptor until someone
// wants it.
func TestKeepalivePeerCloses(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			addr := "127.0.0.1:0"
			if network == "unix" {
				addr = filepath.Join(t.TempDir(), "s")
			}
			b := newBackend(t, network, addr)
			g := newGroup(t, Keepalive{Conns: 8}, b.peer)
			var conns []*Conn
			var ends []net.Conn
			for range 3 {
				c, e := b.dial(g)
				conns, ends = append(conns, c), append(ends, e)
			}
			for _, c := range conns {
				g.Put(c, nil)
			}
			ends[1].Close()
			wantIdle(t, g, 2)
			if conns[1].Await() == nil {
				t.Error("not closed")
			}
			// In use, the end is the user's to see; the pool does not take it back.
			c := g.Get(b.peer, nil)
			if c != conns[2] {
				t.Fatal("wrong connection")
			}
			ends[2].Close()
			if err := c.Await(); err != io.EOF {
				t.Errorf("got %v, want EOF", err)
			}
			g.Put(c, nil)
			wantIdle(t, g, 1)
			if g.Get(b.peer, nil) != conns[0] {
				t.Error("a closed connection was given out")
			}
		})
	}
}

// Peers close connections while they are put, taken, evicted and closed.
func TestKeepaliveConcurrency(t *testing.T) {
	b := newBackend(t, "tcp", "127.0.0.1:0")
	stop := make(chan struct{})
	var closer, users sync.WaitGroup
	closer.Go(func() {
		for i := 0; ; i++ {
			select {
			case end := <-b.ends:
				if i%3 == 0 {
					end.Close()
					continue
				}
				defer end.Close()
			case <-stop:
				return
			}
		}
	})
	g := newGroup(t, Keepalive{Conns: 3, Requests: 20, Timeout: time.Millisecond}, b.peer)
	for range 4 {
		users.Go(func() {
			for i := range 200 {
				c := g.Get(b.peer, nil)
				if c == nil {
					var err error
					if c, err = g.Dial(context.Background(), b.peer, DialOptions{}); err != nil {
						t.Error(err)
						return
					}
				}
				if i%50 == 49 {
					c.Detach().Close()
					continue
				}
				g.Put(c, nil)
			}
		})
	}
	users.Wait()
	g.Close()
	close(stop)
	closer.Wait()
	if n := g.Idle(); n != 0 {
		t.Errorf("%d connections left", n)
	}
	g.pool.mu.Lock()
	defer g.pool.mu.Unlock()
	if w := g.pool.watch; w != nil && len(w.conns) != 0 {
		t.Errorf("%d connections still watched", len(w.conns))
	}
}
