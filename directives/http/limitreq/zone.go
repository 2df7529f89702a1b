package limitreq

import (
	"math/bits"
	"sync"
	"time"
)

// A zone holds the leaky buckets of many keys, as many as fit into the size it
// was declared with. It outlives the configuration; see package runtime/zone.
type zone struct {
	key   string // as written: it may not change from one configuration to the next
	start time.Time
	room  int // bytes that nginx would have for buckets

	mu      sync.Mutex // guards what follows, and the buckets
	used    int
	buckets map[string]*bucket
	newest  *bucket // of a ring by time of use; its older is the oldest but one …
}

// A bucket is the state of a key. All numbers are thousandths of a request.
type bucket struct {
	key          string
	last         int64 // milliseconds since the zone's start
	excess       int
	held         int // requests that have asked and not counted yet
	newer, older *bucket
}

// A state is what a zone says of a request.
type state int8

const (
	fits state = iota
	over       // it exceeds the burst
	full       // there is no room to count it
)

// never is the time of a bucket that nothing was counted in: long enough ago.
const never = -1 << 31

func newZone(size int64, key string) *zone {
	// What nginx's allocator needs for itself is about a page and 24 bytes
	// for each other page.
	pages := (int(size) - pageSize) / (pageSize + 24)
	return &zone{key: key, start: time.Now(), room: pages * pageSize, buckets: map[string]*bucket{}}
}

// size is what a bucket takes in nginx's shared memory: a node of 80 bytes and
// the key, in blocks of powers of two.
func size(key string) int {
	n := 80 + len(key)
	if n > pageSize/2 {
		return (n + pageSize - 1) / pageSize * pageSize
	}
	return 1 << bits.Len(uint(n-1))
}

// ask says whether one more request is within the burst, and how far it is
// over the rate. If it is, and count is set, it is counted; else the bucket is
// held until count or release.
func (z *zone) ask(key []byte, rate, burst int, count bool, now time.Time) (b *bucket, excess int, st state) {
	ms := now.Sub(z.start).Milliseconds()
	z.mu.Lock()
	defer z.mu.Unlock()
	b = z.buckets[string(key)]
	if b == nil {
		if b = z.add(string(key), rate, ms); b == nil {
			return nil, 0, full
		}
		if count {
			b.last = ms
			return nil, 0, fits
		}
		b.held++
		return b, 0, fits
	}
	z.unlink(b)
	z.link(b)
	excess, later := b.next(rate, ms)
	switch {
	case excess > burst:
		return nil, excess, over
	case !count:
		b.held++
		return b, excess, fits
	}
	b.excess = excess
	if later {
		b.last = ms
	}
	return nil, excess, fits
}

// next is the excess with one more request, and whether time has passed. A
// clock that goes back a little stands still.
func (b *bucket) next(rate int, ms int64) (excess int, later bool) {
	d := ms - b.last
	if d < -60000 {
		d = 1
	}
	d = max(d, 0)
	return max(0, b.excess-int(int64(rate)*d/1000)+1000), d > 0
}

// count counts a request in a bucket that ask has held, and lets go of it.
func (z *zone) count(b *bucket, rate int, now time.Time) (excess int) {
	ms := now.Sub(z.start).Milliseconds()
	z.mu.Lock()
	defer z.mu.Unlock()
	excess, later := b.next(rate, ms)
	if later {
		b.last = ms
	}
	b.excess = excess
	b.held--
	return excess
}

func (z *zone) release(b *bucket) {
	z.mu.Lock()
	defer z.mu.Unlock()
	b.held--
}

// add makes a bucket. If there is no room, the oldest makes place.
func (z *zone) add(key string, rate int, ms int64) *bucket {
	z.expire(1, rate, ms)
	n := size(key)
	if z.used+n > z.room {
		z.expire(0, rate, ms)
		if z.used+n > z.room {
			return nil
		}
	}
	b := &bucket{key: key, last: never}
	z.used += n
	z.buckets[key] = b
	z.link(b)
	return b
}

// expire drops the oldest bucket if n is 0, and then up to two more that have
// leaked empty and not been used for a minute.
func (z *zone) expire(n, rate int, ms int64) {
	for ; n < 3; n++ {
		if z.newest == nil {
			return
		}
		b := z.newest.newer // the ring's end
		if b.held > 0 {
			return
		}
		if n > 0 {
			d := max(ms-b.last, b.last-ms)
			if d < 60000 || b.excess-int(int64(rate)*d/1000) > 0 {
				return
			}
		}
		z.unlink(b)
		delete(z.buckets, b.key)
		z.used -= size(b.key)
	}
}

// link makes b the newest of the ring, in which the oldest follows the newest.
func (z *zone) link(b *bucket) {
	if z.newest == nil {
		b.newer, b.older = b, b
	} else {
		oldest := z.newest.newer
		b.newer, b.older = oldest, z.newest
		z.newest.newer, oldest.older = b, b
	}
	z.newest = b
}

func (z *zone) unlink(b *bucket) {
	if b.newer == b {
		z.newest = nil
		return
	}
	b.newer.older, b.older.newer = b.older, b.newer
	if z.newest == b {
		z.newest = b.older
	}
}
