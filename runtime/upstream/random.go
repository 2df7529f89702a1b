package upstream

import "math/rand/v2"

// Random picks peers by chance, in proportion to their weights. With Two, it
// picks two and takes the one with fewer connections for its weight.
type Random struct {
	Two bool
}

func (Random) begin(*Group, *Tried) {}

func (r Random) next(g *Group, t *Tried, now int64) *Peer {
	if t.misses > giveUp || len(t.peers.list) < 2 {
		return RoundRobin{}.next(g, t, now)
	}
	if p := t.hinted(now); p != nil {
		return t.take(p, now)
	}
	return r.pick(g, t, now, rand.IntN)
}

// pick is next with a source of chance: n(x) is at least 0 and less than x.
func (r Random) pick(g *Group, t *Tried, now int64, n func(int) int) *Peer {
	var other *Peer
	for t.misses <= giveUp {
		p := t.peers.at(n(t.peers.weight))
		switch {
		case p == other, !t.open(p, now):
			t.misses++
		case !r.Two:
			return t.take(p, now)
		case other == nil:
			other = p
		case p.conns*other.Weight > other.conns*p.Weight:
			return t.take(other, now)
		default:
			return t.take(p, now)
		}
	}
	return RoundRobin{}.next(g, t, now)
}
