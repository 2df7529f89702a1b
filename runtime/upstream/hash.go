package upstream

import (
	"hash/crc32"
	"sort"
	"strconv"
	"strings"
)

// Hash places requests by a key. It places them as Cache::Memcached does;
// adding or removing a server moves most keys.
type Hash struct{}

func (Hash) begin(*Group, *Tried) {}

func (Hash) next(g *Group, t *Tried, now int64) *Peer {
	if len(t.peers.list) < 2 || len(t.key) == 0 {
		return RoundRobin{}.next(g, t, now)
	}
	if t.misses <= giveUp {
		if p := t.hinted(now); p != nil {
			return t.take(p, now)
		}
	}
	for t.misses <= giveUp {
		// crc32([REHASH] KEY), REHASH being the number of the pick but the first
		var sum uint32
		if t.rehash > 0 {
			sum = crc32.ChecksumIEEE(strconv.AppendInt(t.digits[:0], int64(t.rehash), 10))
		}
		sum = crc32.Update(sum, crc32.IEEETable, t.key)
		t.hash += sum >> 16 & 0x7fff
		t.rehash++
		if p := t.peers.at(int(t.hash) % t.peers.weight); t.open(p, now) {
			return t.take(p, now)
		}
		t.misses++
	}
	return RoundRobin{}.next(g, t, now)
}

// ConsistentHash places requests by a key on a ring (ketama), as
// Cache::Memcached::Fast does: adding or removing a server moves few keys.
// A value serves one group.
type ConsistentHash struct {
	points []point
}

// A point is where a server takes over the ring.
type point struct {
	hash   uint32
	server string
}

// pointsPerWeight is how many points of the ring a server has for its weight.
const pointsPerWeight = 160

// place puts the primary peers of g on the ring.
func (c *ConsistentHash) place(g *Group) {
	c.points = make([]point, 0, g.primary.weight*pointsPerWeight)
	for _, p := range g.primary.list {
		host, port := splitServer(p.Server)
		base := crc32.ChecksumIEEE([]byte(host + "\x00" + port))
		hash := uint32(0)
		for range p.Weight * pointsPerWeight {
			prev := [4]byte{byte(hash), byte(hash >> 8), byte(hash >> 16), byte(hash >> 24)}
			hash = crc32.Update(base, crc32.IEEETable, prev[:])
			c.points = append(c.points, point{hash, p.Server})
		}
	}
	sort.SliceStable(c.points, func(i, j int) bool { return c.points[i].hash < c.points[j].hash })
	n := 0
	for i := range c.points {
		if i == 0 || c.points[i].hash != c.points[n-1].hash {
			c.points[n] = c.points[i]
			n++
		}
	}
	c.points = c.points[:n]
}

// splitServer splits a server at the colon before its port, if it ends with
// one. The prefix of a UNIX-domain socket does not count.
func splitServer(s string) (host, port string) {
	if len(s) >= 5 && strings.EqualFold(s[:5], "unix:") {
		return s[5:], ""
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.Trim(s[i+1:], "0123456789") != "" {
		return s, ""
	}
	return s[:i], s[i+1:]
}

func (c *ConsistentHash) begin(g *Group, t *Tried) {
	sum := crc32.ChecksumIEEE(t.key)
	t.hash = uint32(sort.Search(len(c.points), func(i int) bool { return c.points[i].hash >= sum }))
}

func (c *ConsistentHash) next(g *Group, t *Tried, now int64) *Peer {
	if t.misses > giveUp || t.peers.single || len(t.key) == 0 {
		return RoundRobin{}.next(g, t, now)
	}
	if len(t.peers.list) == 0 {
		return nil
	}
	if p := t.hinted(now); p != nil {
		return t.take(p, now)
	}
	for t.misses <= giveUp {
		server := c.points[int(t.hash)%len(c.points)].server
		if p := t.roundRobinOf(server, now); p != nil {
			return t.take(p, now)
		}
		t.hash++
		t.misses++
	}
	return RoundRobin{}.next(g, t, now)
}

// roundRobinOf picks one of the peers that the name of a server stands for.
func (t *Tried) roundRobinOf(server string, now int64) *Peer {
	var best *Peer
	total := 0
	for _, p := range t.peers.list {
		if p.Server != server || !t.open(p, now) {
			continue
		}
		total += p.weigh()
		if best == nil || p.current > best.current {
			best = p
		}
	}
	if best != nil {
		best.current -= total
	}
	return best
}
