package upstream

import (
	"slices"
	"time"
)

// Order returns the peers in the order in which one request would try them if each
// failed, for tools. Nothing changes by it. The key is that of Begin, the hint that
// of [Tried].
func (g *Group) Order(key, hint []byte) []*Peer {
	var t Tried
	g.Begin(&t, key)
	t.Hint = hint
	g.mu.Lock()
	defer g.mu.Unlock()
	all := slices.Concat(g.primary.list, g.backup.list)
	before := make([]state, len(all))
	for i, p := range all {
		before[i] = p.state
	}
	var out []*Peer
	for now := time.Now().Unix(); len(out) < len(all); {
		p := g.Balance.next(g, &t, now)
		if p == nil || slices.Contains(out, p) { // a single peer is picked again and again
			break
		}
		out = append(out, p)
	}
	for i, p := range all {
		p.state = before[i]
	}
	return out
}

// Drawn reports whether the order is drawn by lot.
func (g *Group) Drawn() bool {
	_, ok := g.Balance.(Random)
	return ok
}
