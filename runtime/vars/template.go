package vars

import (
	"errors"
	"fmt"
	"strings"

	"understudy/parser/diag"
)

// A Template is a text with variables in it; nginx calls it a complex value.
// The zero Template is the empty text.
type Template[S Subject] struct {
	Source string // as written
	Pos    diag.Pos
	table  *Table[S]
	segs   []segment
}

type segment struct {
	lit     []byte // if not nil
	idx     Index
	capture int8 // $1 to $9, if not 0; -1 is $0
}

// Text returns a template without variables: every byte stands for itself.
func Text[S Subject](text string) *Template[S] {
	t := &Template[S]{Source: text}
	if text != "" {
		t.segs = []segment{{lit: []byte(text)}}
	}
	return t
}

// Compile splits src into segments. Indexes come from t. The errors have
// nginx's words.
func (t *Table[S]) Compile(src string, at diag.Pos) (*Template[S], error) {
	tm := &Template[S]{Source: src, Pos: at, table: t}
	for rest := src; rest != ""; {
		d := strings.IndexByte(rest, '$')
		if d != 0 {
			if d < 0 {
				d = len(rest)
			}
			tm.segs = append(tm.segs, segment{lit: []byte(rest[:d])})
			rest = rest[d:]
			continue
		}
		rest = rest[1:]
		if rest == "" {
			return nil, errors.New("invalid variable name")
		}
		if c := rest[0]; c >= '1' && c <= '9' {
			tm.segs = append(tm.segs, segment{capture: int8(c - '0')})
			rest = rest[1:]
			continue
		}
		name, after, err := cutName(rest)
		if err != nil {
			return nil, err
		}
		tm.segs = append(tm.segs, segment{idx: t.Index(name, at)})
		rest = after
	}
	return tm, nil
}

func cutName(s string) (name, rest string, err error) {
	braced := s[0] == '{'
	if braced {
		if s = s[1:]; s == "" {
			return "", "", errors.New("invalid variable name")
		}
	}
	i := 0
	for i < len(s) && (s[i] == '_' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' || s[i] >= '0' && s[i] <= '9') {
		i++
	}
	name, rest = s[:i], s[i:]
	if braced {
		if !strings.HasPrefix(rest, "}") {
			return "", "", fmt.Errorf("the closing bracket in %q variable is missing", name)
		}
		rest = rest[1:]
	}
	if name == "" {
		return "", "", errors.New("invalid variable name")
	}
	return name, rest, nil
}

// Literal returns the text of a template without variables.
func (tm *Template[S]) Literal() (text []byte, ok bool) {
	switch {
	case tm == nil || len(tm.segs) == 0:
		return nil, true
	case len(tm.segs) == 1 && tm.segs[0].lit != nil:
		return tm.segs[0].lit, true
	}
	return nil, false
}

// Variable returns the index of a template that is one variable and nothing else.
func (tm *Template[S]) Variable() (i Index, ok bool) {
	if tm != nil && len(tm.segs) == 1 && tm.segs[0].lit == nil && tm.segs[0].capture == 0 {
		return tm.segs[0].idx, true
	}
	return None, false
}

// Captures reports whether tm uses $1 to $9.
func (tm *Template[S]) Captures() bool {
	for i := range tm.segs {
		if tm.segs[i].capture != 0 {
			return true
		}
	}
	return false
}

// MaxCapture returns the highest n of $n that tm uses, or 0.
func (tm *Template[S]) MaxCapture() int {
	n := 0
	for i := range tm.segs {
		n = max(n, int(tm.segs[i].capture))
	}
	return n
}

func (tm *Template[S]) value(s S, seg *segment) []byte {
	if seg.capture != 0 {
		return s.Capture(int(seg.capture))
	}
	val, _ := tm.table.Get(s, seg.idx)
	return val
}

// Append appends tm evaluated for s to dst.
func (tm *Template[S]) Append(dst []byte, s S) []byte {
	for i := range tm.segs {
		if seg := &tm.segs[i]; seg.lit != nil {
			dst = append(dst, seg.lit...)
		} else {
			dst = append(dst, tm.value(s, seg)...)
		}
	}
	return dst
}

// AppendEscaped appends tm evaluated for s to dst, passing captures, but neither
// literal text nor variables, through escape.
func (tm *Template[S]) AppendEscaped(dst []byte, s S, escape func(dst, val []byte) []byte) []byte {
	for i := range tm.segs {
		switch seg := &tm.segs[i]; {
		case seg.lit != nil:
			dst = append(dst, seg.lit...)
		case seg.capture != 0:
			dst = escape(dst, s.Capture(int(seg.capture)))
		default:
			dst = append(dst, tm.value(s, seg)...)
		}
	}
	return dst
}

// Eval returns tm evaluated for s. A template that is one literal or one
// variable is not copied; anything else is appended to what alloc returns,
// which should be empty and have room for n bytes.
func (tm *Template[S]) Eval(s S, alloc func(n int) []byte) []byte {
	switch {
	case tm == nil || len(tm.segs) == 0:
		return nil
	case len(tm.segs) == 1:
		if seg := &tm.segs[0]; seg.lit != nil {
			return seg.lit
		} else {
			return tm.value(s, seg)
		}
	}
	n := 0
	for i := range tm.segs {
		if seg := &tm.segs[i]; seg.lit != nil {
			n += len(seg.lit)
		} else {
			n += len(tm.value(s, seg))
		}
	}
	return tm.Append(alloc(n), s)
}
