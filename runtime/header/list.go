package header

// An Out is a header field of a message that is being built. Name and Value
// live as long as the message.
type Out struct {
	Name, Value []byte
	Hash        uint32 // of the name; see Hash
	ID          ID     // zero if the name is not a known one
}

// A List is the header of a message that is being built, in order. Its zero
// value is empty; Reset lets it be used again without allocation.
type List struct{ fields []Out }

// Reset removes all fields.
func (l *List) Reset() {
	clear(l.fields) // what they point to may be freed or reused
	l.fields = l.fields[:0]
}

// Len returns the number of fields.
func (l *List) Len() int { return len(l.fields) }

// At returns field i. It stays valid until the list changes.
func (l *List) At(i int) *Out { return &l.fields[i] }

// Fields returns the fields in order, for reading until the list changes.
func (l *List) Fields() []Out { return l.fields }

// Add appends a field, whatever fields of that name there are.
func (l *List) Add(name, value []byte) *Out {
	h := Hash(name)
	return l.AddOut(Out{name, value, h, known(name, h)})
}

// AddID appends a field with a known name.
func (l *List) AddID(id ID, value []byte) *Out {
	s := &spellings[id]
	return l.AddOut(Out{s.text, value, s.hash, id})
}

// AddOut appends a field whose hash and ID are known already.
func (l *List) AddOut(f Out) *Out {
	l.fields = append(l.fields, f)
	return &l.fields[len(l.fields)-1]
}

// Set gives the first field of that name a value and removes the others; if
// there is none, it adds one.
func (l *List) Set(name, value []byte) *Out {
	h := Hash(name)
	return l.set(Out{name, value, h, known(name, h)})
}

// SetID is Set for a known name.
func (l *List) SetID(id ID, value []byte) *Out {
	s := &spellings[id]
	return l.set(Out{s.text, value, s.hash, id})
}

func (l *List) set(f Out) *Out {
	for i := range l.fields {
		if l.fields[i].same(f.Hash, f.Name) {
			l.fields[i].Value = f.Value
			l.del(i+1, f.Hash, f.Name)
			return &l.fields[i]
		}
	}
	return l.AddOut(f)
}

// Del removes all fields called name and reports whether there were any.
func (l *List) Del(hash uint32, name []byte) bool { return l.del(0, hash, name) }

// DelID removes all fields that were added with a known name and reports
// whether there were any. What was added with that name but no ID is text to
// us, and stays.
func (l *List) DelID(id ID) bool {
	to := 0
	for i := range l.fields {
		if l.fields[i].ID != id {
			l.fields[to] = l.fields[i]
			to++
		}
	}
	found := to < len(l.fields)
	clear(l.fields[to:])
	l.fields = l.fields[:to]
	return found
}

func (l *List) del(from int, hash uint32, name []byte) bool {
	to := from
	for i := from; i < len(l.fields); i++ {
		if !l.fields[i].same(hash, name) {
			l.fields[to] = l.fields[i]
			to++
		}
	}
	found := to < len(l.fields)
	clear(l.fields[to:])
	l.fields = l.fields[:to]
	return found
}

// Get returns the value of the first field with a known name, or nil.
func (l *List) Get(id ID) []byte {
	for i := range l.fields {
		if l.fields[i].ID == id {
			return l.fields[i].Value
		}
	}
	return nil
}

// Lookup returns the first field called name in any case, or nil.
func (l *List) Lookup(hash uint32, name []byte) *Out {
	for i := range l.fields {
		if l.fields[i].same(hash, name) {
			return &l.fields[i]
		}
	}
	return nil
}

// LookupVar returns the first field whose name is that of a variable, as in
// $sent_http_name: hyphens stand as underscores.
func (l *List) LookupVar(hash uint32, name []byte) *Out {
	for i := range l.fields {
		if f := &l.fields[i]; f.Hash == hash && EqualVar(f.Name, name) {
			return f
		}
	}
	return nil
}

// RemoveAt removes field i.
func (l *List) RemoveAt(i int) {
	n := copy(l.fields[i:], l.fields[i+1:]) + i
	clear(l.fields[n:])
	l.fields = l.fields[:n]
}

func (f *Out) same(hash uint32, name []byte) bool {
	return f.Hash == hash && EqualFold(f.Name, name)
}

// HasToken reports whether a field with a known name has a token, without a
// value, in its comma-separated list. (ngx_http_parse_multi_header_lines)
func (l *List) HasToken(id ID, token string) bool {
	for i := range l.fields {
		if l.fields[i].ID == id && hasToken(l.fields[i].Value, token) {
			return true
		}
	}
	return false
}

func hasToken(v []byte, token string) bool {
	for len(v) >= len(token) {
		if EqualFold(v[:len(token)], token) {
			v = trimSpaces(v[len(token):])
			if len(v) == 0 || v[0] == ',' {
				return true
			}
		}
		for len(v) > 0 && v[0] != ',' {
			v = v[1:]
		}
		if len(v) > 0 {
			v = trimSpaces(v[1:])
		}
	}
	return false
}

func trimSpaces(v []byte) []byte {
	for len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	return v
}
