package regex

import "strings"

// group reads everything that begins with "(".
func (p *parser) group() (*node, bool, error) {
	start := p.pos
	p.pos++
	if !p.more() {
		return nil, false, p.fail(14, p.pos)
	}
	if p.src[p.pos] == '*' && len(p.src)-p.pos > 1 {
		return nil, false, p.verb(start)
	}
	if p.src[p.pos] != '?' {
		if p.opts.noCapture {
			return p.inside(&node{kind: kEmpty}, start)
		}
		return p.capture("", start)
	}
	p.pos++
	if !p.more() {
		return nil, false, p.fail(14, p.pos)
	}
	rest := p.src[p.pos:]
	after := byte(0)
	if len(rest) > 1 {
		after = rest[1]
	}
	switch rest[0] {
	case ':':
		p.pos++
		return p.inside(&node{kind: kEmpty}, start)
	case '>':
		p.pos++
		return p.inside(&node{kind: kAtomic}, start)
	case '=', '!':
		p.pos++
		return p.inside(&node{kind: kLook, negative: rest[0] == '!'}, start)
	case '<':
		if after == '=' || after == '!' {
			p.pos += 2
			return p.inside(&node{kind: kLook, behind: true, negative: after == '!'}, start)
		}
		if after == '*' {
			return nil, false, p.refuse("the non-atomic look-behind", "(?<*", start)
		}
		return p.named('>', start)
	case '\'':
		return p.named('\'', start)
	case 'P':
		return p.python(start)
	case '(':
		return p.conditional(start)
	case '|':
		return nil, false, p.refuse("the branch reset", "(?|", start)
	case '*':
		return nil, false, p.refuse("the non-atomic look-ahead", "(?*", start)
	case 'C':
		return nil, false, p.refuse("the callout", "(?C", start)
	case 'R', '&', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return nil, false, p.recursion(start)
	case '-':
		if isDigit(after) {
			return nil, false, p.recursion(start)
		}
	}
	return p.setting(start)
}

func (p *parser) recursion(start int) error {
	text := p.src[start:]
	if end := strings.IndexByte(text, ')'); end >= 0 {
		text = text[:end+1]
	}
	return p.refuse("the recursion", text, start)
}

// verb refuses (*VERB) by name, as they steer PCRE2's own backtracking.
func (p *parser) verb(start int) error {
	i := p.pos + 1
	for i < len(p.src) && (isWord(p.src[i])) {
		i++
	}
	name, _, _ := strings.Cut(p.src[p.pos+1:], ")")
	name, _, _ = strings.Cut(name, ":")
	switch name {
	case "ACCEPT", "COMMIT", "F", "FAIL", "MARK", "", "PRUNE", "SKIP", "THEN":
		if strings.IndexByte(p.src[p.pos:], ')') >= 0 {
			return p.refuse("the verb", "(*"+name+")", start)
		}
		if i < len(p.src) && p.src[i] == ':' {
			return p.fail(60, len(p.src))
		}
	case "pla", "plb", "nla", "nlb", "napla", "naplb", "atomic", "sr", "asr",
		"positive_lookahead", "positive_lookbehind", "negative_lookahead", "negative_lookbehind",
		"non_atomic_positive_lookahead", "non_atomic_positive_lookbehind", "script_run", "atomic_script_run":
		return p.refuse("the assertion", "(*"+name+":", start)
	}
	if name != "" && name[0] >= 'a' && name[0] <= 'z' {
		return p.fail(95, i)
	}
	return p.fail(60, i)
}

// capture reads a capturing group up to its ")".
func (p *parser) capture(name string, start int) (*node, bool, error) {
	p.groups++
	index := p.groups
	if name != "" {
		p.names = append(p.names, Named{name, index})
	}
	return p.inside(&node{kind: kGroup, index: index}, start)
}

