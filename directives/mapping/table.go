package mapping

import (
	"understudy/directives/spec"
	"understudy/runtime/regex"
	"understudy/runtime/vars"
)

// A table is a compiled map block.
type table[S subject] struct {
	source    *vars.Template[S]
	hostnames bool
	keys      spec.Hostnames[*result[S]]
	regexes   []expression[S] // asked in turn if no key matches
	index     *regex.Index    // of regexes
	fallback  *result[S]      // nil: the empty text
}

// ready is called when all lines have been read.
func (m *table[S]) ready() {
	m.index = regex.NewIndex(m.regexes, func(x *expression[S]) *regex.Regexp { return x.re })
}

// An expression is a regular expression and what it maps to.
type expression[S subject] struct {
	re *regex.Regexp
	to *result[S]
}

// A result is what something maps to.
type result[S subject] struct {
	text     []byte            // if template is nil
	template *vars.Template[S] // with variables
}

// value evaluates the map.
func (m *table[S]) value(s S) []byte {
	val := m.source.Eval(s, s.Alloc)
	if n := len(val); m.hostnames && n > 0 && val[n-1] == '.' {
		val = val[:n-1]
	}
	to := m.find(s, val)
	switch {
	case to == nil:
		return nothing
	case to.template == nil:
		return to.text
	}
	return to.template.Eval(s, s.Alloc)
}

var nothing = []byte{}

// find returns what val maps to. The captures of a regular expression are
// those of s from then on.
func (m *table[S]) find(s S, val []byte) *result[S] {
	var short [128]byte
	low := val
	if upper(val) {
		if len(val) <= len(short) {
			low = short[:len(val)]
		} else {
			low = s.Alloc(len(val))[:len(val)]
		}
		for i, c := range val {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			low[i] = c
		}
	}
	if to := m.keys.Find(low); to != nil {
		return to
	}
	if len(val) > 0 && len(m.regexes) > 0 {
		return m.findRegex(s, val)
	}
	return m.fallback
}

func (m *table[S]) findRegex(s S, val []byte) *result[S] {
	to := m.fallback
	m.index.Each(val, len(m.regexes), func(i int) bool {
		x := &m.regexes[i]
		ok, err := s.Exec(x.re, val)
		if ok && err == nil {
			to = x.to
		}
		return !ok && err == nil
	})
	return to
}

func upper(s []byte) bool {
	for _, c := range s {
		if c >= 'A' && c <= 'Z' {
			return true
		}
	}
	return false
}
