package regex

import (
	"fmt"
	"strings"
)

// A dialect is how another engine spells a pattern. Every set is written out
// as ranges, so that no engine's idea of \w, \s, case or UTF-8 comes in.
type dialect struct {
	char  func(b byte) string // how a byte is spelt in a class
	limit int                 // bytes from here on do not occur in its subjects
	never string              // matches nothing
	rich  bool                // knows what is not regular
	ok    bool
}

// forStd writes a pattern for the standard package, whose subjects are ASCII
// and do not end with a newline: then $ is \z. ok is false if the pattern
// does not mean the same there.
func forStd(n *node) (text string, ok bool) {
	d := &dialect{limit: 128, never: `[^\x00-\x{10FFFF}]`, ok: true}
	d.char = func(b byte) string { return fmt.Sprintf(`\x%02x`, b) }
	var b strings.Builder
	d.write(&b, n)
	return b.String(), d.ok
}

// forRegexp2 writes a pattern for regexp2, which reads the rune of runeOf for
// every byte.
func forRegexp2(n *node) (text string, ok bool) {
	d := &dialect{limit: 256, never: `(?!)`, rich: true, ok: true}
	d.char = func(b byte) string { return fmt.Sprintf(`\u%04X`, runeOf(b)) }
	var b strings.Builder
	d.write(&b, n)
	return b.String(), d.ok
}

// runeOf gives the upper half of the bytes runes that have no case and belong
// to no class.
func runeOf(b byte) rune {
	if b < 128 {
		return rune(b)
	}
	return 0xE000 + rune(b)
}

func (d *dialect) write(b *strings.Builder, n *node) {
	switch n.kind {
	case kSet:
		d.class(b, n.set)
	case kCat:
		for _, s := range n.subs {
			d.write(b, s)
		}
	case kAlt:
		b.WriteString("(?:")
		for i, s := range n.subs {
			if i > 0 {
				b.WriteByte('|')
			}
			d.write(b, s)
		}
		b.WriteByte(')')
	case kGroup:
		if b.WriteByte('('); d.rich {
			fmt.Fprintf(b, "?<%d>", n.index) // an unfolded count repeats its groups
		}
		d.write(b, n.subs[0])
		b.WriteByte(')')
	case kRepeat:
		d.repeat(b, n)
	case kAssert:
		d.assert(b, n.at)
	default:
		d.irregular(b, n)
	}
}

func (d *dialect) class(b *strings.Builder, s set) {
	var ranges strings.Builder
	for c := 0; c < d.limit; c++ {
		if !s.has(byte(c)) {
			continue
		}
		from := c
		for c+1 < d.limit && c+1 != 128 && s.has(byte(c+1)) {
			c++
		}
		ranges.WriteString(d.char(byte(from)))
		if c > from {
			ranges.WriteString("-" + d.char(byte(c)))
		}
	}
	if ranges.Len() == 0 {
		b.WriteString(d.never)
		return
	}
	b.WriteString("[" + ranges.String() + "]")
}

// repeat writes a quantifier. The standard package treats passes that match
// nothing in its own way, and knows no possessive ones.
func (d *dialect) repeat(b *strings.Builder, n *node) {
	sub := n.subs[0]
	least, _ := sub.width()
	if !d.rich && (n.mode == possessive || least == 0 && n.max != 1 || n.max > 1000 || n.min > 1000) {
		d.ok = false
		return
	}
	if d.rich && least == 0 && d.unfold(b, n) {
		return
	}
	open, end := "(?:", ")"
	if n.mode == possessive {
		open, end = "(?>(?:", "))"
	}
	b.WriteString(open)
	d.write(b, sub)
	if d.rich && indivisible(sub) {
		b.WriteString(`(?=[\s\S]|\z)`) // true; without it regexp2 multiplies a++ and {2} as if they were a+ and {2}
	}
	b.WriteByte(')')
	switch {
	case n.max == unlimited:
		fmt.Fprintf(b, "{%d,}", n.min)
	default:
		fmt.Fprintf(b, "{%d,%d}", n.min, n.max)
	}
	if n.mode == lazy {
		b.WriteByte('?')
	}
	b.WriteString(end[1:])
}

