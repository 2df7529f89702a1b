package regex

import "math/bits"

// A set is a set of bytes.
type set [4]uint64

func (s *set) add(c byte)      { s[c>>6] |= 1 << (c & 63) }
func (s *set) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }
func (s *set) len() int {
	return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) + bits.OnesCount64(s[2]) + bits.OnesCount64(s[3])
}

func (s *set) addRange(lo, hi byte) {
	for c := int(lo); c <= int(hi); c++ {
		s.add(byte(c))
	}
}

func (s *set) union(t set) {
	for i := range s {
		s[i] |= t[i]
	}
}

func (s set) not() set { return set{^s[0], ^s[1], ^s[2], ^s[3]} }

// fold adds the other case of every ASCII letter: nginx never gives PCRE
// locale tables, so no other byte has one.
func (s *set) fold() {
	for c := byte('a'); c <= 'z'; c++ {
		if s.has(c) || s.has(c-32) {
			s.add(c)
			s.add(c - 32)
		}
	}
}

// only returns the byte of a set of one, or of a letter in both cases, in
// lower case.
func (s *set) only() (c byte, folded, ok bool) {
	n := s.len()
	if n != 1 && n != 2 {
		return 0, false, false
	}
	for i, w := range s {
		if w != 0 {
			c = byte(i<<6 + bits.TrailingZeros64(w))
			break
		}
	}
	if n == 1 {
		return c, false, true
	}
	if c >= 'A' && c <= 'Z' && s.has(c+32) {
		return c + 32, true, true
	}
	return 0, false, false
}

type kind uint8

const (
	kEmpty   kind = iota
	kSet          // one byte of set
	kCat          // subs in order
	kAlt          // one of subs, the first that leads to a match
	kGroup        // subs[0], captured as index
	kRepeat       // subs[0], min to max times, by mode
	kAssert       // at
	kLook         // subs[0] from here, or ending here; kept only whether it matched
	kAtomic       // subs[0], never reconsidered
	kBackref      // what group index matched
	kCond         // subs[0] is the condition (nil: group index took part), subs[1] then, subs[2] else
)

type mode uint8

const (
	greedy mode = iota
	lazy
	possessive
)

type assertion uint8

const (
	atStart      assertion = iota // \A, ^
	atLine                        // (?m)^
	atEnd                         // \Z, $: the end, or before a newline that ends the subject
	atVeryEnd                     // \z
	atLineEnd                     // (?m)$
	atWord                        // \b
	atNoWord                      // \B
	atWordStart                   // [[:<:]]
	atWordEnd                     // [[:>:]]
	atStartMatch                  // \G: the start of the search, which is the start of the subject
)

// A node is one item of a parsed pattern.
type node struct {
	kind     kind
	mode     mode
	at       assertion
	negative bool // kLook
	behind   bool // kLook
	fold     bool // kBackref
	set      set
	index    int
	min, max int // max -1: no limit
	subs     []*node
}

const (
	unlimited = -1

	// widthLimit keeps counts of counts from overflowing. No subject is as
	// long.
	widthLimit = 1 << 30
)

// width returns the least and the most bytes that n matches; most is
// unlimited if there is no bound.
func (n *node) width() (least, most int) {
	switch n.kind {
	case kSet:
		return 1, 1
	case kCat:
		for _, s := range n.subs {
			a, b := s.width()
			least, most = plus(least, a), plus(most, b)
		}
	case kAlt:
		least = int(^uint(0) >> 1)
		for _, s := range n.subs {
			a, b := s.width()
			least = min(least, a)
			most = widest(most, b)
		}
	case kGroup, kAtomic:
		return n.subs[0].width()
	case kRepeat:
		a, b := n.subs[0].width()
		return times(a, n.min), times(b, n.max)
	case kBackref:
		return 0, unlimited
	case kCond:
		a, b := n.subs[1].width()
		c, d := n.subs[2].width()
		return min(a, c), widest(b, d)
	}
	return least, most
}

func plus(a, b int) int {
	if a == unlimited || b == unlimited {
		return unlimited
	}
	return min(a+b, widthLimit)
}

func widest(a, b int) int {
	if a == unlimited || b == unlimited {
		return unlimited
	}
	return max(a, b)
}

func times(a, n int) int {
	if a == 0 || n == 0 {
		return 0
	}
	if a == unlimited || n == unlimited {
		return unlimited
	}
	return min(a, widthLimit) * min(n, widthLimit/min(a, widthLimit)+1)
}

// walk calls f for n and everything inside it.
func (n *node) walk(f func(*node)) {
	f(n)
	for _, s := range n.subs {
		if s != nil {
			s.walk(f)
		}
	}
}
