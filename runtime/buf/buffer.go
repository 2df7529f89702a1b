// Package buf keeps byte buffers of a few sizes in pools, and arenas: memory for
// what a request puts together, handed out in pieces and taken back all at once.
// It knows nothing of connections. The pools are the one state a package of this
// program shares, because every connection draws from them.
package buf

import "sync"

// Sizes of the pools, in bytes. What is larger than the last is allocated, and
// left to the garbage collector when it is freed.
const (
	minShift = 10 // 1 KB
	maxShift = 16 // 64 KB
)

var pools [maxShift - minShift + 1]sync.Pool

// A Buffer is a piece of memory with unread bytes in B[R:W]. A Buffer has one
// owner; it passes with the pointer.
type Buffer struct {
	B    []byte // the whole storage
	R, W int
}

// Get returns an empty buffer with room for at least n bytes. Its storage holds
// what its last user left.
func Get(n int) *Buffer {
	class := classFor(n)
	if class < 0 {
		return &Buffer{B: make([]byte, n)}
	}
	if b, _ := pools[class].Get().(*Buffer); b != nil {
		b.R, b.W = 0, 0
		return b
	}
	return &Buffer{B: make([]byte, 1<<(minShift+class))}
}

// classFor returns the pool with the smallest buffers of at least n bytes, or -1.
func classFor(n int) int {
	for class, size := 0, 1<<minShift; class < len(pools); class, size = class+1, size<<1 {
		if n <= size {
			return class
		}
	}
	return -1
}

// Free gives b back. It may be nil. Neither b nor its bytes may be used after.
func (b *Buffer) Free() {
	if b == nil {
		return
	}
	class := classFor(len(b.B))
	if class < 0 || len(b.B) != 1<<(minShift+class) {
		return
	}
	pools[class].Put(b)
}

// Bytes returns the unread bytes; they share b's storage.
func (b *Buffer) Bytes() []byte { return b.B[b.R:b.W] }

// Len returns the number of unread bytes.
func (b *Buffer) Len() int { return b.W - b.R }

// Room returns the storage behind the unread bytes: a read goes there, then adds
// what it read to W.
func (b *Buffer) Room() []byte { return b.B[b.W:] }

// Reset forgets the unread bytes.
func (b *Buffer) Reset() { b.R, b.W = 0, 0 }

// Grow returns a buffer with storage for at least n bytes whose unread bytes are
// those of b, moved to offset 0. It is b itself if b is large enough; else b is
// freed. Slices of b are invalid after either.
func (b *Buffer) Grow(n int) *Buffer {
	if n < b.Len() {
		n = b.Len()
	}
	if n <= len(b.B) {
		b.W = copy(b.B, b.B[b.R:b.W])
		b.R = 0
		return b
	}
	g := Get(n)
	g.W = copy(g.B, b.B[b.R:b.W])
	b.Free()
	return g
}
