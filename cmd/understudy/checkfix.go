package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"understudy/parser/diag"
)

// repair makes the fixes of findings in the files: the safe ones, or all. With show it
// prints the difference instead. It reports whether a file has changed.
func (a *app) repair(s *source, found diag.List, all, show bool, color palette) (changed bool, err error) {
	edits := map[string][]diag.Edit{}
	for _, d := range found {
		if d.Fix == nil || !d.Fix.Safe && !all {
			continue
		}
		for _, e := range d.Fix.Edits {
			edits[e.At.File] = append(edits[e.At.File], e)
		}
	}
	for _, f := range s.tree.Files {
		if len(edits[f.Name]) == 0 {
			continue
		}
		if on, err := os.ReadFile(f.Name); err != nil || !bytes.Equal(on, f.Src) {
			continue // it is filled in from a template, or comes with nginx
		}
		text, _, err := diag.Apply(f.Src, edits[f.Name])
		if err != nil {
			return changed, failf(exitBug, "%v", err)
		}
		if show {
			fmt.Fprint(a.stdout, difference(f.Name, string(f.Src), string(text), color))
			continue
		}
		if err := replaceFile(f.Name, text); err != nil {
			return changed, failf(exitEnvironment, "%v", err)
		}
		changed = true
		fmt.Fprintf(a.stderr, "understudy: %s changed\n", f.Name)
	}
	return changed, nil
}

// replaceFile writes a text to a file that keeps its mode and, if it is a link, its place.
func replaceFile(name string, text []byte) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, text, info.Mode().Perm())
}

// difference shows what changes in a file, in the unified format.
func difference(name, before, after string, color palette) string {
	a, b := lines(before), lines(after)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", name, name)
	// Edits are few and small, so that the texts are the same again soon.
	for i, j := 0, 0; i < len(a) || j < len(b); {
		if i < len(a) && j < len(b) && a[i] == b[j] {
			i, j = i+1, j+1
			continue
		}
		x, y := meet(a[i:], b[j:])
		from, to := max(i-2, 0), min(i+x+2, len(a))
		fmt.Fprintf(&out, "@@ -%d,%d +%d,%d @@\n", from+1, to-from, j-(i-from)+1, to-from-x+y)
		for _, l := range a[from:i] {
			out.WriteString(" " + l + "\n")
		}
		for _, l := range a[i : i+x] {
			out.WriteString(color.red("-"+l) + "\n")
		}
		for _, l := range b[j : j+y] {
			out.WriteString(color.green("+"+l) + "\n")
		}
		for k := i + x; k < to; k++ {
			out.WriteString(" " + a[k] + "\n")
		}
		i, j = i+x, j+y
	}
	return out.String()
}

func lines(text string) []string {
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// meet returns how many lines of both are to be left out until they are the same.
func meet(a, b []string) (x, y int) {
	for n := 1; n < len(a)+len(b); n++ {
		for x := max(0, n-len(b)); x <= min(n, len(a)); x++ {
			if y := n - x; x < len(a) && y < len(b) && a[x] == b[y] {
				return x, y
			}
		}
	}
	return len(a), len(b)
}
