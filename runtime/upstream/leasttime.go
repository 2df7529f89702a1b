package upstream

import "time"

// LeastTime picks the peer that is expected to answer first: by its average
// time and its number of connections, for its weight.
// A value serves one group.
type LeastTime struct {
	Header   bool // judge by the time to the head of the response, not to its end
	Inflight bool // requests not yet answered count, too
}

// timing is what LeastTime knows about a peer; times are in milliseconds.
type timing struct {
	header, response int64 // averages

	inflight        int64 // average time that unanswered requests have waited
	inflightLast    int64 // sum of their times at inflightChanged
	inflightChanged int64 // when their number changed
	inflightReqs    int64
}

func (*LeastTime) begin(*Group, *Tried) {}

func (lt *LeastTime) next(g *Group, t *Tried, now int64) *Peer {
	if t.peers.single {
		return t.only(now)
	}
	ms := time.Now().UnixMilli()
	for {
		p := t.hinted(now)
		if p == nil {
			t.watchInflight(now, ms)
			p = t.lightest(now, func(p *Peer) int { return lt.eta(p, now) }, ofFirst)
		}
		if p != nil {
			if lt.Inflight {
				t.depart(p, ms)
			}
			return t.take(p, now)
		}
		if t.peers.next == nil {
			return nil
		}
		t.use(t.peers.next)
	}
}

// watchInflight brings the average waiting times of the peers up to date.
func (t *Tried) watchInflight(now, ms int64) {
	for _, p := range t.peers.list {
		if p.inflightReqs > 0 && t.open(p, now) {
			average(&p.inflight, p.inflightLast/p.inflightReqs+(ms-p.inflightChanged))
		}
	}
}

// depart adds the request of t to those in flight to p.
func (t *Tried) depart(p *Peer, ms int64) {
	if p.inflightReqs > 0 {
		p.inflightLast += (ms - p.inflightChanged) * p.inflightReqs
	}
	p.inflightChanged = ms
	p.inflightReqs++
	t.inflight = true
}

// average moves an average, in which a new value counts for a twentieth.
func average(avg *int64, v int64) {
	if *avg == 0 {
		*avg = v
		return
	}
	*avg = int64(0.5 + float64(v)*0.05 + float64(*avg)*0.95)
}

// Answered tells that the head of the response of the current try came after
// t.Header; needed for Header with Inflight only.
func (g *Group) Answered(t *Tried) {
	lt, ok := g.Balance.(*LeastTime)
	if !ok || !lt.Inflight || !lt.Header || t.current == nil {
		return
	}
	ms := time.Now().UnixMilli()
	g.mu.Lock()
	defer g.mu.Unlock()
	last := t.Header.Milliseconds()
	average(&t.current.header, last)
	lt.arrived(t, t.current, last, ms)
}

// eta is the time p is expected to need for what it has to do.
func (lt *LeastTime) eta(p *Peer, now int64) int {
	rt := p.response
	if lt.Header {
		rt = p.header
	}
	if idle := now - p.checked; idle > p.timeout() {
		// Slow peers get a chance: their time is halved every fail_timeout.
		rt >>= min(63, idle/(p.timeout()+1))
	}
	if p.inflightReqs > 0 {
		rt = max(rt, p.inflight)
	}
	if rt > 5000 {
		rt = 5000 // equally bad; the number of connections decides
	} else {
		rt += 20 - rt%20 // close times are equal
	}
	return int(rt) * (1 + p.conns)
}

// arrived takes a request that took last milliseconds off those in flight.
func (lt *LeastTime) arrived(t *Tried, p *Peer, last, ms int64) {
	if !t.inflight {
		return
	}
	t.inflight = false
	if p.inflightReqs == 1 {
		p.inflightLast = 0
	} else {
		p.inflightLast += (ms-p.inflightChanged)*p.inflightReqs - last
		p.inflightChanged = ms
	}
	p.inflightReqs--
}

// done accounts the times of a try; those of failed tries do not count, for a
// peer that fails fast is not a fast peer.
func (lt *LeastTime) done(t *Tried, p *Peer, o Outcome, now time.Time) {
	lt.arrived(t, p, t.Response.Milliseconds(), now.UnixMilli())
	if o != OK || t.Header < 0 {
		return
	}
	average(&p.response, t.Response.Milliseconds())
	if !lt.Header || !lt.Inflight {
		average(&p.header, t.Header.Milliseconds())
	}
}
