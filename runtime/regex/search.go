package regex

import "bytes"

// A program is a compiled tree and what is known about where it can match.
type program struct {
	code     []inst
	slots    int
	anchored bool       // only at the start of the subject
	byLine   bool       // begins with .*: only at the start of a line
	first    *[256]bool // bytes that a match can begin with; nil: any
	only     int        // the one byte that a match begins with, or -1
	least    int        // bytes of the shortest match
	most     int        // bytes of the longest match that ends where the subject does; -1: no use
}

// build compiles a tree. It returns nil if the program would be too big.
func build(n *node, groups int) *program {
	c := &compiler{slots: 2 * (groups + 1), sets: map[set]*[256]bool{}}
	n.walk(func(n *node) { c.refs = c.refs || n.kind == kBackref || n.kind == kCond })
	c.node(n)
	c.emit(inst{op: opAccept})
	if c.big {
		return nil
	}
	c.finish()
	p := &program{code: c.code, slots: c.slots, only: -1, most: -1}
	p.least, p.most = n.width()
	p.anchored = begins(n, func(n *node) bool {
		return n.kind == kAssert && (n.at == atStart || n.at == atStartMatch)
	})
	p.byLine = !c.refs && begins(n, isAny)
	if !ends(n) {
		p.most = -1
	}
	if f, empty := firstBytes(n); !empty && f.len() < 256 {
		p.first = c.table(f)
		if b, folded, ok := f.only(); ok && !folded {
			p.only = int(b)
		}
	}
	return p
}

// isAny reports whether n is .*, after which a search that failed need not
// begin again within the line.
func isAny(n *node) bool {
	if n.kind != kRepeat || n.min != 0 || n.max != unlimited || n.mode == possessive {
		return false
	}
	s := n.subs[0]
	if s.kind != kSet {
		return false
	}
	all := s.set
	all.add('\n')
	return all.len() == 256
}

// begins reports whether every match of n begins with an item that is told
// by is.
func begins(n *node, is func(*node) bool) bool {
	if is(n) {
		return true
	}
	switch n.kind {
	case kCat:
		return len(n.subs) > 0 && begins(n.subs[0], is)
	case kGroup:
		return begins(n.subs[0], is)
	case kAlt:
		for _, s := range n.subs {
			if !begins(s, is) {
				return false
			}
		}
		return true
	}
	return false
}

// ends reports whether every match of n ends with the subject, or before its
// last newline.
func ends(n *node) bool {
	switch n.kind {
	case kAssert:
		return n.at == atEnd || n.at == atVeryEnd
	case kCat:
		return len(n.subs) > 0 && ends(n.subs[len(n.subs)-1])
	case kGroup:
		return ends(n.subs[0])
	case kAlt:
		for _, s := range n.subs {
			if !ends(s) {
				return false
			}
		}
		return true
	}
	return false
}

// firstBytes returns what a match of n can begin with; empty is set if n can
// match nothing.
func firstBytes(n *node) (s set, empty bool) {
	switch n.kind {
	case kSet:
		return n.set, false
	case kCat:
		for _, sub := range n.subs {
			f, e := firstBytes(sub)
			s.union(f)
			if !e {
				return s, false
			}
		}
		return s, true
	case kAlt:
		for _, sub := range n.subs {
			f, e := firstBytes(sub)
			s.union(f)
			empty = empty || e
		}
		return s, empty
	case kGroup, kAtomic:
		return firstBytes(n.subs[0])
	case kRepeat:
		if n.max == 0 {
			return set{}, true
		}
		f, e := firstBytes(n.subs[0])
		return f, e || n.min == 0
	case kBackref:
		return set{}.not(), true
	case kCond:
		a, b := firstBytes(n.subs[1])
		c, d := firstBytes(n.subs[2])
		a.union(c)
		return a, b || d
	}
	return set{}, true
}

// candidate returns the first place from pos on where a match may begin, or
// -1.
func (p *program) candidate(s []byte, pos int) int {
	if p.anchored {
		if pos > 0 {
			return -1
		}
		return 0
	}
	if p.most >= 0 {
		pos = max(pos, len(s)-p.most-1)
	}
	if p.byLine && pos > 0 {
		i := bytes.IndexByte(s[pos-1:], '\n')
		if i < 0 {
			return -1
		}
		pos += i
	}
	last := len(s) - p.least
	if pos > last {
		return -1
	}
	switch {
	case p.only >= 0:
		i := bytes.IndexByte(s[pos:last+1], byte(p.only))
		if p.least == 0 || i < 0 {
			return -1
		}
		return pos + i
	case p.first != nil:
		for pos < len(s) && !p.first[s[pos]] {
			pos++
		}
		if pos > last {
			return -1
		}
	}
	return pos
}
