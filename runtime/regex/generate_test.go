package regex

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// atoms are what generated patterns are made of: few letters, so that they
// often match generated subjects.
var (
	regular   = []string{"a", "b", "c", "ab", `\.`, ".", "[ab]", "[^a]", `\d`, `\w`, `\W`, `\s`, "/", "1", `\n`, "A", "[[:alpha:]]", `\x2e`}
	marks     = []string{"^", "$", `\b`, `\B`, `\A`, `\z`, `\Z`}
	lineMarks = []string{"(?m)^", "(?m:$)", "[[:<:]]", "[[:>:]]", `\G`}
)

// shape says what a generated pattern may contain.
type shape struct {
	marks, looks, atomic, lines, backrefs, wild bool
}

func genPattern(t *rapid.T, s shape) string {
	g := &generator{t: t, shape: s}
	return g.alternatives(3)
}

func genSubject(t *rapid.T) string {
	return rapid.StringOfN(rapid.SampledFrom([]rune("aabbccABC/.1 \n")), 0, 14, -1).Draw(t, "subject")
}

type generator struct {
	t *rapid.T
	shape
	groups int
}

func (g *generator) pick(n int) int { return rapid.IntRange(0, n-1).Draw(g.t, "pick") }

func (g *generator) alternatives(depth int) string {
	parts := []string{g.sequence(depth)}
	for g.pick(4) == 0 {
		parts = append(parts, g.sequence(depth))
	}
	return strings.Join(parts, "|")
}

func (g *generator) sequence(depth int) string {
	var b strings.Builder
	for range g.pick(4) + 1 {
		b.WriteString(g.item(depth))
	}
	return b.String()
}

func (g *generator) item(depth int) string {
	switch k := g.pick(24); {
	case k == 0 && g.shape.marks:
		return marks[g.pick(len(marks))]
	case k == 1 && g.lines:
		return lineMarks[g.pick(len(lineMarks))]
	case k == 2 && g.looks && depth > 0:
		return []string{"(?=", "(?!"}[g.pick(2)] + g.alternatives(depth-1) + ")"
	case k == 3 && g.looks:
		return []string{"(?<=", "(?<!"}[g.pick(2)] + regular[g.pick(len(regular))] + ")"
	case k == 4 && g.atomic && depth > 0:
		return "(?>" + g.alternatives(depth-1) + ")" + g.quantifier()
	case k == 5 && g.backrefs && g.groups > 0:
		return fmt.Sprintf(`\g{%d}`, g.pick(g.groups)+1)
	case k == 6 && g.backrefs && g.groups > 0:
		return fmt.Sprintf("(?(%d)%s|%s)", g.pick(g.groups)+1, g.sequence(0), g.sequence(0))
	case k == 7 && g.wild:
		return []string{"(?i)", "(?s)", "(?U)", "(?i:a)", "(?-i)", `\R`, `\h`, `\v`, `\N`, `\Qa.\E`, "(?#x)", "(?x) "}[g.pick(12)]
	case k < 13 && depth > 0:
		open := "(?:"
		if g.pick(2) == 0 {
			open = "("
			g.groups++
		}
		return open + g.alternatives(depth-1) + ")" + g.quantifier()
	}
	return regular[g.pick(len(regular))] + g.quantifier()
}

func (g *generator) quantifier() string {
	q := []string{"", "", "", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,2}", "{2,}"}[g.pick(12)]
	if q == "" || q == "{2}" {
		return q
	}
	switch g.pick(5) {
	case 0:
		return q + "?"
	case 1:
		if g.atomic {
			return q + "+"
		}
	}
	return q
}