// inside reads the alternatives of a group and its ")".
func (p *parser) inside(n *node, start int) (*node, bool, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, false, p.fail(19, p.pos)
	}
	if n.kind == kLook && n.behind {
		p.looks = append(p.looks, lookbehind{n, start})
	}
	sub, err := p.alternatives()
	if err != nil {
		return nil, false, err
	}
	if !p.more() {
		return nil, false, p.fail(14, p.pos)
	}
	p.pos++
	p.depth--
	if n.kind == kEmpty { // (?:…) needs no node, but must not melt into its neighbours
		return &node{kind: kAlt, subs: []*node{sub}}, true, nil
	}
	n.subs = []*node{sub}
	return n, true, nil
}

// name reads a group's name after its opening mark.
func (p *parser) name(end byte) (name string, at int, err error) {
	if !p.more() {
		return "", 0, p.fail(62, p.pos)
	}
	at = p.pos
	if isDigit(p.src[p.pos]) {
		return "", 0, p.fail(44, p.pos)
	}
	for p.more() && isWord(p.src[p.pos]) {
		p.pos++
	}
	name = p.src[at:p.pos]
	switch {
	case len(name) > 32:
		return "", 0, p.fail(48, p.pos)
	case name == "":
		return "", 0, p.fail(62, p.pos)
	case !p.peek(end):
		return "", 0, p.fail(42, p.pos)
	}
	p.pos++
	return name, at, nil
}

func (p *parser) named(end byte, start int) (*node, bool, error) {
	p.pos++
	name, _, err := p.name(end)
	if err != nil {
		return nil, false, err
	}
	for _, n := range p.names {
		if n.Name == name {
			return nil, false, p.fail(43, p.pos)
		}
	}
	return p.capture(name, start)
}

// python reads (?P<name>…), (?P=name).
func (p *parser) python(start int) (*node, bool, error) {
	p.pos++
	if !p.more() {
		return nil, false, p.fail(14, p.pos)
	}
	switch p.src[p.pos] {
	case '<':
		return p.named('>', start)
	case '>':
		return nil, false, p.recursion(start)
	case '=':
		p.pos++
		name, at, err := p.name(')')
		if err != nil {
			return nil, false, err
		}
		n := &node{kind: kBackref, fold: p.opts.fold}
		p.refs = append(p.refs, reference{n: n, name: name, at: at})
		return n, true, nil
	}
	return nil, false, p.fail(41, p.pos)
}

// setting reads (?i-s) and (?i-s:…).
func (p *parser) setting(start int) (*node, bool, error) {
	saved := p.opts
	value, hyphen := true, true
	if p.peek('^') {
		p.opts = options{ungreedy: p.opts.ungreedy}
		hyphen = false
		p.pos++
	}
	for p.more() && p.src[p.pos] != ')' && p.src[p.pos] != ':' {
		c := p.src[p.pos]
		p.pos++
		switch c {
		case '-':
			if !hyphen {
				return nil, false, p.fail(94, p.pos-1)
			}
			value, hyphen = false, false
		case 'i':
			p.opts.fold = value
		case 'm':
			p.opts.multiline = value
		case 's':
			p.opts.dotAll = value
		case 'n':
			p.opts.noCapture = value
		case 'U':
			p.opts.ungreedy = value
		case 'x':
			p.opts.extended = value
			p.opts.extendedMore = false
			if p.peek('x') {
				p.opts.extendedMore = value
				p.pos++
			}
		case 'J':
			return nil, false, p.refuse("the option", "(?J)", start)
		default:
			return nil, false, p.fail(11, p.pos-1)
		}
	}
	if !p.more() {
		return nil, false, p.fail(14, p.pos)
	}
	p.pos++
	if p.src[p.pos-1] == ')' {
		return nil, false, nil
	}
	n, ok, err := p.inside(&node{kind: kEmpty}, start)
	p.opts = saved
	return n, ok, err
}

