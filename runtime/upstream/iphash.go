package upstream

// IPHash places clients by their address: the first three octets of an IPv4
// address, all of an IPv6 address. The key given to Group.Begin is the binary
// address; clients without one (UNIX-domain sockets) are placed as 0.0.0.0.
type IPHash struct{}

// giveUp is after how many peers that cannot be used hash, ip_hash and random
// leave the choice to the round robin.
const giveUp = 20

func (IPHash) begin(_ *Group, t *Tried) { t.hash = 89 }

func (IPHash) next(g *Group, t *Tried, now int64) *Peer {
	if len(t.peers.list) < 2 {
		return RoundRobin{}.next(g, t, now)
	}
	var none [3]byte
	addr := none[:]
	switch len(t.key) {
	case 4:
		addr = t.key[:3]
	case 16:
		addr = t.key
	}
	if t.misses <= giveUp {
		if p := t.hinted(now); p != nil {
			return t.take(p, now)
		}
	}
	// The hash goes on from the pick before only if that pick was used: nginx
	// stores it then, and after misses starts the next try from the same value.
	hash := t.hash
	for t.misses <= giveUp {
		for _, c := range addr {
			hash = (hash*113 + uint32(c)) % 6271
		}
		if p := t.peers.at(int(hash) % t.peers.weight); t.open(p, now) {
			t.hash = hash
			return t.take(p, now)
		}
		t.misses++
	}
	return RoundRobin{}.next(g, t, now)
}

// at returns the peer at position w of a line on which each peer is as long as
// its weight.
func (s *peers) at(w int) *Peer {
	for _, p := range s.list {
		if w < p.Weight {
			return p
		}
		w -= p.Weight
	}
	return nil
}
