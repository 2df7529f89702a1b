package upstream

import "time"

// A Tried is what one request or session has tried of a group. Group.Begin
// prepares it; the same value can be used again for another request, and then
// allocates nothing unless the group has more than 64 peers.
type Tried struct {
	// Tries is how many peers may still be tried: at first the number of
	// primary and backup peers that are not down. Group.Free takes one.
	// A caller lowers it for proxy_next_upstream_tries, and adds one when an
	// idle connection turned out to be closed.
	Tries int

	// Hint is the Route that a sticky session asks for; empty for none.
	// Set it after Begin.
	Hint []byte

	// Header and Response are the times from the start of the connection to
	// the head of the response and to its end, for least_time. Set them before
	// Free; without a head, Header stays negative. In stream Header is the time
	// to the connection or to the first byte, whichever the directive names,
	// and 0 for last_byte.
	Header, Response time.Duration

	peers   *peers
	changes int // of the group at Begin
	current *Peer
	first   uint64   // the peers tried, by index
	more    []uint64 // those from the 65th

	key      []byte
	hash     uint32
	rehash   int
	digits   [20]byte // for rehash; here because a local array would escape
	misses   int      // picks of hash, ip_hash and random that could not be used
	inflight bool
}

// Current returns the peer that Next gave last, nil if it was freed.
func (t *Tried) Current() *Peer { return t.current }

// use makes p the peers that t picks from, none of them tried.
func (t *Tried) use(p *peers) {
	t.peers = p
	t.first = 0
	n := (len(p.list) - 1) / 64
	if cap(t.more) < n {
		t.more = make([]uint64, n)
	}
	t.more = t.more[:max(n, 0)]
	clear(t.more)
}

func (t *Tried) has(i int) bool {
	if i < 64 {
		return t.first&(1<<i) != 0
	}
	return t.more[i/64-1]&(1<<(i%64)) != 0
}

func (t *Tried) add(i int) {
	if i < 64 {
		t.first |= 1 << i
		return
	}
	t.more[i/64-1] |= 1 << (i % 64)
}

// take marks p as tried and begins its check.
func (t *Tried) take(p *Peer, now int64) *Peer {
	t.add(p.index)
	p.check(now)
	return p
}

// open tells whether p can be picked: not tried before, not down, not failed
// and below max_conns.
func (t *Tried) open(p *Peer, now int64) bool {
	return !t.has(p.index) && !p.off() && p.usable(now)
}

// hinted returns the peer that the sticky session of t asks for, nil if there
// is none or it cannot be used. Draining peers can.
func (t *Tried) hinted(now int64) *Peer {
	if len(t.Hint) == 0 {
		return nil
	}
	for _, p := range t.peers.list {
		if p.Route != string(t.Hint) {
			continue
		}
		if t.has(p.index) || p.Down || !p.usable(now) {
			return nil
		}
		return p
	}
	return nil
}