// conditional reads (?(1)…|…), (?(<name>)…), (?(?=…)…) and (?(DEFINE)…).
func (p *parser) conditional(start int) (*node, bool, error) {
	p.pos++ // its own "("
	n := &node{kind: kCond}
	switch rest := p.src[p.pos:]; {
	case strings.HasPrefix(rest, "?"), strings.HasPrefix(rest, "*"):
		p.pos--
		look, err := p.lookCondition()
		if err != nil {
			return nil, false, err
		}
		n.subs = append(n.subs, look)
	default:
		if err := p.condition(n, start); err != nil {
			return nil, false, err
		}
		n.subs = append(n.subs, nil)
	}
	body, _, err := p.inside(&node{kind: kAtomic}, start)
	if err != nil {
		return nil, false, err
	}
	yes, no := body.subs[0], &node{kind: kCat}
	if yes.kind == kAlt && len(yes.subs) > 1 {
		if len(yes.subs) > 2 {
			return nil, false, p.fail(27, start)
		}
		yes, no = yes.subs[0], yes.subs[1]
	}
	n.subs = append(n.subs, yes, no)
	return n, true, nil
}

// lookCondition reads the assertion of a condition.
func (p *parser) lookCondition() (*node, error) {
	for {
		if !p.more() {
			return nil, p.fail(14, p.pos)
		}
		if skipped, err := p.skip(); err != nil {
			return nil, err
		} else if !skipped {
			break
		}
	}
	rest := p.src[p.pos:]
	ok := len(rest) >= 4
	if ok {
		switch rest[:3] {
		case "(?=", "(?!", "(?*", "(?C":
		case "(?<":
			ok = rest[3] == '=' || rest[3] == '!' || rest[3] == '*'
		default:
			ok = rest[:2] == "(*" && rest[2] >= 'a' && rest[2] <= 'z'
		}
	}
	if !ok {
		return nil, p.fail(28, p.pos)
	}
	look, _, err := p.group()
	return look, err
}

// condition reads the number or the name of a group and its ")".
func (p *parser) condition(n *node, start int) error {
	if !p.more() {
		return p.fail(14, p.pos)
	}
	at := p.pos
	c := p.src[p.pos]
	switch {
	case isDigit(c) || c == '-' || c == '+':
		sign := c
		if !isDigit(c) {
			p.pos++
		}
		from := p.pos
		for p.more() && isDigit(p.src[p.pos]) && n.index <= maxGroups {
			n.index = n.index*10 + int(p.src[p.pos]-'0')
			p.pos++
		}
		if p.pos == from {
			p.pos = at
			return p.bareCondition(n, start)
		}
		if n.index == 0 {
			if isDigit(sign) {
				return p.fail(15, p.pos)
			}
			return p.fail(26, p.pos)
		}
		at-- // of the "("
		switch sign {
		case '-':
			n.index = p.groups - n.index + 1
		case '+':
			n.index += p.groups
			at++
		}
		if n.index <= 0 {
			return p.fail(15, p.pos)
		}
		p.refs = append(p.refs, reference{n: n, at: at})
	case c == '<' || c == '\'':
		end := c
		if c == '<' {
			end = '>'
		}
		p.pos++
		name, at, err := p.name(end)
		if err != nil {
			return err
		}
		p.refs = append(p.refs, reference{n: n, name: name, at: at})
	default:
		return p.bareCondition(n, start)
	}
	if !p.peek(')') {
		return p.fail(24, p.pos)
	}
	p.pos++
	return nil
}

// bareCondition reads a name without marks, which may be R or DEFINE.
func (p *parser) bareCondition(n *node, start int) error {
	if strings.HasPrefix(p.src[p.pos:], "R&") {
		p.pos += 2
		if _, _, err := p.name(')'); err != nil {
			return err
		}
		return p.refuse("the condition", p.src[start:p.pos], start)
	}
	name, at, err := p.name(')')
	if err != nil {
		return err
	}
	if name == "DEFINE" || name == "R" || name[0] == 'R' && strings.Trim(name[1:], "0123456789") == "" {
		return p.refuse("the condition", "(?("+name+")", start)
	}
	p.refs = append(p.refs, reference{n: n, name: name, at: at})
	return nil
}
