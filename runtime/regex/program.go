package regex

type opcode uint8

const (
	opSet     opcode = iota // one byte of set
	opString                // the bytes of str
	opFolded                // the bytes of str, which is lower case, in either case
	opRun                   // set, min to max times, by mode
	opSplit                 // on at the next instruction, later perhaps at x; set and other, if not nil, are what can begin these
	opJump                  // on at x
	opSave                  // the offset into slot x
	opAssert                // at
	opLook                  // the instructions up to an opAccept; then on at x
	opNotLook               // the same, and they must fail
	opAtomic                // the same, and the offset stays where they ended
	opBack                  // x bytes back
	opUnless                // on at x if the offset is still what slot y holds
	opCapture               // slot y and the offset become group x
	opBackref               // what group x matched; in either case if y is not 0
	opIfGroup               // on at x if group y took no part
	opIf                    // the instructions up to an opAccept; then on at x, or at y if they fail
	opIfNot                 // the other way round
	opAccept                //
)

// An inst is one instruction of a program.
type inst struct {
	op       opcode
	mode     mode
	at       assertion
	x, y     int32
	min, max int32 // max -1: no limit
	set      *[256]bool
	other    *[256]bool
	str      string
	stop     int16 // opRun: the byte that must follow, or -1
}

// maxProgram bounds what counted groups unfold to.
const maxProgram = 20000

// A compiler turns a tree into instructions.
type compiler struct {
	code  []inst
	slots int // two for the match and each group, then one for each loop
	sets  map[set]*[256]bool
	big   bool
	refs  bool // groups are looked at while they match
}

func (c *compiler) emit(i inst) int {
	if len(c.code) >= maxProgram {
		c.big = true
		return 0
	}
	c.code = append(c.code, i)
	return len(c.code) - 1
}

func (c *compiler) here() int32 { return int32(len(c.code)) }

func (c *compiler) table(s set) *[256]bool {
	if t := c.sets[s]; t != nil {
		return t
	}
	t := new([256]bool)
	for b := range t {
		t[b] = s.has(byte(b))
	}
	c.sets[s] = t
	return t
}

func (c *compiler) node(n *node) {
	if c.big {
		return
	}
	switch n.kind {
	case kSet:
		c.string([]*node{n})
	case kCat:
		for i := 0; i < len(n.subs); {
			if k := c.string(n.subs[i:]); k > 0 {
				i += k
				continue
			}
			c.node(n.subs[i])
			i++
		}
	case kAlt:
		c.alternatives(n.subs)
	case kGroup:
		c.group(n)
	case kRepeat:
		c.repeat(n)
	case kAssert:
		c.emit(inst{op: opAssert, at: n.at})
	case kLook:
		c.look(n)
	case kAtomic:
		at := c.emit(inst{op: opAtomic})
		c.node(n.subs[0])
		c.emit(inst{op: opAccept})
		c.code[at].x = c.here()
	case kBackref:
		in := inst{op: opBackref, x: int32(n.index)}
		if n.fold {
			in.y = 1
		}
		c.emit(in)
	case kCond:
		c.conditional(n)
	}
}

// group emits a capture. Where something may ask for the group from within,
// it must find what the last pass matched: then the start waits in a slot of
// its own.
func (c *compiler) group(n *node) {
	if !c.refs {
		c.emit(inst{op: opSave, x: int32(2 * n.index)})
		c.node(n.subs[0])
		c.emit(inst{op: opSave, x: int32(2*n.index + 1)})
		return
	}
	slot := int32(c.slots)
	c.slots++
	c.emit(inst{op: opSave, x: slot})
	c.node(n.subs[0])
	c.emit(inst{op: opCapture, x: int32(n.index), y: slot})
}

func (c *compiler) conditional(n *node) {
	var at int
	if look := n.subs[0]; look != nil {
		op := opIf
		if look.negative {
			op = opIfNot
		}
		at = c.emit(inst{op: op})
		c.lookBody(look)
		c.code[at].x = c.here()
	} else {
		at = c.emit(inst{op: opIfGroup, y: int32(n.index)})
	}
	c.node(n.subs[1])
	end := c.emit(inst{op: opJump})
	if n.subs[0] != nil {
		c.code[at].y = c.here()
	} else {
		c.code[at].x = c.here()
	}
	c.node(n.subs[2])
	c.code[end].x = c.here()
}

// string emits the single bytes that nodes begin with as one instruction, and
// returns their number. A set that is no single byte stands alone.
func (c *compiler) string(nodes []*node) int {
	if nodes[0].kind != kSet {
		return 0
	}
	str, folded := literal(nodes)
	switch {
	case len(str) > 1 && folded:
		c.emit(inst{op: opFolded, str: string(str)})
	case len(str) > 1:
		c.emit(inst{op: opString, str: string(str)})
	default:
		c.emit(inst{op: opSet, set: c.table(nodes[0].set)})
		return 1
	}
	return len(str)
}

// literal returns the single bytes that nodes begin with. Letters are all in
// either case, and given in lower case, or none is.
func literal(nodes []*node) (str []byte, folded bool) {
	letters := false
	for _, n := range nodes {
		if n.kind != kSet {
			break
		}
		b, f, ok := n.set.only()
		if !ok {
			break
		}
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' {
			if letters && f != folded {
				break
			}
			letters, folded = true, f
		}
		str = append(str, b)
	}
	return str, folded
}

