package lint

import (
	"bytes"
	"regexp"
	"strings"

	"understudy/parser"
	"understudy/parser/diag"
)

// An ignore is a comment that asks for silence about a line:
//
//	# understudy: ignore NX306 because the application wants that name
//
// at the end of that line, or above it.
type ignore struct {
	at      diag.Pos
	line    int
	codes   []string
	because bool
	used    bool
}

var ignoring = regexp.MustCompile(`(?:^|[\s;{}])#\s*understudy:\s*ignore\s+((?i:NX\d{3})(?:[\s,]+(?i:NX\d{3}))*)(\s+because\s+\S)?`)

// ignores are the comments of a file.
func ignores(f parser.File) []*ignore {
	if !bytes.Contains(f.Src, []byte("understudy:")) {
		return nil
	}
	var out []*ignore
	lines := strings.Split(string(f.Src), "\n")
	for i, text := range lines {
		m := ignoring.FindStringSubmatchIndex(text)
		if m == nil {
			continue
		}
		hash := m[0] + strings.IndexByte(text[m[0]:], '#')
		g := &ignore{at: diag.Pos{File: f.Name, Line: i + 1, Col: hash + 1}, line: i + 1, because: m[4] >= 0}
		for _, c := range strings.FieldsFunc(text[m[2]:m[3]], func(c rune) bool { return c == ' ' || c == ',' || c == '\t' }) {
			g.codes = append(g.codes, strings.ToUpper(c))
		}
		if strings.TrimSpace(text[:hash]) == "" {
			for g.line++; g.line <= len(lines); g.line++ {
				if next := strings.TrimSpace(lines[g.line-1]); next != "" && next[0] != '#' {
					break
				}
			}
		}
		out = append(out, g)
	}
	return out
}

// Ignore leaves out what comments in the files ask to leave out: all but errors. It adds
// what is wrong with the comments.
func Ignore(files []parser.File, found diag.List) diag.List {
	all := map[string][]*ignore{}
	for _, f := range files {
		if list := ignores(f); list != nil {
			all[f.Name] = list
		}
	}
	if len(all) == 0 {
		return found
	}
	var out diag.List
	for _, d := range found {
		if !ignored(all[d.Pos.File], d) {
			out = append(out, d)
		}
	}
	for _, f := range files {
		for _, g := range all[f.Name] {
			switch {
			case !g.because:
				out = append(out, diag.Diagnostic{
					Pos: g.at, Severity: diag.Warning, Code: "ignore-without-reason",
					Msg: "this comment does not say why, and is not obeyed", Detail: "# understudy: ignore " + strings.Join(g.codes, " ") + " because …",
				})
			case !g.used:
				out = append(out, diag.Diagnostic{Pos: g.at, Code: "ignore-unused", Msg: "there is nothing of " + strings.Join(g.codes, ", ") + " to ignore in this line"})
			}
		}
	}
	return out
}

func ignored(list []*ignore, d diag.Diagnostic) bool {
	for _, g := range list {
		if g.line != d.Pos.Line || !g.because || d.Severity == diag.Error {
			continue
		}
		for _, c := range g.codes {
			if c == d.ID() {
				g.used = true
				return true
			}
		}
	}
	return false
}
