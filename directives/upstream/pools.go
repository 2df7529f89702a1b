package upstream

import peers "understudy/runtime/upstream"

// Pools are the groups that keep idle connections. When their configuration
// retires, so do the connections. It is a runtime.Part.
type Pools struct{ groups []*peers.Group }

// Retire closes the connections that are idle. Those that requests under way
// give back later are closed then.
func (p *Pools) Retire() <-chan struct{} {
	p.CloseAll()
	done := make(chan struct{})
	close(done)
	return done
}

// CloseAll closes the connections that are idle.
func (p *Pools) CloseAll() {
	for _, g := range p.groups {
		g.Close()
	}
}
