// Package upstream knows groups of servers, for http and stream alike: which
// peer the next request goes to, which peers fail, and which connections to
// them are idle. It knows neither the protocol spoken to a peer nor when a
// request is tried again; its user does.
//
// One request goes through Begin, then for each try Next, Get or Dial, and
// Free; a connection that can be used again goes back with Put before Free.
//
// https://nginx.org/en/docs/http/ngx_http_upstream_module.html
package upstream

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrNoLive says that no peer of a group can be used.
var ErrNoLive = errors.New("no live upstreams")

// A Group is the servers of an upstream block, or of a name given to a pass
// directive. It is made by New; only the state of its peers changes later.
type Group struct {
	Name      string
	Peers     []*Peer // primary
	Backup    []*Peer
	Balance   Balancer
	Keepalive Keepalive

	mu      sync.Mutex // guards the state of all peers
	primary peers
	backup  peers
	pool    *pool // nil without Keepalive.Conns
}

// peers are the primary or the backup peers of a group.
type peers struct {
	list   []*Peer
	single bool // one primary peer and no backup: its failures do not count
	weight int  // of all
	tries  int  // peers that are not down
	next   *peers
}

// A Balancer is a method of load balancing. Its methods run with the lock of
// the group held.
type Balancer interface {
	// begin prepares t for its first pick.
	begin(g *Group, t *Tried)
	// next picks a peer for t and marks it as tried; nil if there is none.
	next(g *Group, t *Tried, now int64) *Peer
}

// An Outcome is what became of a try.
type Outcome int

const (
	OK     Outcome = iota
	Failed         // counts against max_fails
	Next           // tried elsewhere for its answer (403, 404), which is no failure
)

// New makes a group of peers in the order of the configuration; those with
// Backup set may stand anywhere. A nil Balancer is RoundRobin.
// The error is "no servers" for a group without primary peers, or tells which
// peer is wrong.
func New(name string, list []*Peer, b Balancer, k Keepalive) (*Group, error) {
	g := &Group{Name: name, Balance: b, Keepalive: k}
	if b == nil {
		g.Balance = RoundRobin{}
	}
	for _, p := range list {
		if err := p.init(); err != nil {
			return nil, err
		}
		if p.Backup {
			g.Backup = append(g.Backup, p)
		} else {
			g.Peers = append(g.Peers, p)
		}
	}
	if len(g.Peers) == 0 {
		return nil, fmt.Errorf("no servers in upstream %q", name)
	}
	g.primary = collect(g.Peers)
	g.primary.single = len(list) == 1
	if len(g.Backup) > 0 {
		g.backup = collect(g.Backup)
		g.primary.next = &g.backup
	}
	if c, ok := g.Balance.(interface{ place(*Group) }); ok {
		c.place(g)
	}
	if k.Conns > 0 {
		g.pool = newPool(k)
	}
	shareCaches(list)
	return g, nil
}

func collect(list []*Peer) peers {
	s := peers{list: list}
	for i, p := range list {
		p.index = i
		s.weight += p.Weight
		if !p.off() {
			s.tries++
		}
	}
	return s
}

// Begin prepares t for a request. The key is what hash places the request by,
// or for ip_hash the binary address of the client; it must not change while t
// is in use.
func (g *Group) Begin(t *Tried, key []byte) {
	more := t.more
	*t = Tried{key: key, Tries: g.primary.tries + g.backup.tries, Header: -1, Response: -1, more: more}
	t.use(&g.primary)
	g.Balance.begin(g, t)
}

// Next picks the peer of the next try. Free must follow.
// The error is ErrNoLive.
func (g *Group) Next(t *Tried) (*Peer, error) {
	now := time.Now().Unix()
	g.mu.Lock()
	p := g.Balance.next(g, t, now)
	if p != nil {
		p.conns++
	}
	g.mu.Unlock()
	t.current = p
	if p == nil {
		return nil, ErrNoLive
	}
	return p, nil
}

// Free ends the try that Next began. It reports whether the failure made the
// peer unavailable, which nginx logs as "upstream server temporarily disabled".
func (g *Group) Free(t *Tried, o Outcome) (disabled bool) {
	p := t.current
	if p == nil {
		return false
	}
	t.current = nil
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if lt, ok := g.Balance.(*LeastTime); ok {
		lt.done(t, p, o, now)
	}
	p.conns--
	if t.peers.single {
		p.fails = 0
		t.Tries = 0
		return false
	}
	if o == Failed {
		disabled = p.fail(now.Unix())
	} else {
		p.live()
	}
	if t.Tries > 0 {
		t.Tries--
	}
	return disabled
}

// Connected tells that the connection of the current try was made. In stream
// this is when a failed peer is found live, for sessions may last for days.
func (g *Group) Connected(t *Tried) {
	if p := t.current; p != nil {
		g.mu.Lock()
		p.live()
		g.mu.Unlock()
	}
}

// State returns what p, a peer of g, is doing.
func (g *Group) State(p *Peer) PeerState {
	g.mu.Lock()
	defer g.mu.Unlock()
	return PeerState{
		Conns: p.conns, Fails: p.fails, Checked: time.Unix(p.checked, 0),
		Unavailable: p.failed(time.Now().Unix()), Effective: p.effective,
	}
}

// Adopt carries what the peers of an old group of the same zone know over to
// the peers of g with the same server and name: failures and weights. Running
// requests stay with the old peers.
func (g *Group) Adopt(old *Group) {
	if old == nil || old == g {
		return
	}
	type id struct{ server, name string }
	known := map[id]state{}
	old.mu.Lock()
	for _, list := range [][]*Peer{old.Peers, old.Backup} {
		for _, p := range list {
			known[id{p.Server, p.Name}] = p.state
		}
	}
	old.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, list := range [][]*Peer{g.Peers, g.Backup} {
		for _, p := range list {
			s, ok := known[id{p.Server, p.Name}]
			if !ok {
				continue
			}
			p.fails, p.accessed, p.checked = s.fails, s.accessed, s.checked
			p.effective = min(s.effective, p.Weight)
		}
	}
}

// routeOf makes the identifier of a peer without a route parameter: the MD5 of
// its printed address, in hexadecimal.
func routeOf(name string) string {
	sum := md5.Sum([]byte(name))
	return hex.EncodeToString(sum[:])
}
