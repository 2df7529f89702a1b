package regex

import "strings"

// The byte classes of PCRE2's built-in tables, which are those of the C locale.
func digits() set { return ranges('0', '9') }
func words() set  { return ranges('0', '9', 'A', 'Z', 'a', 'z', '_', '_') }
func spaces() set { return ranges('\t', '\r', ' ', ' ') }
func blanks() set { return ranges('\t', '\t', ' ', ' ', 0xa0, 0xa0) } // \h
func breaks() set { return ranges('\n', '\r', 0x85, 0x85) }           // \v

func ranges(bounds ...byte) set {
	var s set
	for i := 0; i < len(bounds); i += 2 {
		s.addRange(bounds[i], bounds[i+1])
	}
	return s
}

// posix returns a class by its name in brackets.
func posix(name string) (set, bool) {
	switch name {
	case "alpha":
		return ranges('A', 'Z', 'a', 'z'), true
	case "lower":
		return ranges('a', 'z'), true
	case "upper":
		return ranges('A', 'Z'), true
	case "alnum":
		return ranges('0', '9', 'A', 'Z', 'a', 'z'), true
	case "ascii":
		return ranges(0, 127), true
	case "blank":
		return ranges('\t', '\t', ' ', ' '), true
	case "cntrl":
		return ranges(0, 31, 127, 127), true
	case "digit":
		return digits(), true
	case "graph":
		return ranges('!', '~'), true
	case "print":
		return ranges(' ', '~'), true
	case "punct":
		return ranges('!', '/', ':', '@', '[', '`', '{', '~'), true
	case "space":
		return spaces(), true
	case "word":
		return words(), true
	case "xdigit":
		return ranges('0', '9', 'A', 'F', 'a', 'f'), true
	}
	return set{}, false
}

// classEscape returns the set of an escape such as \d.
func classEscape(c byte) (set, bool) {
	switch c {
	case 'd':
		return digits(), true
	case 'D':
		return digits().not(), true
	case 'w':
		return words(), true
	case 'W':
		return words().not(), true
	case 's':
		return spaces(), true
	case 'S':
		return spaces().not(), true
	case 'h':
		return blanks(), true
	case 'H':
		return blanks().not(), true
	case 'v':
		return breaks(), true
	case 'V':
		return breaks().not(), true
	}
	return set{}, false
}

// posixName finds the end of [:name:] (or [.x.], [=x=]) whose "[" was read,
// and returns the offset of its second mark, or -1.
func (p *parser) posixName() int {
	if len(p.src)-p.pos < 3 {
		return -1
	}
	mark := p.src[p.pos]
	if mark != ':' && mark != '.' && mark != '=' {
		return -1
	}
	for i := p.pos + 1; i+1 < len(p.src); i++ {
		switch {
		case p.src[i] == '\\' && (p.src[i+1] == ']' || p.src[i+1] == '\\'):
			i++
		case p.src[i] == '[' && p.src[i+1] == mark, p.src[i] == ']':
			return -1
		case p.src[i] == mark && p.src[i+1] == ']':
			return i
		}
	}
	return -1
}

// A classReader gathers the members of a class, and knows what a hyphen
// would mean next.
type classReader struct {
	p       *parser
	set     set
	last    byte
	state   rangeState
	quoting bool
}

type rangeState uint8

const (
	noRange      rangeState = iota // a hyphen is literal
	mayRange                       // a single byte was read: a hyphen makes a range
	rangeStarted                   // its hyphen was read
)

// class reads a class in brackets.
func (p *parser) class() (*node, bool, error) {
	start := p.pos
	p.pos++
	if end := p.posixName(); end >= 0 {
		switch p.src[start:min(start+7, len(p.src))] {
		case "[[:<:]]", "[[:>:]]":
		default:
			if p.src[p.pos] == ':' {
				return nil, false, p.fail(12, start)
			}
			return nil, false, p.fail(13, start)
		}
	}
	switch p.src[start:min(start+7, len(p.src))] {
	case "[[:<:]]":
		p.pos = start + 7
		return wordMark(&node{kind: kLook}), true, nil
	case "[[:>:]]":
		p.pos = start + 7
		return wordMark(&node{kind: kLook, behind: true}), true, nil
	}
	negative := p.classStart()
	if !p.more() && p.src[p.pos-1] == 'E' { // PCRE2 still holds the backslash of \E
		return nil, false, p.fail(1, p.pos)
	}
	r := &classReader{p: p}
	for first := true; ; first = false {
		if !p.more() {
			return nil, false, p.fail(6, len(p.src))
		}
		c := p.src[p.pos]
		if c == ']' && !first && !r.quoting {
			p.pos++
			break
		}
		if err := r.member(); err != nil {
			return nil, false, err
		}
	}
	if r.state == rangeStarted {
		r.set.add('-')
	}
	if p.opts.fold {
		r.set.fold()
	}
	if negative {
		r.set = r.set.not()
	}
	return &node{kind: kSet, set: r.set}, true, nil
}

