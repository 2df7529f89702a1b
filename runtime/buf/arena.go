package buf

// Sizes of an arena's chunks, in bytes.
const (
	arenaChunk = 4 << 10 // the common chunk, and the most that Reset keeps
	arenaLarge = 1 << 10 // a piece larger than this does not end a chunk that still has room
)

// An Arena is memory for one request. Pieces taken from it stay where they are, and
// valid, until Reset or Free, however much is taken later. The zero Arena is ready
// for use and holds nothing. It is not for concurrent use.
type Arena struct {
	cur  *Buffer   // the chunk pieces come from: B[:W] is taken
	full []*Buffer // chunks whose pieces are in use, given back by Reset
}

// Alloc returns n bytes of unspecified content.
func (a *Arena) Alloc(n int) []byte {
	if a.cur != nil && n <= len(a.cur.B)-a.cur.W {
		return a.take(n)
	}
	if n > arenaLarge && a.cur != nil {
		b := Get(n)
		a.full = append(a.full, b)
		return b.B[:n:n]
	}
	a.next(n)
	return a.take(n)
}

func (a *Arena) take(n int) []byte {
	w := a.cur.W
	a.cur.W += n
	return a.cur.B[w : w+n : w+n]
}

// next starts a chunk with room for n bytes.
func (a *Arena) next(n int) {
	if a.cur != nil {
		a.full = append(a.full, a.cur)
	}
	a.cur = Get(max(n, arenaChunk))
}

// Copy returns a copy of p.
func (a *Arena) Copy(p []byte) []byte {
	b := a.Alloc(len(p))
	copy(b, p)
	return b
}

// CopyString returns the bytes of s.
func (a *Arena) CopyString(s string) []byte {
	b := a.Alloc(len(s))
	copy(b, s)
	return b
}

// Begin returns an empty slice to append to, with room for n bytes and possibly
// more, for a piece whose length is not known before it is written. End takes it.
// Nothing else may be taken from a between the two: it would be the same memory.
func (a *Arena) Begin(n int) []byte {
	if a.cur == nil || n > len(a.cur.B)-a.cur.W {
		a.next(n)
	}
	return a.cur.B[a.cur.W:a.cur.W:len(a.cur.B)]
}

// End keeps what was appended to the slice Begin returned, and returns it. If the
// appends outgrew the chunk, p is memory of its own and is returned as it is.
func (a *Arena) End(p []byte) []byte {
	w := a.cur.W
	if len(p) > 0 && w < len(a.cur.B) && &p[0] == &a.cur.B[w] {
		a.cur.W += len(p)
	}
	return p[:len(p):len(p)]
}

// Reset takes everything back. It keeps at most 4 KB for the next request.
func (a *Arena) Reset() {
	for i, b := range a.full {
		b.Free()
		a.full[i] = nil
	}
	a.full = a.full[:0]
	if a.cur == nil {
		return
	}
	if len(a.cur.B) > arenaChunk {
		a.cur.Free()
		a.cur = nil
		return
	}
	a.cur.Reset()
}

// Free takes everything back and keeps nothing; a may be used again.
func (a *Arena) Free() {
	a.Reset()
	a.cur.Free()
	a.cur, a.full = nil, nil
}
