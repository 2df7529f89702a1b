package regex

import "strings"

const (
	maxDepth  = 250 // PCRE2's default limit of nested parentheses
	maxCount  = 65535
	maxGroups = 65535
)

// options are those that (?imsxnU) change.
type options struct {
	fold, multiline, dotAll, extended, extendedMore, noCapture, ungreedy bool
}

// A parser reads a pattern the way PCRE2 does, so that it stops at the same
// byte of a wrong one. References to groups are checked after the whole
// pattern was read, as there.
type parser struct {
	src    string
	pos    int
	opts   options
	depth  int
	groups int
	names  []Named
	refs   []reference
	looks  []lookbehind
	first  [10]int // 1 + offset of the first reference to a group of one digit
}

// A reference is checked once all groups are known.
type reference struct {
	n    *node
	name string // "" for a number
	at   int
}

type lookbehind struct {
	n  *node
	at int
}

func (p *parser) more() bool { return p.pos < len(p.src) }

func (p *parser) peek(c byte) bool { return p.pos < len(p.src) && p.src[p.pos] == c }

func (p *parser) fail(c code, at int) error {
	return &Error{Pattern: p.src, Offset: at, Reason: messages[c]}
}

// refuse reports a construct that PCRE2 knows and this package does not run.
func (p *parser) refuse(what, text string, at int) error {
	return &Error{Pattern: p.src, Offset: at, Reason: what + " \"" + text + "\"", foreign: true}
}

func parse(src string, o options) (*parser, *node, error) {
	p := &parser{src: src, opts: o}
	if err := p.startOptions(); err != nil {
		return nil, nil, err
	}
	n, err := p.alternatives()
	if err != nil {
		return nil, nil, err
	}
	if p.more() { // only a ")" ends alternatives early
		return nil, nil, p.fail(22, p.pos)
	}
	if err := p.resolve(); err != nil {
		return nil, nil, err
	}
	return p, n, nil
}

// startOptions reads (*NAME) settings before the pattern. Those that only
// tune PCRE2 mean nothing here.
func (p *parser) startOptions() error {
	for strings.HasPrefix(p.src[p.pos:], "(*") {
		end := strings.IndexByte(p.src[p.pos:], ')')
		if end < 0 {
			return nil
		}
		text := p.src[p.pos : p.pos+end+1]
		name, _, _ := strings.Cut(text[2:end], "=")
		switch name {
		case "NO_AUTO_POSSESS", "NO_DOTSTAR_ANCHOR", "NO_JIT", "NO_START_OPT", "LF",
			"LIMIT_MATCH", "LIMIT_HEAP", "LIMIT_DEPTH", "LIMIT_RECURSION", "BSR_UNICODE":
			p.pos += end + 1
		case "UTF", "UTF8", "UCP", "CR", "CRLF", "ANY", "ANYCRLF", "NUL", "BSR_ANYCRLF", "NOTEMPTY", "NOTEMPTY_ATSTART":
			return p.refuse("the option", text, p.pos)
		default:
			return nil
		}
	}
	return nil
}

// alternatives reads up to a ")" or the end. Options set inside hold to the
// end of the group, in later alternatives too.
func (p *parser) alternatives() (*node, error) {
	saved := p.opts
	defer func() { p.opts = saved }()
	var alts []*node
	for {
		n, err := p.sequence()
		if err != nil {
			return nil, err
		}
		alts = append(alts, n)
		if !p.peek('|') {
			break
		}
		p.pos++
	}
	if len(alts) == 1 {
		return alts[0], nil
	}
	return &node{kind: kAlt, subs: alts}, nil
}

