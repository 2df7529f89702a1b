// Package header keeps the header fields of a message as they were received:
// in their order and spelling, as offsets into one buffer. It knows names, not
// what the fields mean.
package header

// A Field is one header field of a Block.
type Field struct {
	name, value span
	at          uint32 // index in the block
	Hash        uint32 // of the name; see Hash
	ID          ID     // zero if the name is not a known one

	// Invalid is set if the name has bytes that ignore_invalid_headers looks
	// for: anything but letters, digits, hyphens and, where they are allowed,
	// underscores.
	Invalid bool

	// Deleted is set by Del: At still shows the field, nothing else does.
	Deleted bool
}

type span struct{ off, end uint32 }

// A Block is the header of one message. Its fields point into one buffer,
// which the reader of the message took from a pool and gives back with the
// message. The zero Block is empty and ready for use.
type Block struct {
	buf    []byte
	fields []Field
	first  [numIDs]uint32 // 1 + index of the first live field with an ID
}

// Reset makes b a header without fields whose text will be in buf.
func (b *Block) Reset(buf []byte) {
	b.buf, b.fields = buf, b.fields[:0]
	clear(b.first[:])
}

// Rebase tells b that its text has moved to buf, at the same offsets.
func (b *Block) Rebase(buf []byte) { b.buf = buf }

// Add appends the field whose name and value are at these offsets of the
// buffer.
func (b *Block) Add(name, nameEnd, value, valueEnd int) *Field {
	return b.AddHashed(name, nameEnd, value, valueEnd, Hash(b.buf[name:nameEnd]))
}

// AddHashed is Add for a caller that has computed Hash of the name already.
func (b *Block) AddHashed(name, nameEnd, value, valueEnd int, hash uint32) *Field {
	n := len(b.fields)
	b.fields = append(b.fields, Field{
		name:  span{uint32(name), uint32(nameEnd)},
		value: span{uint32(value), uint32(valueEnd)},
		at:    uint32(n),
		Hash:  hash,
		ID:    known(b.buf[name:nameEnd], hash),
	})
	f := &b.fields[n]
	if f.ID != 0 && b.first[f.ID] == 0 {
		b.first[f.ID] = uint32(n) + 1
	}
	return f
}

// Append copies a name and a value to the end of the block's own buffer and
// adds the field. It is for headers that do not arrive as text: HTTP/2, tests.
func (b *Block) Append(name, value []byte) *Field {
	n := len(b.buf)
	b.buf = append(append(b.buf, name...), value...)
	return b.Add(n, n+len(name), n+len(name), len(b.buf))
}

// Buf returns the buffer the fields point into.
func (b *Block) Buf() []byte { return b.buf }

// Len returns the number of fields, deleted ones included.
func (b *Block) Len() int { return len(b.fields) }

// At returns field i. It stays valid until the next Add.
func (b *Block) At(i int) *Field { return &b.fields[i] }

// Name returns the name of f as it was received.
func (b *Block) Name(f *Field) []byte { return b.buf[f.name.off:f.name.end:f.name.end] }

// Value returns the value of f.
func (b *Block) Value(f *Field) []byte { return b.buf[f.value.off:f.value.end:f.value.end] }

// Shorten makes the value of f end after its first n bytes.
func (b *Block) Shorten(f *Field, n int) { f.value.end = f.value.off + uint32(n) }

// Replace gives f another value. The text of b moves to a buffer of its own: it
// is for the few who need it, when all has been read.
func (b *Block) Replace(f *Field, value []byte) {
	buf := make([]byte, len(b.buf), len(b.buf)+len(value))
	copy(buf, b.buf)
	f.value = span{uint32(len(buf)), uint32(len(buf) + len(value))}
	b.buf = append(buf, value...)
}

// Has reports whether there is a field with a known name.
func (b *Block) Has(id ID) bool { return b.first[id] > 0 }

// Get returns the value of the first field with a known name, or nil.
func (b *Block) Get(id ID) []byte {
	if i := b.first[id]; i > 0 {
		return b.Value(&b.fields[i-1])
	}
	return nil
}

// First returns the first field with a known name, or nil.
func (b *Block) First(id ID) *Field {
	if i := b.first[id]; i > 0 {
		return &b.fields[i-1]
	}
	return nil
}

// Lookup returns the first field called name in any case, or nil. The hash is
// Hash(name), which a configuration computes once.
func (b *Block) Lookup(hash uint32, name []byte) *Field {
	return b.lookup(0, hash, name)
}

func (b *Block) lookup(from int, hash uint32, name []byte) *Field {
	for i := from; i < len(b.fields); i++ {
		f := &b.fields[i]
		if f.Hash == hash && !f.Deleted && EqualFold(b.Name(f), name) {
			return f
		}
	}
	return nil
}

// LookupVar returns the first field whose name is that of a variable, as in
// $http_name: hyphens stand as underscores. The hash is Hash(name).
func (b *Block) LookupVar(hash uint32, name []byte) *Field {
	return b.lookupVar(0, hash, name)
}

// NextVar returns the field after f whose name is the same but for hyphens and
// underscores, or nil.
func (b *Block) NextVar(f *Field) *Field {
	return b.lookupVar(int(f.at)+1, f.Hash, b.Name(f))
}

func (b *Block) lookupVar(from int, hash uint32, name []byte) *Field {
	for i := from; i < len(b.fields); i++ {
		f := &b.fields[i]
		if f.Hash == hash && !f.Deleted && EqualVar(b.Name(f), name) {
			return f
		}
	}
	return nil
}

// Next returns the field after f that has the same name, or nil: with First or
// Lookup it goes over all the values of a field.
func (b *Block) Next(f *Field) *Field {
	return b.lookup(int(f.at)+1, f.Hash, b.Name(f))
}

// Del hides f from everything but At.
func (b *Block) Del(f *Field) {
	if f.Deleted {
		return
	}
	f.Deleted = true
	if f.ID == 0 || b.first[f.ID] != f.at+1 {
		return
	}
	b.first[f.ID] = 0
	for i := int(f.at) + 1; i < len(b.fields); i++ {
		if g := &b.fields[i]; g.ID == f.ID && !g.Deleted {
			b.first[f.ID] = uint32(i) + 1
			return
		}
	}
}
