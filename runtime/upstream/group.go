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
	Balance   Balancer
	Keepalive Keepalive

	hosts  []*Host // whose addresses are found at run time
	caches map[endpoint]*cached
	pool   *pool // nil without Keepalive.Conns

	mu      sync.Mutex // guards the state of all peers, and what follows if there are hosts
	primary peers
	backup  peers
	changes int // of the peers
}

// peers are the primary or the backup peers of a group.
type peers struct {
	list   []*Peer // replaced, never changed
	single bool    // one primary peer and no backup: its failures do not count
	weight int     // of all
	tries  int     // peers that are not down
	next   *peers  // nil: there is no backup, and can be none
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
// Backup set may stand anywhere. A peer with a Host stands for those that
// Resolve will find. A nil Balancer is RoundRobin.
// The error is "no servers" for a group without primary peers, or tells which
// peer is wrong.
func New(name string, list []*Peer, b Balancer, k Keepalive) (*Group, error) {
	g := &Group{Name: name, Balance: b, Keepalive: k, caches: map[endpoint]*cached{}}
	if b == nil {
		g.Balance = RoundRobin{}
	}
	backups := false
	for _, p := range list {
		if err := p.init(); err != nil {
			return nil, err
		}
		s := &g.primary
		if p.Backup {
			s, backups = &g.backup, true
		}
		if p.Host != nil {
			p.Host.begin(s, p)
			g.hosts = append(g.hosts, p.Host)
			continue
		}
		g.share(p)
		s.list = append(s.list, p)
	}
	if len(g.primary.list) == 0 && !g.named(&g.primary) {
		return nil, fmt.Errorf("no servers in upstream %q", name)
	}
	if backups || len(g.hosts) > 0 && g.backs() {
		g.primary.next = &g.backup
	}
	g.collect()
	if k.Conns > 0 {
		g.pool = newPool(k)
	}
	return g, nil
}

// named tells whether s has hosts.
func (g *Group) named(s *peers) bool {
	for _, h := range g.hosts {
		if h.peers == s {
			return true
		}
	}
	return false
}

// backs tells whether the method of g has backup peers.
func (g *Group) backs() bool {
	switch g.Balance.(type) {
	case RoundRobin, LeastConn, *LeastTime:
		return true
	}
	return false
}

// collect counts the peers of g, which are new or have changed.
func (g *Group) collect() {
	g.primary.count()
	g.backup.count()
	g.primary.single = len(g.primary.list) == 1 && len(g.backup.list) == 0
	g.changes++
	if c, ok := g.Balance.(interface{ place(*Group) }); ok {
		c.place(g)
	}
}

func (s *peers) count() {
	s.weight, s.tries = 0, 0
	for i, p := range s.list {
		p.index = i
		s.weight += p.Weight
		if !p.off() {
			s.tries++
		}
	}
}

// Peers returns the primary peers that g has now.
func (g *Group) Peers() []*Peer {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.primary.list
}

// Backup returns the backup peers that g has now.
func (g *Group) Backup() []*Peer {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.backup.list
}

// Begin prepares t for a request. The key is what hash places the request by,
// or for ip_hash the binary address of the client; it must not change while t
// is in use.
func (g *Group) Begin(t *Tried, key []byte) {
	if len(g.hosts) > 0 {
		g.mu.Lock()
		defer g.mu.Unlock()
	}
	more := t.more
	*t = Tried{key: key, Tries: g.primary.tries + g.backup.tries, Header: -1, Response: -1, more: more, changes: g.changes}
	t.use(&g.primary)
	g.Balance.begin(g, t)
}

// Next picks the peer of the next try. Free must follow.
// The error is ErrNoLive; it is also that the peers have changed since Begin,
// for then it is no longer known which of them were tried.
func (g *Group) Next(t *Tried) (*Peer, error) {
	now := time.Now().Unix()
	var p *Peer
	g.mu.Lock()
	if t.changes == g.changes {
		p = g.Balance.next(g, t, now)
	}
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

// routeOf makes the identifier of a peer without a route parameter: the MD5 of
// its printed address, in hexadecimal.
func routeOf(name string) string {
	sum := md5.Sum([]byte(name))
	return hex.EncodeToString(sum[:])
}
