package runtime

import (
	"sync"

	"understudy/runtime/listen"
)

// A Server runs one generation after the other on the sockets of the process.
// Prepare and what it returns, Drain, Quit and Stop are for one goroutine, the
// one that hears the signals.
type Server struct {
	Sockets *listen.Set

	mu      sync.Mutex
	current *generation              // nil: nothing is served; guarded by mu
	alive   map[*generation]struct{} // current and those that retire; guarded by mu
	running sync.WaitGroup           // one for each of alive
}

// A Next is a graph whose sockets are open and that can begin to serve.
type Next struct {
	server *Server
	graph  *Graph
	change *listen.Change
	listen sync.Once
}

// Prepare opens the sockets that g needs and the process does not have yet.
// What is at work is not touched. The error is that of listen.Set.Next.
func (s *Server) Prepare(g *Graph) (*Next, error) {
	want := make([]listen.Options, len(g.Listen))
	for i := range g.Listen {
		want[i] = g.Listen[i].Options
	}
	change, err := s.Sockets.Next(want)
	if err != nil {
		return nil, err
	}
	return &Next{server: s, graph: g, change: change}, nil
}

// Listen makes the sockets those of the process, without serving them yet, and
// closes those that the graph does not want.
func (n *Next) Listen() { n.listen.Do(n.change.Commit) }

// Drop closes the sockets that were opened for the graph.
func (n *Next) Drop() { n.change.Rollback() }

// Serve begins to serve the graph and retires the generation before it, if
// there is one. The sockets that both have are never without somebody who
// accepts.
func (n *Next) Serve() {
	n.Listen()
	s := n.server
	g := &generation{graph: n.graph}
	s.mu.Lock()
	old := s.current
	s.current = g
	if s.alive == nil {
		s.alive = map[*generation]struct{}{}
	}
	s.alive[g] = struct{}{}
	s.running.Add(1)
	s.mu.Unlock()
	g.serve(n.change.Sockets)
	if old != nil {
		old.retire(s.gone)
	}
}

// Start is Prepare and Serve: for the first configuration and, as Reload, for
// those that follow.
func (s *Server) Start(g *Graph) error {
	n, err := s.Prepare(g)
	if err != nil {
		return err
	}
	n.Serve()
	return nil
}

// Reload serves g beside what is at work, which then retires. If a socket of g
// cannot be opened, nothing changes.
func (s *Server) Reload(g *Graph) error { return s.Start(g) }

// Drain retires the current generation. The sockets stay open, and connections
// wait in their queues for the next.
func (s *Server) Drain() {
	s.mu.Lock()
	g := s.current
	s.current = nil
	s.mu.Unlock()
	if g != nil {
		g.retire(s.gone)
	}
}

// Quit closes the sockets and retires the current generation. The channel is
// closed when nothing runs any more.
func (s *Server) Quit() <-chan struct{} {
	s.Sockets.Close()
	s.Drain()
	return s.done()
}

// Stop closes the sockets and every connection at once. The channel is closed
// when nothing runs any more.
func (s *Server) Stop() <-chan struct{} {
	s.Sockets.Close()
	s.mu.Lock()
	alive := make([]*generation, 0, len(s.alive))
	for g := range s.alive {
		alive = append(alive, g)
	}
	s.mu.Unlock()
	s.Drain()
	for _, g := range alive {
		g.closeAll()
	}
	return s.done()
}

func (s *Server) done() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		s.running.Wait()
		close(done)
	}()
	return done
}

// gone forgets a generation of which nothing runs any more.
func (s *Server) gone(g *generation) {
	s.mu.Lock()
	delete(s.alive, g)
	s.mu.Unlock()
	if g.graph.Done != nil {
		g.graph.Done()
	}
	s.running.Done()
}
