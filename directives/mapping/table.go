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
	fallback  *result[S]      // nil: the empty text
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
	if len(val) > 0 {
		for i := range m.regexes {
			x := &m.regexes[i]
			ok, err := s.Exec(x.re, val)
			if err != nil {
				break
			}
			if ok {
				return x.to
			}
		}
	}
	return m.fallback
}

func upper(s []byte) bool {
	for _, c := range s {
		if c >= 'A' && c <= 'Z' {
			return true
		}
	}
	return false
}
