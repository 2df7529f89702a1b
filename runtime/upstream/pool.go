package upstream

import (
	"sync"
	"time"
)

// Keepalive is the cache of idle connections of a group.
type Keepalive struct {
	Conns    int           // most idle connections kept; 0: none
	Requests int           // requests through one connection; 0: no limit
	Time     time.Duration // a connection older than this is not kept; 0: no limit
	Timeout  time.Duration // a connection idle for longer is closed; 0: not closed
	Local    bool          // a connection serves only the tag it was put with
}

// DefaultKeepalive is what an upstream block without a keepalive directive has.
func DefaultKeepalive() Keepalive {
	return Keepalive{Conns: 32, Requests: 1000, Time: time.Hour, Timeout: time.Minute, Local: true}
}

// A pool keeps the idle connections of a group, the most recently used first.
//
// An idle connection has no goroutine and no buffer. A watch, one goroutine for
// the pool, hears when peers close theirs; one timer closes those that are idle
// for too long. What a peer sends to an idle connection without closing it is
// noticed when the connection is taken, which then is closed as well.
type pool struct {
	Keepalive

	mu     sync.Mutex // guards what follows and the fields of Conns
	lru    list
	n      int
	watch  *watch
	timer  *time.Timer
	armed  bool
	closed bool
}

// began is the zero of the clock of pools.
var began = time.Now()

// cached lists the idle connections to one address.
type cached struct{ list }

// A list is a doubly linked list of connections; which says by which links.
type list struct{ head, tail *Conn }

type link struct{ prev, next *Conn }

const (
	byUse = iota
	byAddr
)

func newPool(k Keepalive) *pool { return &pool{Keepalive: k} }

// An endpoint is what connections are the same by.
type endpoint struct{ network, addr string }

// share gives p the cache of its address. Peers of one address, which may be
// listed twice with different weights, share their connections.
func (g *Group) share(p *Peer) {
	a := endpoint{p.Network, p.Addr}
	if g.caches[a] == nil {
		g.caches[a] = &cached{}
	}
	p.cache = g.caches[a]
}

// unshare forgets the caches that no peer has any more, unless there are
// connections in them, for the address may come back.
func (g *Group) unshare() {
	if g.pool != nil {
		g.pool.mu.Lock()
		defer g.pool.mu.Unlock()
	}
	used := map[endpoint]bool{}
	for _, list := range [][]*Peer{g.primary.list, g.backup.list} {
		for _, p := range list {
			used[endpoint{p.Network, p.Addr}] = true
		}
	}
	for a, c := range g.caches {
		if !used[a] && c.head == nil {
			delete(g.caches, a)
		}
	}
}

// Get returns the idle connection to p that was used last, nil if there is
// none. With Keepalive.Local, it returns only connections put with the same
// tag; a pointer is a good tag.
func (g *Group) Get(p *Peer, tag any) *Conn {
	if g.pool == nil {
		return nil
	}
	for {
		c := g.pool.take(p, tag)
		if c == nil {
			return nil
		}
		if !c.Closed() {
			c.Peer = p
			c.Requests++
			return c
		}
		c.Close()
	}
}

// Put gives back a connection whose peer has answered in full and has not asked
// to close it. The connection is kept, or closed because of the limits of
// Keepalive; if the cache is full, the least recently used one is closed. It
// reports whether the connection was kept.
func (g *Group) Put(c *Conn, tag any) bool {
	if g.pool == nil || !g.pool.put(c, tag) {
		c.Close()
		return false
	}
	return true
}

// Idle returns how many idle connections the group keeps.
func (g *Group) Idle() int {
	if g.pool == nil {
		return 0
	}
	g.pool.mu.Lock()
	defer g.pool.mu.Unlock()
	return g.pool.n
}

// Close closes the idle connections; connections put later are closed at once.
// Requests under way may go on using the group.
func (g *Group) Close() {
	if g.pool != nil {
		g.pool.close()
	}
}

func (l *pool) take(p *Peer, tag any) *Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := p.cache.head
	for c != nil && l.Local && c.tag != tag {
		c = c.links[byAddr].next
	}
	if c != nil {
		l.remove(c)
	}
	return c
}

