package regex

import (
	"strings"
	"unicode"
)

type escapeKind uint8

const (
	escByte    escapeKind = iota // a byte, c
	escClass                     // a set of bytes
	escLetter                    // the letter c, with a meaning of its own
	escBackref                   // group number
	escName                      // \k: a name follows
)

type escape struct {
	what   escapeKind
	c      byte
	set    set
	number int
}

// controls are escapes for single bytes.
var controls = map[byte]byte{'a': 7, 'e': 27, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads an escape whose backslash was read.
func (p *parser) escape(inClass bool) (escape, error) {
	if !p.more() {
		return escape{}, p.fail(1, p.pos)
	}
	c := p.src[p.pos]
	p.pos++
	if !isWord(c) || c == '_' {
		return escape{c: c}, nil
	}
	if b, ok := controls[c]; ok {
		return escape{c: b}, nil
	}
	if s, ok := classEscape(c); ok {
		return escape{what: escClass, set: s}, nil
	}
	switch c {
	case 'F', 'l', 'L', 'u', 'U':
		return escape{}, p.fail(37, p.pos)
	case 'g':
		if inClass {
			return escape{c: 'g'}, nil
		}
		return p.groupEscape()
	case 'o':
		return p.octalBraces()
	case 'x':
		return p.hex()
	case 'c':
		return p.control()
	case 'p', 'P':
		return p.property(c == 'P')
	case 'N':
		if p.peek('{') {
			return p.nothing()
		}
	case 'A', 'B', 'b', 'C', 'E', 'G', 'K', 'k', 'Q', 'R', 'X', 'Z', 'z':
	default:
		if isDigit(c) {
			return p.number(c, inClass)
		}
		return escape{}, p.fail(3, p.pos-1)
	}
	if c == 'k' && !inClass {
		return escape{what: escName}, nil
	}
	return escape{what: escLetter, c: c}, nil
}

// nothing reads \N{…}, which is \N with a quantifier or a mistake.
func (p *parser) nothing() (escape, error) {
	q := *p
	if _, _, err := q.counts(); err != nil {
		e := err.(*Error)
		e.Offset = p.pos
		return escape{}, e
	} else if q.pos > p.pos {
		return escape{what: escLetter, c: 'N'}, nil
	}
	if strings.HasPrefix(p.src[p.pos:], "{U+") {
		return escape{}, p.fail(93, p.pos)
	}
	return escape{}, p.fail(37, p.pos)
}

// number reads \1, which may be a reference or an octal number.
func (p *parser) number(c byte, inClass bool) (escape, error) {
	start := p.pos - 1
	if c != '0' && !inClass {
		n, i := 0, start
		for i < len(p.src) && isDigit(p.src[i]) {
			if n = n*10 + int(p.src[i]-'0'); n > 1<<31/10-1 {
				return escape{}, p.fail(61, i+1)
			}
			i++
		}
		if n < 10 || c >= '8' || n <= p.groups {
			p.pos = i
			if n > maxGroups {
				return escape{}, p.fail(61, i)
			}
			return escape{what: escBackref, number: n}, nil
		}
	}
	if c >= '8' {
		return escape{c: c}, nil
	}
	v := int(c - '0')
	for i := 0; i < 2 && p.more() && p.src[p.pos] >= '0' && p.src[p.pos] <= '7'; i++ {
		v = v*8 + int(p.src[p.pos]-'0')
		p.pos++
	}
	if v > 255 {
		return escape{}, p.fail(51, p.pos)
	}
	return escape{c: byte(v)}, nil
}

func (p *parser) octalBraces() (escape, error) {
	if !p.peek('{') {
		return escape{}, p.fail(55, min(p.pos, len(p.src)-1))
	}
	p.pos++
	return p.braces(8, 64)
}

func (p *parser) hex() (escape, error) {
	if p.peek('{') {
		p.pos++
		return p.braces(16, 67)
	}
	v := 0
	for i := 0; i < 2 && p.more(); i++ {
		d, ok := digit(p.src[p.pos], 16)
		if !ok {
			break
		}
		v = v*16 + d
		p.pos++
	}
	return escape{c: byte(v)}, nil
}

// braces reads the number of \x{…} and \o{…} after its brace.
func (p *parser) braces(base int, bad code) (escape, error) {
	if !p.more() || p.src[p.pos] == '}' {
		return escape{}, p.fail(78, p.pos)
	}
	v := 0
	for p.more() {
		d, ok := digit(p.src[p.pos], base)
		if !ok {
			break
		}
		p.pos++
		if v = v*base + d; v > 255 {
			for p.more() {
				if _, ok := digit(p.src[p.pos], base); !ok {
					break
				}
				p.pos++
			}
			return escape{}, p.fail(34, p.pos)
		}
	}
	if !p.more() {
		return escape{}, p.fail(bad, p.pos-1)
	}
	if !p.peek('}') {
		return escape{}, p.fail(bad, p.pos)
	}
	p.pos++
	return escape{c: byte(v)}, nil
}

func (p *parser) control() (escape, error) {
	if !p.more() {
		return escape{}, p.fail(2, p.pos)
	}
	c := p.src[p.pos]
	if c >= 'a' && c <= 'z' {
		c -= 32
	}
	if c < 32 || c > 126 {
		return escape{}, p.fail(68, p.pos)
	}
	p.pos++
	return escape{c: c ^ 0x40}, nil
}

// property reads \pL and \p{Name}. Bytes are taken for Latin-1, as by PCRE2
// outside UTF mode.
func (p *parser) property(negative bool) (escape, error) {
	start := p.pos
	if !p.more() {
		return escape{}, p.fail(46, p.pos)
	}
	name := strings.ToUpper(p.src[p.pos : p.pos+1])
	p.pos++
	switch {
	case name == "{":
		end := strings.IndexByte(p.src[p.pos:], '}')
		if end < 0 {
			return escape{}, p.fail(46, len(p.src))
		}
		name = p.src[p.pos : p.pos+end]
		p.pos += end + 1
		if strings.HasPrefix(name, "^") {
			name, negative = name[1:], !negative
		}
	case name[0] < 'A' || name[0] > 'Z':
		return escape{}, p.fail(46, p.pos)
	}
	t, ok := unicode.Categories[name]
	if !ok {
		if name == "L&" || name == "Any" || unicode.Scripts[name] != nil || strings.HasPrefix(name, "X") || len(name) > 2 {
			return escape{}, p.refuse("the property", `\p`+p.src[start:p.pos], start)
		}
		return escape{}, p.fail(47, p.pos)
	}
	var s set
	for c := range 256 {
		if unicode.Is(t, rune(c)) != negative {
			s.add(byte(c))
		}
	}
	return escape{what: escClass, set: s}, nil
}

// groupEscape reads \g1, \g{-1} and \g{name}.
func (p *parser) groupEscape() (escape, error) {
	if !p.more() {
		return escape{}, p.fail(57, p.pos)
	}
	if c := p.src[p.pos]; c == '<' || c == '\'' {
		return escape{}, p.refuse("the subroutine call", p.src[p.pos-2:], p.pos-2)
	}
	braces := p.peek('{')
	i := p.pos
	if braces {
		i++
	}
	sign := byte(0)
	if i < len(p.src) && (p.src[i] == '-' || p.src[i] == '+') {
		sign = p.src[i]
		i++
	}
	from, n := i, 0
	for i < len(p.src) && isDigit(p.src[i]) {
		if n = n*10 + int(p.src[i]-'0'); n > maxGroups {
			return escape{}, p.fail(61, i+1)
		}
		i++
	}
	if i == from {
		if braces {
			return escape{what: escName}, nil
		}
		return escape{}, p.fail(57, p.pos)
	}
	// A wrong number in braces is reported at its brace, before the other
	// brace is looked for.
	if !braces {
		p.pos = i
	}
	switch {
	case sign != 0 && n == 0:
		return escape{}, p.fail(26, p.pos)
	case sign == '-' && n > p.groups:
		return escape{}, p.fail(15, p.pos)
	case sign == '-':
		n = p.groups - n + 1
	case sign == '+':
		n += p.groups
	}
	if braces {
		if i >= len(p.src) || p.src[i] != '}' {
			return escape{}, p.fail(57, p.pos)
		}
		i++
	}
	p.pos = i
	if n == 0 {
		return escape{}, p.fail(15, p.pos)
	}
	return escape{what: escBackref, number: n}, nil
}

// escaped reads an escape outside a class.
func (p *parser) escaped() (*node, bool, error) {
	start := p.pos
	p.pos++
	e, err := p.escape(false)
	if err != nil {
		return nil, false, err
	}
	switch e.what {
	case escByte:
		return p.literal(e.c), true, nil
	case escClass:
		return &node{kind: kSet, set: e.set}, true, nil
	case escBackref:
		return p.backref(e.number), true, nil
	case escName:
		return p.namedBackref()
	}
	switch e.c {
	case 'C':
		return &node{kind: kSet, set: set{}.not()}, true, nil
	case 'N':
		return &node{kind: kSet, set: notNewline()}, true, nil
	case 'R':
		return newline(), true, nil
	case 'A':
		return &node{kind: kAssert, at: atStart}, false, nil
	case 'Z':
		return &node{kind: kAssert, at: atEnd}, false, nil
	case 'z':
		return &node{kind: kAssert, at: atVeryEnd}, false, nil
	case 'b':
		return &node{kind: kAssert, at: atWord}, false, nil
	case 'B':
		return &node{kind: kAssert, at: atNoWord}, false, nil
	case 'G':
		return &node{kind: kAssert, at: atStartMatch}, false, nil
	}
	return nil, false, p.refuse("the escape", p.src[start:p.pos], start)
}

// newline is \R: (?>\r\n|\n|\x0b|\f|\r|\x85).
func newline() *node {
	cr, lf := ranges('\r', '\r'), ranges('\n', '\n')
	pair := &node{kind: kCat, subs: []*node{{kind: kSet, set: cr}, {kind: kSet, set: lf}}}
	one := &node{kind: kSet, set: breaks()}
	return &node{kind: kAtomic, subs: []*node{{kind: kAlt, subs: []*node{pair, one}}}}
}

func (p *parser) backref(number int) *node {
	n := &node{kind: kBackref, index: number, fold: p.opts.fold}
	at := p.pos - 1
	if number < len(p.first) { // PCRE2 remembers the first place only
		if p.first[number] == 0 {
			p.first[number] = 1 + at
		}
		at = p.first[number] - 1
	}
	p.refs = append(p.refs, reference{n: n, at: at})
	return n
}

func (p *parser) namedBackref() (*node, bool, error) {
	if !p.more() {
		return nil, false, p.fail(69, p.pos)
	}
	ends := map[byte]byte{'{': '}', '<': '>', '\'': '\''}
	end, ok := ends[p.src[p.pos]]
	if !ok {
		return nil, false, p.fail(69, p.pos)
	}
	p.pos++
	name, at, err := p.name(end)
	if err != nil {
		return nil, false, err
	}
	n := &node{kind: kBackref, fold: p.opts.fold}
	p.refs = append(p.refs, reference{n: n, name: name, at: at})
	return n, true, nil
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func digit(c byte, base int) (int, bool) {
	d := 99
	switch {
	case isDigit(c):
		d = int(c - '0')
	case c >= 'a' && c <= 'f':
		d = int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		d = int(c-'A') + 10
	}
	return d, d < base
}