// indivisible reports whether n is one atomic pass.
func indivisible(n *node) bool {
	for (n.kind == kCat || n.kind == kAlt) && len(n.subs) == 1 {
		n = n.subs[0]
	}
	return n.kind == kAtomic || n.kind == kRepeat && n.mode == possessive
}

// maxUnfolded bounds the bytes that unfolding one count may add.
const maxUnfolded = 1 << 16

// unfold writes a counted pass that may match nothing as PCRE2 runs it, one copy
// for each count: regexp2 ends a loop at its first pass that matches nothing,
// where a later one may still have to match something. It reports false, and
// writes nothing, where the copies would be too many.
func (d *dialect) unfold(b *strings.Builder, n *node) bool {
	if n.max != unlimited && n.max <= 1 || n.max == unlimited && n.min == 0 {
		return false
	}
	var body strings.Builder
	d.write(&body, n.subs[0])
	copies := n.max
	if n.max == unlimited {
		copies = n.min + 1
	}
	if copies*body.Len() > maxUnfolded {
		return false
	}
	pass, lazily := "(?:"+body.String()+")", ""
	if n.mode == lazy {
		lazily = "?"
	}
	if n.mode == possessive {
		b.WriteString("(?>")
	}
	b.WriteString(strings.Repeat(pass, n.min))
	if n.max == unlimited {
		b.WriteString(pass + "*" + lazily)
	} else {
		b.WriteString(strings.Repeat("(?:"+pass, n.max-n.min) + strings.Repeat(")?"+lazily, n.max-n.min))
	}
	if n.mode == possessive {
		b.WriteByte(')')
	}
	return true
}

func (d *dialect) assert(b *strings.Builder, at assertion) {
	const word = `[0-9A-Za-z_]`
	std := map[assertion]string{atStart: `\A`, atStartMatch: `\A`, atEnd: `\z`, atVeryEnd: `\z`, atWord: `\b`, atNoWord: `\B`}
	rich := map[assertion]string{
		atStart: `\A`, atStartMatch: `\A`, atEnd: `(?=\n?\z)`, atVeryEnd: `\z`,
		atLine: `(?:(?<=\n)(?!\z)|\A)`, atLineEnd: `(?=\n|\z)`,
		atWord:      `(?:(?<=` + word + `)(?!` + word + `)|(?<!` + word + `)(?=` + word + `))`,
		atNoWord:    `(?:(?<=` + word + `)(?=` + word + `)|(?<!` + word + `)(?!` + word + `))`,
		atWordStart: `(?<!` + word + `)(?=` + word + `)`, atWordEnd: `(?<=` + word + `)(?!` + word + `)`,
	}
	text, ok := std[at]
	if d.rich {
		text, ok = rich[at]
	}
	d.ok = d.ok && ok
	b.WriteString(text)
}

func (d *dialect) irregular(b *strings.Builder, n *node) {
	if n.kind == kEmpty {
		return
	}
	if !d.rich {
		d.ok = false
		return
	}
	switch n.kind {
	case kLook:
		b.WriteString("(?")
		if n.behind {
			b.WriteByte('<')
		}
		b.WriteByte("=!"[map[bool]int{true: 1}[n.negative]])
		d.write(b, n.subs[0])
		b.WriteByte(')')
	case kAtomic:
		b.WriteString("(?>")
		d.write(b, n.subs[0])
		b.WriteByte(')')
	case kBackref:
		if n.fold {
			fmt.Fprintf(b, `(?i:\%d)`, n.index)
		} else {
			fmt.Fprintf(b, `(?:\%d)`, n.index)
		}
	case kCond:
		if n.subs[0] != nil {
			b.WriteString("(?")
			d.write(b, n.subs[0])
		} else {
			fmt.Fprintf(b, "(?(%d)", n.index)
		}
		b.WriteString("(?:")
		d.write(b, n.subs[1])
		b.WriteString(")|(?:")
		d.write(b, n.subs[2])
		b.WriteString("))")
	}
}