func (l *pool) put(c *Conn, tag any) bool {
	now := time.Now()
	if l.Requests > 0 && c.Requests >= l.Requests || l.Time > 0 && now.Sub(c.Accepted) > l.Time {
		return false
	}
	l.mu.Lock()
	if l.closed || c.gone || c.idle || c.pool != nil && c.pool != l {
		l.mu.Unlock()
		return false
	}
	c.pool = l
	c.tag = tag
	c.expires = int64(now.Sub(began) + l.Timeout)
	c.SetReadTimeout(0) // one left from the last read must not end an idle connection
	l.observe(c)
	var evicted *Conn
	if l.n >= l.Conns {
		evicted = l.lru.tail
		l.remove(evicted)
	}
	l.lru.push(c, byUse)
	c.Peer.cache.push(c, byAddr)
	c.idle = true
	l.n++
	l.arm(now)
	l.mu.Unlock()
	if evicted != nil {
		evicted.Close()
	}
	return true
}

// remove takes c out of the pool; l.mu is held.
func (l *pool) remove(c *Conn) {
	l.lru.remove(c, byUse)
	c.Peer.cache.remove(c, byAddr)
	c.idle = false
	c.tag = nil
	l.n--
}

// arm starts the timer unless it runs already; l.mu is held. It never has to be
// set earlier, for connections expire in the order in which they were put.
func (l *pool) arm(now time.Time) {
	if l.armed || l.Timeout <= 0 || l.lru.tail == nil {
		return
	}
	l.armed = true
	d := time.Duration(l.lru.tail.expires) - now.Sub(began)
	if l.timer == nil {
		l.timer = time.AfterFunc(d, l.expire)
		return
	}
	l.timer.Reset(d)
}

// expire closes the connections whose time is over.
func (l *pool) expire() {
	var dead list
	l.mu.Lock()
	now := time.Now()
	for c := l.lru.tail; c != nil && c.expires <= int64(now.Sub(began)); c = l.lru.tail {
		l.remove(c)
		dead.push(c, byUse)
	}
	l.armed = false
	if !l.closed {
		l.arm(now)
	}
	l.mu.Unlock()
	dead.close()
}

// left is called when the peer of c, which may be idle, has closed it.
func (l *pool) left(c *Conn) {
	l.mu.Lock()
	c.gone = true
	idle := c.idle
	if idle {
		l.remove(c)
	}
	l.mu.Unlock()
	if idle {
		c.Close()
	}
}

// observe has c watched; l.mu is held.
func (l *pool) observe(c *Conn) {
	if c.watched || c.raw == nil {
		return
	}
	if l.watch == nil {
		l.watch = newWatch(l.left)
	}
	c.watched = l.watch.add(c)
}

// forget has c not watched any more.
func (l *pool) forget(c *Conn) {
	if l == nil {
		return
	}
	l.mu.Lock()
	w := l.watch
	watched := c.watched
	c.watched = false
	c.gone = true
	l.mu.Unlock()
	if watched {
		w.remove(c)
	}
}

func (l *pool) close() {
	var dead list
	l.mu.Lock()
	l.closed = true
	for c := l.lru.tail; c != nil; c = l.lru.tail {
		l.remove(c)
		dead.push(c, byUse)
	}
	if l.timer != nil {
		l.timer.Stop()
	}
	w := l.watch
	l.mu.Unlock()
	dead.close()
	if w != nil {
		w.close()
	}
}

func (l *list) close() {
	for c := l.head; c != nil; {
		next := c.links[byUse].next
		c.links[byUse] = link{}
		c.Close()
		c = next
	}
}

// push puts c at the head of l.
func (l *list) push(c *Conn, which int) {
	c.links[which] = link{next: l.head}
	if l.head != nil {
		l.head.links[which].prev = c
	} else {
		l.tail = c
	}
	l.head = c
}

func (l *list) remove(c *Conn, which int) {
	k := &c.links[which]
	if k.prev != nil {
		k.prev.links[which].next = k.next
	} else {
		l.head = k.next
	}
	if k.next != nil {
		k.next.links[which].prev = k.prev
	} else {
		l.tail = k.prev
	}
	*k = link{}
}
