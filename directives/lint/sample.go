package lint

import (
	"regexp/syntax"
	"slices"
	"strings"
)

// samples returns paths that a regular expression may match, the likeliest first. It
// reads what Go's syntax and PCRE's have in common; whether a path matches, the engine
// has to say.
func samples(pattern string) []string {
	s, anchored, ok := sample(pattern)
	switch {
	case !ok:
		return nil
	case anchored:
		return []string{s}
	case strings.HasPrefix(s, "/"):
		return []string{s, "/x" + s}
	}
	return []string{"/x" + s, "/" + s, "/x/" + s}
}

// sample returns a short text that a pattern matches, and whether a match has to begin
// where the text does.
func sample(pattern string) (text string, anchored, ok bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false, false
	}
	var b strings.Builder
	if !generate(&b, re) || b.Len() > 1024 {
		return "", false, false
	}
	return b.String(), begins(re), true
}

func begins(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpBeginText:
		return true
	case syntax.OpConcat:
		return begins(re.Sub[0])
	case syntax.OpCapture:
		return begins(re.Sub[0])
	case syntax.OpAlternate:
		return begins(re.Sub[0])
	}
	return false
}

func generate(b *strings.Builder, re *syntax.Regexp) bool {
	each := func(list []*syntax.Regexp) bool {
		for _, x := range list {
			if !generate(b, x) {
				return false
			}
		}
		return true
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(strings.ToLower(string(re.Rune)))
	case syntax.OpCharClass:
		c, ok := pick(re.Rune)
		b.WriteRune(c)
		return ok
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte('x')
	case syntax.OpPlus, syntax.OpCapture:
		return each(re.Sub)
	case syntax.OpConcat:
		return each(re.Sub)
	case syntax.OpAlternate:
		return generate(b, re.Sub[0])
	case syntax.OpRepeat:
		for range re.Min {
			if b.Len() > 1024 || !each(re.Sub) {
				return false
			}
		}
	case syntax.OpNoMatch, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return false
	}
	return true
}

// pick chooses a letter of a class if it has one.
func pick(ranges []rune) (rune, bool) {
	for _, c := range append([]rune("xabc1-_./"), '=', '~') {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= c && c <= ranges[i+1] {
				return c, true
			}
		}
	}
	if len(ranges) == 0 {
		return 0, false
	}
	return slices.Min(ranges), true
}
