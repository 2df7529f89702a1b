package limitconn

import (
	"math/bits"
	"sync"
)

// A zone counts the connections of each key. It outlives configurations.
type zone struct {
	key  string // as the configuration writes it
	size int64  // bytes

	mu    sync.Mutex
	conns map[string]int32 // guarded by mu
	used  int64            // guarded by mu
}

const (
	pageSize = 4096
	overhead = 2 * pageSize // what nginx's allocator takes of a zone, about
	nodeSize = 36           // of a node of nginx's tree, without the key
)

func newZone(size int64, key string) *zone {
	return &zone{key: key, size: size - overhead, conns: map[string]int32{}}
}

// cost is what a key takes of the zone: nginx allocates powers of two.
func cost(key int) int64 { return 1 << bits.Len(uint(nodeSize+key-1)) }

// An outcome says whether a connection may be.
type outcome int8

const (
	counted outcome = iota
	over            // the limit
	full            // there is no room for another key
)

// take counts a connection of a key unless there are max already.
func (z *zone) take(key []byte, max int) outcome {
	z.mu.Lock()
	defer z.mu.Unlock()
	n, ok := z.conns[string(key)]
	switch {
	case ok && int(n) >= max:
		return over
	case !ok && z.used+cost(len(key)) > z.size:
		return full
	case !ok:
		z.used += cost(len(key))
	}
	z.conns[string(key)] = n + 1
	return counted
}

// give ends a connection of a key.
func (z *zone) give(key string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	n := z.conns[key] - 1
	if n > 0 {
		z.conns[key] = n
		return
	}
	delete(z.conns, key)
	z.used -= cost(len(key))
}