// wordMark is [[:<:]] or [[:>:]], which are \b and a look at a letter. A
// quantifier, if any, is for the look.
func wordMark(look *node) *node {
	look.subs = []*node{{kind: kSet, set: words()}}
	return &node{kind: kCat, subs: []*node{{kind: kAssert, at: atWord}, look}}
}

// classStart reads a "^", and whatever means nothing on either side of it.
func (p *parser) classStart() (negative bool) {
	for p.more() {
		rest := p.src[p.pos:]
		switch {
		case strings.HasPrefix(rest, `\E`):
			p.pos += 2
		case strings.HasPrefix(rest, `\Q\E`):
			p.pos += 4
		case p.opts.extendedMore && (rest[0] == ' ' || rest[0] == '\t'):
			p.pos++
		case !negative && rest[0] == '^':
			negative = true
			p.pos++
		default:
			return negative
		}
	}
	return negative
}

// member reads one member of the class, or half a range.
func (r *classReader) member() error {
	p := r.p
	c := p.src[p.pos]
	p.pos++
	if r.quoting {
		if c == '\\' && p.peek('E') {
			p.pos++
			r.quoting = false
			return nil
		}
		return r.byte(c)
	}
	switch {
	case p.opts.extendedMore && (c == ' ' || c == '\t'):
		return nil
	case c == '[':
		if end := p.posixName(); end >= 0 {
			return r.posix(end)
		}
	case c == '-' && r.state == mayRange:
		r.state = rangeStarted
		return nil
	case c == '\\':
		return r.escape()
	}
	return r.byte(c)
}

// byte adds a single byte, or ends a range with it.
func (r *classReader) byte(c byte) error {
	if r.state != rangeStarted {
		r.set.add(c)
		r.last, r.state = c, mayRange
		return nil
	}
	if c < r.last {
		return r.p.fail(8, r.p.pos-1)
	}
	r.set.addRange(r.last, c)
	r.state = noRange
	return nil
}

func (r *classReader) posix(end int) error {
	p := r.p
	if r.state == rangeStarted {
		return p.fail(50, p.pos)
	}
	if p.src[p.pos] != ':' {
		return p.fail(13, p.pos-1)
	}
	p.pos++
	negative := p.peek('^')
	if negative {
		p.pos++
	}
	name := p.src[p.pos:end]
	s, ok := posix(name)
	if !ok {
		return p.fail(30, p.pos)
	}
	if p.opts.fold && (name == "lower" || name == "upper") {
		s, _ = posix("alpha")
	}
	if negative {
		s = s.not()
	}
	p.pos = end + 2
	return r.add(s)
}

// add adds a class of several bytes. PCRE2 takes a hyphen beside one for a
// mistake.
func (r *classReader) add(s set) error {
	p := r.p
	if p.pos < len(p.src)-1 && p.src[p.pos] == '-' && p.src[p.pos+1] != ']' {
		return p.fail(50, p.pos)
	}
	r.set.union(s)
	r.state = noRange
	return nil
}

func (r *classReader) escape() error {
	p := r.p
	if r.state == rangeStarted && (p.peek('p') || p.peek('P')) {
		return p.fail(50, p.pos+1)
	}
	e, err := p.escape(true)
	if err != nil {
		return err
	}
	switch e.what {
	case escByte:
		return r.byte(e.c)
	case escClass:
		if r.state == rangeStarted {
			return p.fail(50, p.pos)
		}
		return r.add(e.set)
	}
	switch e.c {
	case 'b':
		return r.byte('\b')
	case 'Q':
		r.quoting = true
		return nil
	case 'E':
		return nil
	case 'B', 'R', 'X':
		return p.fail(7, p.pos-1)
	}
	if r.state == rangeStarted {
		return p.fail(50, p.pos)
	}
	if e.c == 'N' {
		return p.fail(71, p.pos)
	}
	return p.fail(7, p.pos-1)
}
