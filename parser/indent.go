package parser

import (
	"fmt"
	"strings"
)

// guess says by the indentation of the text which block was meant to end, and where: nginx
// closes the innermost one at each "}", so that what it misses is the last "}", which
// is often there. It says nothing unless the indentation accounts for all that is open.
func (s *scanner) guess() string {
	type block struct {
		st     *statement
		indent string
		first  bool // its line begins with it, and nothing has been met on a later one
		judged bool // what stands there is indented
	}
	var open []block // as the indentation has it
	text, missing := "", 0
	lines := strings.Split(s.src, "\n")
	for i := range s.out {
		st := &s.out[i]
		line, col := st.line, st.col
		if len(st.words) > 0 {
			line, col = st.words[0].Pos.Line, st.words[0].Pos.Col
		}
		before := lines[line-1][:col-1]
		indent := before[:len(before)-len(strings.TrimLeft(before, " \t"))]
		leads := indent == before
		for leads && len(open) > 0 {
			b := &open[len(open)-1]
			if b.first && line > b.st.words[0].Pos.Line && st.end != '}' {
				b.first, b.judged = false, indent != b.indent && strings.HasPrefix(indent, b.indent)
			}
			if !b.judged || !strings.HasPrefix(b.indent, indent) || st.end == '}' && b.indent == indent {
				break
			}
			if missing++; text == "" {
				w := b.st.words[0]
				text = fmt.Sprintf("line %d stands where the block %q of line %d should have ended", line, w.Raw, w.Pos.Line)
			}
			open = open[:len(open)-1]
		}
		switch {
		case st.end == '{':
			open = append(open, block{st: st, indent: indent, first: leads})
		case st.end != '}':
		case len(open) == 0 || leads && open[len(open)-1].indent != indent:
			return "" // written by other habits
		default:
			open = open[:len(open)-1]
		}
	}
	if missing == 0 || missing+len(open) != len(s.open) {
		return ""
	}
	return text
}
