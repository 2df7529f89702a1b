package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/logs"
)

// A palette colours text, or leaves it as it is.
type palette struct{ on bool }

func (p palette) paint(code, s string) string {
	if !p.on || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p palette) bold(s string) string   { return p.paint("1", s) }
func (p palette) faint(s string) string  { return p.paint("2", s) }
func (p palette) red(s string) string    { return p.paint("1;31", s) }
func (p palette) green(s string) string  { return p.paint("32", s) }
func (p palette) yellow(s string) string { return p.paint("1;33", s) }
func (p palette) cyan(s string) string   { return p.paint("36", s) }

// palette obeys --color.
func (a *app) palette(c *cli.Context) (palette, error) {
	switch v := c.String("color"); v {
	case "always":
		return palette{true}, nil
	case "never":
		return palette{}, nil
	case "auto", "":
		return palette{colorful(a.stdout)}, nil
	default:
		return palette{}, failf(exitUsage, "--color %q is none of auto, always and never", v)
	}
}

// colorful reports whether w is a terminal that wants colour.
func colorful(w io.Writer) bool {
	return logs.Color(onTerminal(w), func(name string) string {
		if name == "CLICOLOR_FORCE" && os.Getenv(name) == "" {
			name = "FORCE_COLOR"
		}
		return os.Getenv(name)
	})
}

// onTerminal reports whether w is a terminal, which somebody looks at.
func onTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isTerminal(f)
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}

// A renderer prints findings with the line they speak of.
type renderer struct {
	w     io.Writer
	color palette
	lines map[string][]string // by file
}

func newRenderer(w io.Writer, files []parser.File, color palette) *renderer {
	return &renderer{w: w, color: color, lines: linesOf(files)}
}

// linesOf are the lines of files, by their names.
func linesOf(files []parser.File) map[string][]string {
	lines := map[string][]string{}
	for _, f := range files {
		lines[f.Name] = strings.Split(string(f.Src), "\n")
	}
	return lines
}

// diagnostic prints d:
//
//	nginx.conf:3:5: error: unknown directive "proxy_pas" [unknown-directive]
//	  3 |     proxy_pas http://127.0.0.1;
//	    |     ^^^^^^^^^
//	    = did you mean "proxy_pass"?
func (r *renderer) diagnostic(d diag.Diagnostic) {
	r.headline(d)
	margin := r.source(d.Pos)
	if d.Detail != "" {
		for i, line := range strings.Split(d.Detail, "\n") {
			mark := "="
			if i > 0 {
				mark = " "
			}
			fmt.Fprintf(r.w, "%s%s %s\n", margin, r.color.faint(mark), line)
		}
	}
}

// headline prints the first line of d.
func (r *renderer) headline(d diag.Diagnostic) {
	word := map[diag.Severity]string{
		diag.Error: r.color.red("error"), diag.Warning: r.color.yellow("warning"), diag.Hint: r.color.cyan("hint"),
	}[d.Severity]
	at := ""
	if d.Pos.IsValid() {
		at = r.color.bold(d.Pos.String()) + ": "
	}
	fmt.Fprintf(r.w, "%s%s: %s %s\n", at, word, r.color.bold(d.Msg), r.color.faint("["+d.ID()+" "+d.Code+"]"))
}

// source prints the line at p with a mark under the word there. It returns the
// margin of what is to follow.
func (r *renderer) source(p diag.Pos) (margin string) {
	lines := r.lines[p.File]
	if !p.IsValid() || p.Line > len(lines) {
		return "    "
	}
	line := strings.TrimRight(lines[p.Line-1], "\r")
	number := strconv.Itoa(p.Line)
	margin = strings.Repeat(" ", max(len(number)+3, 4))
	fmt.Fprintf(r.w, "%s%s %s\n", strings.Repeat(" ", len(margin)-len(number)-1), r.color.faint(number+" |"), printable(line))
	if p.Col < 1 || p.Col > len(line)+1 {
		return margin
	}
	before, rest := line[:p.Col-1], line[p.Col-1:]
	fmt.Fprintf(r.w, "%s%s %s%s\n", margin, r.color.faint("|"), blank(before), r.color.red(strings.Repeat("^", width(rest))))
	return margin
}

// printable replaces control characters, which could do things to a terminal.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' && c != '\t' || c == 0x7f {
			return '\uFFFD'
		}
		return c
	}, s)
}

// blank is as wide as s.
func blank(s string) string {
	return strings.Map(func(c rune) rune {
		if c == '\t' {
			return c
		}
		return ' '
	}, strings.TrimPrefix(s, bom))
}

// width is that of the word that s begins with.
func width(s string) int {
	s = strings.TrimPrefix(s, bom)
	end := strings.IndexAny(s, " \t;{}")
	if q := s != "" && (s[0] == '"' || s[0] == '\''); q {
		if i := strings.IndexByte(s[1:], s[0]); i >= 0 {
			end = i + 2
		}
	}
	if end < 0 {
		end = len(s)
	}
	return max(utf8.RuneCountInString(s[:end]), 1)
}
