package regex

// An Index finds, among many patterns that are tried in turn, those that a subject
// may match at all: by how their literals say that it begins or ends. It makes the
// first match of ten thousand patterns cost about what that of ten does, unless
// they have no literal at their ends.
type Index struct {
	always []int32 // patterns that say neither
	heads  edges
	tails  edges
}

// indexFrom is how many patterns are worth an index: the literals of fewer are
// compared faster one by one.
const indexFrom = 32

// maxEnd is how many bytes of a literal are looked up.
const maxEnd = 16

// edges are patterns by what they begin or end with, in lower case: that lets a few
// too many through, which do not match then.
type edges struct {
	lengths []int // of the keys, each once
	by      map[string][]int32
}

func (e *edges) add(key string, i int32) {
	if e.by == nil {
		e.by = map[string][]int32{}
	}
	known := false
	for _, n := range e.lengths {
		known = known || n == len(key)
	}
	if !known {
		e.lengths = append(e.lengths, len(key))
	}
	if l := e.by[key]; len(l) == 0 || l[len(l)-1] != i {
		e.by[key] = append(l, i)
	}
}

// NewIndex returns an index of patterns in the order in which they are tried. Of
// few it is nil, which Each takes as well.
func NewIndex[T any](list []T, pattern func(*T) *Regexp) *Index {
	if len(list) < indexFrom {
		return nil
	}
	x := &Index{}
	for k := range list {
		i, l := int32(k), pattern(&list[k]).Literal()
		var key [maxEnd]byte
		switch {
		case l.Prefix != "":
			x.heads.add(string(lower(&key, l.Prefix[:min(len(l.Prefix), maxEnd)])), i)
		case len(l.Suffixes) > 0:
			for _, s := range l.Suffixes {
				x.tails.add(string(lower(&key, s[max(0, len(s)-maxEnd):])), i)
			}
		default:
			x.always = append(x.always, i)
		}
	}
	return x
}

// lower writes s, of at most maxEnd bytes, into b in lower case.
func lower[T string | []byte](b *[maxEnd]byte, s T) []byte {
	for i := range len(s) {
		b[i] = lowered(s[i])
	}
	return b[:len(s)]
}

// maxLists bounds the keys that one subject has: heads, tails, tails before a
// final newline, and always.
const maxLists = 3*maxEnd + 1

// Each calls try with the index of each pattern that subject may match, in order,
// until it returns false. n is how many patterns there are: a nil Index has them
// all tried.
func (x *Index) Each(subject []byte, n int, try func(i int) bool) {
	if x == nil {
		for i := 0; i < n && try(i); i++ {
		}
		return
	}
	x.search(subject, try)
}

// A merge is ascending lists that are read as one.
type merge struct {
	lists [maxLists][]int32
	n     int
}

func (x *Index) search(subject []byte, try func(i int) bool) {
	var m merge
	m.push(x.always)
	var key [maxEnd]byte
	head := lower(&key, subject[:min(len(subject), maxEnd)])
	for _, n := range x.heads.lengths {
		if n <= len(head) {
			m.push(x.heads.by[string(head[:n])])
		}
	}
	x.pushTails(&m, subject)
	if n := len(subject) - 1; n >= 0 && subject[n] == '\n' { // "$" matches before it
		x.pushTails(&m, subject[:n])
	}
	for m.n > 0 && try(m.next()) {
	}
}

func (x *Index) pushTails(m *merge, subject []byte) {
	var key [maxEnd]byte
	tail := lower(&key, subject[max(0, len(subject)-maxEnd):])
	for _, n := range x.tails.lengths {
		if n <= len(tail) {
			m.push(x.tails.by[string(tail[len(tail)-n:])])
		}
	}
}

func (m *merge) push(list []int32) {
	if len(list) > 0 {
		m.lists[m.n] = list
		m.n++
	}
}

// next takes the least of what is left from every list that has it: a subject may
// end with two texts of one pattern.
func (m *merge) next() int {
	least := m.lists[0][0]
	for i := 1; i < m.n; i++ {
		least = min(least, m.lists[i][0])
	}
	for i := 0; i < m.n; {
		if m.lists[i][0] == least {
			if m.lists[i] = m.lists[i][1:]; len(m.lists[i]) == 0 {
				m.n--
				m.lists[i] = m.lists[m.n]
				continue
			}
		}
		i++
	}
	return int(least)
}
