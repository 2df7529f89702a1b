package upstream

// RoundRobin is the smooth weighted round robin, nginx's default method.
type RoundRobin struct{}

func (RoundRobin) begin(*Group, *Tried) {}

func (RoundRobin) next(g *Group, t *Tried, now int64) *Peer {
	if t.peers.single {
		return t.only(now)
	}
	for {
		if p := t.roundRobin(now); p != nil {
			return t.take(p, now)
		}
		if t.peers.next == nil {
			return nil
		}
		t.use(t.peers.next)
	}
}

// only returns the single peer of a group. Failures do not keep it from being
// used, there being no other, nor does having been tried.
func (t *Tried) only(now int64) *Peer {
	if p := t.hinted(now); p != nil {
		return p
	}
	p := t.peers.list[0]
	if p.off() || p.MaxConns != 0 && p.conns >= p.MaxConns {
		return nil
	}
	return p
}

// roundRobin picks one of the peers t may use: each gains its effective
// weight, the one with the most pays what all gained.
func (t *Tried) roundRobin(now int64) *Peer {
	sticky := t.hinted(now)
	if sticky != nil && sticky.current <= -(t.peers.weight-sticky.Weight) {
		// The session took more than its share already: the weights of the
		// others must not grow without bound.
		return sticky
	}
	var best *Peer
	total := 0
	for _, p := range t.peers.list {
		if !t.open(p, now) {
			continue
		}
		total += p.weigh()
		if best == nil || p.current > best.current {
			best = p
		}
	}
	if sticky != nil {
		best = sticky
	}
	if best != nil {
		best.current -= total
	}
	return best
}
