// Package diag says where something stands in a configuration and what is
// wrong with it.
package diag

import (
	"cmp"
	"fmt"
	"slices"
)

// CommandLine is the File of what is given by the -g option. nginx names no
// line of it.
const CommandLine = "command line"

// A Pos is a place in a configuration file. The zero Pos is no place: a
// default, or something made by the program itself.
type Pos struct {
	File      string
	Line, Col int // from 1; Col counts bytes
}

// IsValid reports whether p is a place in a file.
func (p Pos) IsValid() bool { return p.Line > 0 }

func (p Pos) String() string {
	if !p.IsValid() {
		return "-"
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Severity orders diagnostics by what they stop.
type Severity int8

const (
	Hint    Severity = iota // shown by check and editors only
	Warning                 // shown by -t; the configuration still runs
	Error                   // the configuration does not run
)

func (s Severity) String() string { return [...]string{"hint", "warn", "emerg"}[s] }

// A Diagnostic is one finding about a configuration.
type Diagnostic struct {
	Pos      Pos
	Severity Severity
	Code     string // stable name, such as "unknown-directive"; never reused
	Msg      string // nginx's own words where nginx has them
	Detail   string // what else is worth knowing: shown by check, never by -t

	Fix *Fix // what would end it; nil: nothing that could be written for a person

	// Line is the line nginx names: the one its reader had reached, which is
	// that of the directive's ";" or "{". Zero means that nginx names no place.
	Line int

	// Crit says of an error that nginx logs it one level below "emerg".
	Crit bool
}

// Level returns the word that nginx's log has for the finding.
func (d Diagnostic) Level() string {
	if d.Crit && d.Severity == Error {
		return "crit"
	}
	return d.Severity.String()
}

// Error formats d as check does: nginx's words and the exact place.
func (d Diagnostic) Error() string {
	if !d.Pos.IsValid() {
		return d.Msg
	}
	return fmt.Sprintf("%s in %s", d.Msg, d.Pos)
}

// Nginx formats d exactly as nginx does, without a column, and without a place
// where nginx has none.
func (d Diagnostic) Nginx() string {
	if d.Line == 0 {
		return d.Msg
	}
	if d.Pos.File == CommandLine {
		return fmt.Sprintf("%s in %s", d.Msg, d.Pos.File)
	}
	return fmt.Sprintf("%s in %s:%d", d.Msg, d.Pos.File, d.Line)
}

// A List collects diagnostics in the order they were found.
type List []Diagnostic

// Add appends an error about the place at, which nginx would not name.
func (l *List) Add(at Pos, code, format string, args ...any) {
	*l = append(*l, Diagnostic{Pos: at, Severity: Error, Code: code, Msg: fmt.Sprintf(format, args...)})
}

// Warn appends a warning about the place at, which nginx would not name.
func (l *List) Warn(at Pos, code, format string, args ...any) {
	*l = append(*l, Diagnostic{Pos: at, Severity: Warning, Code: code, Msg: fmt.Sprintf(format, args...)})
}

// Hint appends a hint.
func (l *List) Hint(at Pos, code, format string, args ...any) {
	*l = append(*l, Diagnostic{Pos: at, Severity: Hint, Code: code, Msg: fmt.Sprintf(format, args...)})
}

// Err returns the first error of l, the one nginx stops at, or nil.
func (l List) Err() error {
	for _, d := range l {
		if d.Severity == Error {
			return d
		}
	}
	return nil
}

// Sorted returns l by file, line and column, each finding once: a directive
// that many blocks inherit is looked at in each of them.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Pos.File, b.Pos.File),
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Msg, b.Msg),
		)
	})
	return slices.Compact(out)
}
