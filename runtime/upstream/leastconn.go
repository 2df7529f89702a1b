package upstream

// LeastConn picks the peer with the fewest connections for its weight, and of
// several by round robin.
type LeastConn struct{}

func (LeastConn) begin(*Group, *Tried) {}

func (LeastConn) next(g *Group, t *Tried, now int64) *Peer {
	if t.peers.single {
		return t.only(now)
	}
	for {
		p := t.hinted(now)
		if p == nil {
			p = t.lightest(now, func(p *Peer) int { return p.conns }, ofBest)
		}
		if p != nil {
			return t.take(p, now)
		}
		if t.peers.next == nil {
			return nil
		}
		t.use(t.peers.next)
	}
}

// A tie says whose load the others are compared with while one of several
// equal peers is chosen.
type tie int

const (
	ofBest  tie = iota // of the best so far: least_conn
	ofFirst            // of the first that was best, with the weight of the best so far: least_time
)

// lightest picks the peer with the lowest load for its weight, and of several by
// round robin.
func (t *Tried) lightest(now int64, load func(*Peer) int, how tie) *Peer {
	var best *Peer
	many, least := false, 0
	for _, p := range t.peers.list {
		if !t.open(p, now) {
			continue
		}
		l := load(p)
		switch {
		case best == nil || l*best.Weight < least*p.Weight:
			best, least, many = p, l, false
		case l*best.Weight == least*p.Weight:
			many = true
		}
	}
	if !many {
		return best
	}
	total := 0
	for _, p := range t.peers.list[best.index:] {
		if !t.open(p, now) || load(p)*best.Weight != least*p.Weight {
			continue
		}
		total += p.weigh()
		if p.current > best.current {
			best = p
			if how == ofBest {
				least = load(p)
			}
		}
	}
	best.current -= total
	return best
}
