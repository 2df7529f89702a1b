package regex

import (
	"bytes"
	"strings"
)

// Literal is what every match must contain: a filter that costs next to
// nothing. Empty fields demand nothing. With Fold the texts are in lower case
// and compared regardless of ASCII case.
type Literal struct {
	Prefix   string   // the subject begins with it
	Suffixes []string // the subject, or the subject less a final newline, ends with one of them
	Contains string   // the subject contains it
	Fold     bool
}

// maxSuffixes bounds the list of endings: `\.(jpe?g|gif)$` has three.
const maxSuffixes = 64

// A filter is a Literal made ready.
type filter struct {
	Literal
	last    *[256]bool // the last byte must be one of these; nil: any
	newline bool       // a final newline may follow the suffix
	least   int        // bytes that the subject has at least
}

func newFilter(n *node, least int) filter {
	f := filter{least: least}
	items := flatten(nil, n)
	if len(items) > 0 && items[0].kind == kAssert && (items[0].at == atStart || items[0].at == atStartMatch) {
		str, folded := literal(skipMarks(items[1:]))
		f.Prefix, f.Fold = string(str), folded
	}
	f.suffix(items)
	f.contains(items)
	if f.Fold {
		f.Prefix, f.Contains = strings.ToLower(f.Prefix), strings.ToLower(f.Contains)
		for i, s := range f.Suffixes {
			f.Suffixes[i] = strings.ToLower(s)
		}
	}
	if f.Suffixes != nil {
		f.last = new([256]bool)
		if f.newline {
			f.last['\n'] = true
		}
		for _, s := range f.Suffixes {
			var b set
			b.add(s[len(s)-1])
			if f.Fold {
				b.fold()
			}
			for c := range f.last {
				f.last[c] = f.last[c] || b.has(byte(c))
			}
		}
	}
	return f
}

// flatten returns the items that must be matched one after another. Groups
// that only wrap a sequence are opened.
func flatten(items []*node, n *node) []*node {
	switch {
	case n.kind == kCat:
		for _, s := range n.subs {
			items = flatten(items, s)
		}
		return items
	case n.kind == kGroup, n.kind == kAlt && len(n.subs) == 1:
		return flatten(items, n.subs[0])
	}
	return append(items, n)
}

// skipMarks passes over assertions that take no bytes.
func skipMarks(items []*node) []*node {
	for len(items) > 0 && (items[0].kind == kAssert || items[0].kind == kLook) {
		items = items[1:]
	}
	return items
}

func (f *filter) suffix(items []*node) {
	end := len(items) - 1
	if end < 0 || items[end].kind != kAssert || items[end].at != atEnd && items[end].at != atVeryEnd {
		return
	}
	f.newline = items[end].at == atEnd
	words := []string{""}
	for i := end - 1; i >= 0; i-- {
		w, folded, ok := language(items[i])
		if !ok || len(w)*len(words) > maxSuffixes {
			break
		}
		f.Fold = f.Fold || folded
		words = product(w, words)
	}
	for _, w := range words {
		if w == "" { // demands nothing
			return
		}
	}
	f.Suffixes = words
}

// language returns every text that n matches, if these are few. Letters in
// either case are given in lower case.
func language(n *node) (words []string, folded, ok bool) {
	switch n.kind {
	case kSet:
		if b, f, ok := n.set.only(); ok {
			return []string{string([]byte{b})}, f, true
		}
		if n.set.len() > 16 {
			return nil, false, false
		}
		for c := range 256 {
			if n.set.has(byte(c)) {
				words = append(words, string([]byte{byte(c)}))
			}
		}
		return words, false, true
	case kCat:
		words = []string{""}
		for _, s := range n.subs {
			w, f, ok := language(s)
			if !ok || len(w)*len(words) > maxSuffixes {
				return nil, false, false
			}
			words, folded = product(words, w), folded || f
		}
		return words, folded, true
	case kAlt:
		for _, s := range n.subs {
			w, f, ok := language(s)
			if !ok || len(w)+len(words) > maxSuffixes {
				return nil, false, false
			}
			words, folded = append(words, w...), folded || f
		}
		return words, folded, true
	case kGroup:
		return language(n.subs[0])
	case kRepeat:
		if n.min > 1 || n.max != 1 {
			return nil, false, false
		}
		w, f, ok := language(n.subs[0])
		if n.min == 0 {
			w = append(w, "")
		}
		return w, f, ok
	}
	return nil, false, false
}

func product(a, b []string) []string {
	words := make([]string, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			words = append(words, x+y)
		}
	}
	return words
}

// contains looks for the longest text that must occur.
func (f *filter) contains(items []*node) {
	var best string
	bestFolded := false
	for i := range items {
		str, folded := literal(items[i:])
		if len(str) > len(best) && (i > 0 || len(str) > 1) { // the search itself finds the first byte as fast
			best, bestFolded = string(str), folded
		}
	}
	if best == "" || strings.Contains(f.Prefix, best) || bestFolded != f.Fold && (f.Prefix != "" || f.Suffixes != nil) {
		return
	}
	for _, s := range f.Suffixes {
		if strings.HasSuffix(s, best) {
			return
		}
	}
	f.Contains, f.Fold = best, f.Fold || bestFolded
}

// pass reports whether s may match.
func (f *filter) pass(s []byte) bool {
	if len(s) < f.least {
		return false
	}
	if f.last != nil && (len(s) == 0 || !f.last[s[len(s)-1]]) {
		return false
	}
	if f.Prefix != "" && !f.hasPrefix(s) {
		return false
	}
	if f.Suffixes != nil && !f.hasSuffix(s) {
		return false
	}
	return f.Contains == "" || f.has(s)
}

func (f *filter) hasPrefix(s []byte) bool {
	if len(s) < len(f.Prefix) {
		return false
	}
	if f.Fold {
		return foldedEqual(s[:len(f.Prefix)], f.Prefix)
	}
	return string(s[:len(f.Prefix)]) == f.Prefix
}

func (f *filter) hasSuffix(s []byte) bool {
	if f.endsWell(s) {
		return true
	}
	return f.newline && s[len(s)-1] == '\n' && f.endsWell(s[:len(s)-1])
}

func (f *filter) endsWell(s []byte) bool {
	for _, w := range f.Suffixes {
		if len(s) < len(w) {
			continue
		}
		tail := s[len(s)-len(w):]
		if string(tail) == w || f.Fold && foldedEqual(tail, w) {
			return true
		}
	}
	return false
}

func (f *filter) has(s []byte) bool {
	w := f.Contains
	if !f.Fold {
		for {
			i := bytes.IndexByte(s, w[0])
			if i < 0 || len(s)-i < len(w) {
				return false
			}
			if string(s[i:i+len(w)]) == w {
				return true
			}
			s = s[i+1:]
		}
	}
	for ; len(s) >= len(w); s = s[1:] {
		if lowered(s[0]) == w[0] && foldedEqual(s[:len(w)], w) {
			return true
		}
	}
	return false
}
