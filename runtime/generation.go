package runtime

import (
	"net/netip"
	"sync"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/listen"
)

// A generation is one configuration at work.
type generation struct {
	graph     *Graph
	listeners []*listen.Listener
	serving   sync.WaitGroup // the goroutines that Entries run in
	ending    sync.Once      // retire
}

// serve accepts on sockets, which are those of the graph's entries.
func (g *generation) serve(sockets []*listen.Socket) {
	for i := range g.graph.Listen {
		e, sock := &g.graph.Listen[i], sockets[i]
		switch {
		case sock == nil: // -t, in use
		case e.ServeUDP != nil:
			for _, k := range sock.All() {
				g.serving.Go(func() { e.ServeUDP(k) })
			}
		default:
			moved := moved(&e.Options)
			g.listeners = append(g.listeners, sock.Serve(func(c *conn.Conn) {
				if moved.IsValid() {
					pretend(c, moved)
				}
				if debug := g.graph.Debug; debug != nil && debug(c) {
					c.SetDebug()
				}
				if e.Accepted != nil {
					e.Accepted()
				}
				g.serving.Go(func() { e.Serve(c) })
			}))
		}
	}
	for _, begin := range g.graph.Begin {
		begin()
	}
}

// moved returns the address that connections to a socket are to have come to, if
// that is bound elsewhere.
func moved(o *listen.Options) netip.AddrPort {
	if o.Bind == "" || o.Network != "tcp" {
		return netip.AddrPort{}
	}
	a, _ := netip.ParseAddrPort(o.Addr)
	return a
}

// pretend has c come to a, or if that is a wildcard to its port.
func pretend(c *conn.Conn, a netip.AddrPort) {
	if a.Addr().IsUnspecified() {
		a = netip.AddrPortFrom(c.LocalAddr().Addr(), a.Port())
	}
	c.SetLocalAddr(a)
}

// retire stops accepting, lets the connections finish within the graph's
// ShutdownTimeout, and then calls gone. It does not wait.
func (g *generation) retire(gone func(*generation)) {
	g.ending.Do(func() {
		for _, l := range g.listeners {
			l.Close()
		}
		parts := make([]<-chan struct{}, len(g.graph.Parts))
		for i, p := range g.graph.Parts {
			parts[i] = p.Retire()
		}
		go func() {
			g.await(parts)
			gone(g)
		}()
	})
}

// await waits until all parts are done, and hurries them after the timeout.
// Then it waits for connections that the parts did not know of yet.
func (g *generation) await(parts []<-chan struct{}) {
	if d := g.graph.ShutdownTimeout; d > 0 {
		t := time.AfterFunc(d, g.closeAll)
		defer t.Stop()
	}
	for _, done := range parts {
		<-done
	}
	g.serving.Wait()
}

func (g *generation) closeAll() {
	for _, p := range g.graph.Parts {
		p.CloseAll()
	}
}