// sequence reads one alternative.
func (p *parser) sequence() (*node, error) {
	seq := &node{kind: kCat}
	repeatable := false
	for p.more() {
		c := p.src[p.pos]
		if c == '|' || c == ')' {
			break
		}
		if skipped, err := p.skip(); err != nil {
			return nil, err
		} else if skipped {
			continue
		}
		if min, max, n, err := p.quantifier(repeatable); err != nil {
			return nil, err
		} else if n > 0 {
			p.repeat(seq, min, max)
			repeatable = false
			continue
		}
		if strings.HasPrefix(p.src[p.pos:], `\Q`) {
			if p.quoted(seq) {
				repeatable = true
			}
			continue
		}
		item, ok, err := p.item()
		if err != nil {
			return nil, err
		}
		switch {
		case item == nil:
		case item.kind == kCat: // two items in one
			seq.subs = append(seq.subs, item.subs...)
		default:
			seq.subs = append(seq.subs, item)
		}
		repeatable = ok
	}
	if len(seq.subs) == 1 {
		return seq.subs[0], nil
	}
	return seq, nil
}

// skip passes over what means nothing: comments, \E, and white space in
// extended patterns.
func (p *parser) skip() (bool, error) {
	rest := p.src[p.pos:]
	switch {
	case strings.HasPrefix(rest, "(?#"):
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return false, p.fail(18, len(p.src))
		}
		p.pos += end + 1
	case strings.HasPrefix(rest, `\E`):
		p.pos += 2
	case p.opts.extended && (rest[0] == ' ' || rest[0] >= '\t' && rest[0] <= '\r'):
		p.pos++
	case p.opts.extended && rest[0] == '#':
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest) - 1
		}
		p.pos += end + 1
	default:
		return false, nil
	}
	return true, nil
}

// quoted reads \Q…\E, and reports whether there was anything in it.
func (p *parser) quoted(seq *node) bool {
	text := p.src[p.pos+2:]
	end := strings.Index(text, `\E`)
	if end < 0 {
		p.pos = len(p.src)
	} else {
		text = text[:end]
		p.pos += 2 + end + 2
	}
	for i := range len(text) {
		seq.subs = append(seq.subs, p.literal(text[i]))
	}
	return text != ""
}

// quantifier reads *, +, ? or {}; n is its length, 0 if there is none.
func (p *parser) quantifier(repeatable bool) (least, most, n int, err error) {
	start := p.pos
	switch p.src[p.pos] {
	case '*':
		least, most = 0, unlimited
		p.pos++
	case '+':
		least, most = 1, unlimited
		p.pos++
	case '?':
		least, most = 0, 1
		p.pos++
	case '{':
		if least, most, err = p.counts(); err != nil {
			return 0, 0, 0, err
		}
		if p.pos == start {
			return 0, 0, 0, nil
		}
	default:
		return 0, 0, 0, nil
	}
	if !repeatable {
		return 0, 0, 0, p.fail(9, p.pos-1)
	}
	return least, most, p.pos - start, nil
}

// counts reads {n}, {n,} or {n,m}. Anything else in braces is literal, and
// nothing is read of it.
func (p *parser) counts() (least, most int, err error) {
	i := p.pos + 1
	digits := func() bool {
		from := i
		for i < len(p.src) && isDigit(p.src[i]) {
			i++
		}
		return i > from
	}
	if !digits() {
		return 0, 0, nil
	}
	if i < len(p.src) && p.src[i] == ',' {
		i++
		digits()
	}
	if i >= len(p.src) || p.src[i] != '}' {
		return 0, 0, nil
	}
	end := i + 1
	i = p.pos + 1
	if least, i, err = p.count(i); err != nil {
		return 0, 0, err
	}
	most = least
	if p.src[i] == ',' {
		i++
		most = unlimited
		if p.src[i] != '}' {
			if most, i, err = p.count(i); err != nil {
				return 0, 0, err
			}
			if most < least {
				return 0, 0, p.fail(4, i)
			}
		}
	}
	p.pos = end
	return least, most, nil
}

func (p *parser) count(i int) (n, end int, err error) {
	for ; isDigit(p.src[i]); i++ {
		n = n*10 + int(p.src[i]-'0')
		if n > maxCount {
			return 0, 0, p.fail(5, i+1)
		}
	}
	return n, i, nil
}