func (c *compiler) alternatives(subs []*node) {
	var ends []int
	for i, s := range subs {
		if i == len(subs)-1 {
			c.node(s)
			break
		}
		rest := &node{kind: kAlt, subs: subs[i+1:]}
		split := c.emit(inst{op: opSplit, set: c.first(s), other: c.first(rest)})
		c.node(s)
		ends = append(ends, c.emit(inst{op: opJump}))
		c.code[split].x = c.here()
	}
	for _, e := range ends {
		c.code[e].x = c.here()
	}
}

// first returns the bytes that n can begin with, nil if it can match nothing.
func (c *compiler) first(n *node) *[256]bool {
	s, empty := firstBytes(n)
	if empty {
		return nil
	}
	return c.table(s)
}

func (c *compiler) look(n *node) {
	op := opLook
	if n.negative {
		op = opNotLook
	}
	at := c.emit(inst{op: op})
	c.lookBody(n)
	c.code[at].x = c.here()
}

func (c *compiler) lookBody(n *node) {
	if n.behind {
		c.behind(n.subs[0])
	} else {
		c.node(n.subs[0])
	}
	c.emit(inst{op: opAccept})
}

// behind steps back by the width of each alternative before trying it.
func (c *compiler) behind(n *node) {
	alts := []*node{n}
	if n.kind == kAlt {
		alts = n.subs
	}
	var ends []int
	for i, s := range alts {
		split := 0
		if i < len(alts)-1 {
			split = c.emit(inst{op: opSplit})
		}
		width, _ := s.width()
		c.emit(inst{op: opBack, x: int32(width)})
		c.node(s)
		if i < len(alts)-1 {
			ends = append(ends, c.emit(inst{op: opJump}))
			c.code[split].x = c.here()
		}
	}
	for _, e := range ends {
		c.code[e].x = c.here()
	}
}

// repeat unfolds counts of groups: x{2,4} is xx(?:x(?:x)?)?, x{2,} is xx+.
func (c *compiler) repeat(n *node) {
	sub := n.subs[0]
	if sub.kind == kSet {
		c.emit(inst{op: opRun, set: c.table(sub.set), mode: n.mode, min: int32(n.min), max: int32(n.max), stop: -1})
		return
	}
	copies := n.min
	if n.max == unlimited {
		copies--
	}
	for range copies {
		c.node(sub)
		if c.big {
			return
		}
	}
	if n.max == unlimited {
		c.loop(sub, n.mode, n.min > 0)
		return
	}
	var ends []int
	for range n.max - n.min {
		ends = append(ends, c.maybe(n.mode, sub))
		c.node(sub)
		if c.big {
			return
		}
	}
	for _, e := range ends {
		c.code[e].x = c.here()
	}
}

// maybe emits the choice between what follows, which is sub, and a place to
// be filled in.
func (c *compiler) maybe(m mode, sub *node) int {
	if m == lazy {
		c.emit(inst{op: opSplit, x: c.here() + 2, other: c.first(sub)})
		return c.emit(inst{op: opJump})
	}
	return c.emit(inst{op: opSplit, set: c.first(sub)})
}

// loop emits sub any number of times, but once at least if it must. A pass
// that matched nothing is the last, be it the first, as in PCRE2.
func (c *compiler) loop(sub *node, m mode, once bool) {
	least, _ := sub.width()
	skip := -1
	if !once {
		skip = c.maybe(m, sub)
	}
	start := c.here()
	slot := int32(c.slots)
	if least == 0 {
		c.slots++
		c.emit(inst{op: opSave, x: slot})
	}
	c.node(sub)
	unless := -1
	if least == 0 {
		unless = c.emit(inst{op: opUnless, y: slot})
	}
	again := -1
	if m == lazy {
		c.emit(inst{op: opSplit, x: start, other: c.first(sub)})
	} else {
		again = c.emit(inst{op: opSplit, set: c.first(sub)})
		c.emit(inst{op: opJump, x: start})
	}
	for _, i := range []int{skip, unless, again} {
		if i >= 0 {
			c.code[i].x = c.here()
		}
	}
}

// finish looks at what must follow each run: the byte, so that most places to
// go back to need not be tried, or anything that no byte of the run can begin,
// so that none need be.
func (c *compiler) finish() {
	for i := range c.code {
		in := &c.code[i]
		if in.op != opRun {
			continue
		}
		next := i + 1
		for c.code[next].op == opSave || c.code[next].op == opCapture {
			next++
		}
		var follow set
		switch n := c.code[next]; n.op {
		case opString:
			in.stop = int16(n.str[0])
			follow.add(n.str[0])
		case opFolded:
			follow.add(n.str[0])
			follow.fold()
		case opSet:
			for b, ok := range n.set {
				if ok {
					follow.add(byte(b))
				}
			}
			if b, folded, ok := follow.only(); ok && !folded {
				in.stop = int16(b)
			}
		case opAssert:
			if n.at != atEnd && n.at != atVeryEnd && n.at != atLineEnd {
				continue
			}
			follow.add('\n')
		default:
			continue
		}
		if in.mode == greedy && disjoint(in.set, follow) {
			in.mode = possessive
		}
	}
}

func disjoint(t *[256]bool, s set) bool {
	for b, ok := range t {
		if ok && s.has(byte(b)) {
			return false
		}
	}
	return true
}
