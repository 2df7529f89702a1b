package sub

import "understudy/runtime/httpd"

// A matcher finds the first of several texts. The text that was given first
// wins where two begin.
type matcher struct {
	texts    [][]byte // in lower case
	values   []*httpd.Template
	min, max int // lengths

	// shift says by the byte at the end of a window of min bytes how far the
	// window may move without missing a text. Where it is 0, here holds the
	// texts that have that byte there, in their order. (Horspool's algorithm,
	// as ngx_http_sub_init_tables has it)
	shift [256]uint8
	here  [256][]uint8
}

func newMatcher(texts [][]byte, values []*httpd.Template) *matcher {
	m := &matcher{texts: texts, values: values, min: len(texts[0])}
	for _, t := range texts {
		m.min, m.max = min(m.min, len(t)), max(m.max, len(t))
	}
	far := min(m.min, 255)
	for i := range m.shift {
		m.shift[i] = uint8(far)
	}
	for i, t := range texts {
		for j := range far {
			c := t[m.min-1-j]
			m.shift[c] = min(m.shift[c], uint8(j))
		}
		c := t[m.min-1]
		m.here[c] = append(m.here[c], uint8(i))
	}
	return m
}

// find returns where in p, from a place on, the first text begins, and which
// it is. If there is none, it is -1, and start is where one may begin of which
// the rest is still to come. Texts in used do not count.
func (m *matcher) find(p []byte, from int, used *[maxPairs]bool) (start, which int) {
	end := from + m.min - 1
	for end < len(p) {
		c := lowered[p[end]]
		if n := m.shift[c]; n > 0 {
			end += int(n)
			continue
		}
		start := end - m.min + 1
		for _, i := range m.here[c] {
			if used[i] {
				continue
			}
			switch match(p[start:], m.texts[i]) {
			case whole:
				return start, int(i)
			case begun:
				return start, -1
			}
		}
		end++
	}
	for start = end - m.min + 1; start < len(p); start++ {
		for i, t := range m.texts {
			if !used[i] && match(p[start:], t) == begun {
				return start, -1
			}
		}
	}
	return len(p), -1
}

// A result is what match finds.
type result int8

const (
	none  result = iota
	begun        // p ends before the text does
	whole
)

// match compares the beginning of p with a text.
func match(p, text []byte) result {
	for i, c := range text {
		switch {
		case i == len(p):
			return begun
		case lowered[p[i]] != c:
			return none
		}
	}
	return whole
}

var lowered = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if i >= 'A' && i <= 'Z' {
			t[i] |= 0x20
		}
	}
	return t
}()

// lower is s with its ASCII letters in lower case: the only ones that nginx
// takes for equal.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = lowered[c]
	}
	return string(b)
}