// repeat puts the last item of seq under a quantifier.
func (p *parser) repeat(seq *node, least, most int) {
	m := greedy
	if p.opts.ungreedy {
		m = lazy
	}
	for strings.HasPrefix(p.src[p.pos:], `\E`) {
		p.pos += 2
	}
	switch {
	case p.peek('+'):
		m = possessive
		p.pos++
	case p.peek('?'):
		m = lazy
		if p.opts.ungreedy {
			m = greedy
		}
		p.pos++
	}
	last := &seq.subs[len(seq.subs)-1]
	if (*last).kind == kLook { // once is as good as often
		least = min(least, 1)
		if most != 0 {
			most = 1
		}
	}
	n := &node{kind: kRepeat, min: least, max: most, mode: m, subs: []*node{*last}}
	if m == possessive && (*last).kind != kSet {
		n.mode = greedy
		n = &node{kind: kAtomic, subs: []*node{n}}
	}
	*last = n
}

// item reads one item that is not a quantifier. The node is nil for items
// that match nothing, such as (?i).
func (p *parser) item() (n *node, repeatable bool, err error) {
	c := p.src[p.pos]
	switch c {
	case '^':
		p.pos++
		if p.opts.multiline {
			return &node{kind: kAssert, at: atLine}, false, nil
		}
		return &node{kind: kAssert, at: atStart}, false, nil
	case '$':
		p.pos++
		if p.opts.multiline {
			return &node{kind: kAssert, at: atLineEnd}, false, nil
		}
		return &node{kind: kAssert, at: atEnd}, false, nil
	case '.':
		p.pos++
		all := set{}.not()
		if !p.opts.dotAll {
			all = notNewline()
		}
		return &node{kind: kSet, set: all}, true, nil
	case '[':
		return p.class()
	case '(':
		return p.group()
	case '\\':
		return p.escaped()
	}
	p.pos++
	return p.literal(c), true, nil
}

func (p *parser) literal(c byte) *node {
	n := &node{kind: kSet}
	n.set.add(c)
	if p.opts.fold {
		n.set.fold()
	}
	return n
}

func notNewline() set {
	var s set
	s.add('\n')
	return s.not()
}

// resolve checks what needs the whole pattern: the width of look-behinds
// first, then references, each kind in the order of the text.
func (p *parser) resolve() error {
	for _, l := range p.looks {
		if err := p.bindBehind(l); err != nil {
			return err
		}
		if !fixedBehind(l.n.subs[0]) {
			return p.fail(25, l.at)
		}
	}
	for _, r := range p.refs {
		if err := p.bind(r); err != nil {
			return err
		}
	}
	return nil
}

// bind finds the group of a reference.
func (p *parser) bind(r reference) error {
	if r.name != "" {
		for _, n := range p.names {
			if n.Name == r.name {
				r.n.index = n.Index
			}
		}
		if r.n.index == 0 {
			return p.fail(15, r.at)
		}
	}
	if r.n.index > p.groups {
		return p.fail(15, r.at)
	}
	return nil
}

// bindBehind refuses references in a look-behind, unless they are wrong.
func (p *parser) bindBehind(l lookbehind) (err error) {
	l.n.walk(func(n *node) {
		for _, r := range p.refs {
			if r.n != n || err != nil {
				continue
			}
			if err = p.bind(r); err == nil {
				err = p.refuse("the reference in the look-behind", p.src[l.at:], l.at)
			}
		}
	})
	return err
}

// fixedBehind reports whether PCRE2 accepts n in a look-behind: only its
// outermost alternatives may differ in width.
func fixedBehind(n *node) bool {
	if n.kind != kAlt {
		return fixed(n)
	}
	for _, s := range n.subs {
		if !fixed(s) {
			return false
		}
	}
	return true
}

func fixed(n *node) bool {
	least, most := n.width()
	return least == most
}
