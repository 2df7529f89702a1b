package main

import (
	"fmt"
	"strings"

	"understudy/parser"
	"understudy/parser/diag"
)

// A statement is one directive, for comparing two trees.
type statement struct {
	key  string // with the blocks around it
	text string
	at   diag.Pos
}

func statements(ds []*parser.Directive, around string, list []statement) []statement {
	for _, d := range ds {
		if d.Err != nil || !d.Name.Pos.IsValid() {
			if d.Err == nil {
				list = statements(d.Block, around, list) // supplied by us
			}
			continue
		}
		head, end := d.Written(), ";"
		if d.Block != nil {
			end = " {"
		}
		text := head + end
		list = append(list, statement{around + "\x00" + text, text, d.Name.Pos})
		list = statements(d.Block, around+"\x00"+head, list)
	}
	return list
}

// maxCompared bounds the work of comparing: statements of one side times those of
// the other, after what both begin and end with.
const maxCompared = 4 << 20

// A change is a statement that only one of two trees has.
type change struct {
	mark rune // '-' or '+'
	statement
}

// changes compares two trees. n is how many directives changed: one that is
// another now counts once.
func changes(before, after *parser.Tree) (list []change, n int) {
	a, b := statements(before.Directives, "", nil), statements(after.Directives, "", nil)
	for len(a) > 0 && len(b) > 0 && a[0].key == b[0].key {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1].key == b[len(b)-1].key {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a)*len(b) > maxCompared {
		return nil, max(len(a), len(b))
	}
	// The longest common subsequence, from the end.
	common := make([][]int32, len(a)+1)
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].key == b[j].key {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j, minus, plus := 0, 0, 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i].key == b[j].key:
			n += max(minus, plus)
			minus, plus = 0, 0
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			list = append(list, change{'-', a[i]})
			minus++
			i++
		default:
			list = append(list, change{'+', b[j]})
			plus++
			j++
		}
	}
	return list, n + max(minus, plus)
}

// maxShown is how many changes are printed.
const maxShown = 40

// tellChanges prints what an edit changed.
func (f *foreground) tellChanges(before, after *parser.Tree, files []string, took string) {
	list, n := changes(before, after)
	what := fmt.Sprintf("%d directives changed", n)
	switch n {
	case 0:
		what = strings.Join(files, ", ") + " changed"
	case 1:
		what = "1 directive changed"
	}
	var lines strings.Builder // written at once: requests are shown as well
	for i, c := range list {
		if i == maxShown {
			fmt.Fprintf(&lines, "\n  … and %d more", len(list)-i)
			break
		}
		line := fmt.Sprintf("%c %s:%d: %s", c.mark, c.at.File, c.at.Line, printable(c.text))
		if c.mark == '-' {
			line = f.color.red(line)
		} else {
			line = f.color.green(line)
		}
		fmt.Fprintf(&lines, "\n  %s", line)
	}
	f.tell("%s, in force after %s%s", what, took, lines.String())
}
