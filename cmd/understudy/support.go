package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
)

func (a *app) supportCommand() *cli.Command {
	return &cli.Command{
		Name:      "support",
		Usage:     "list the directives of a configuration by what becomes of them",
		ArgsUsage: "FILE|DIR",
		Description: "A directive is implemented; or accepted, which means that it has no effect here, for the\n" +
			"reason given; or not supported yet, which keeps the configuration from running. The exit\n" +
			"code is 1 if one is not supported, or unknown.",
		Flags:  confFlags(),
		Action: a.support,
	}
}

// use is how often a configuration has a directive, and where.
type use struct {
	name   string
	entry  *spec.Entry // nil: nginx does not know it either
	places []diag.Pos
}

func (a *app) support(c *cli.Context) error {
	arg, err := oneConf(c)
	if err != nil {
		return err
	}
	s, err := sourceOf(c, arg)
	if err != nil {
		return err
	}
	if err := s.load(); err != nil {
		return err
	}
	color, err := a.palette(c)
	if err != nil {
		return err
	}
	uses := usesOf(s.tree, directives.Table)
	groups := []struct {
		title string
		paint func(string) string
		is    func(*use) bool
		why   bool
		all   bool // name every place
	}{
		{"unknown", color.red, func(u *use) bool { return u.entry == nil }, false, true},
		{"not supported yet", color.red, func(u *use) bool { return u.entry != nil && u.entry.State == spec.Unsupported }, true, true},
		{"accepted, without effect", color.yellow, func(u *use) bool { return u.entry != nil && u.entry.State == spec.Accepted }, true, false},
		{"implemented", color.green, func(u *use) bool { return u.entry != nil && u.entry.State == spec.Implemented }, false, false},
	}
	bad := false
	for i, g := range groups {
		var of []*use
		count := 0
		for _, u := range uses {
			if g.is(u) {
				of = append(of, u)
				count += len(u.places)
			}
		}
		if len(of) == 0 {
			continue
		}
		bad = bad || i < 2
		fmt.Fprintf(a.stdout, "%s: %s, %s\n", g.paint(g.title), plural(len(of), "directive"), plural(count, "use"))
		for _, u := range of {
			a.printUse(u, g.why, g.all, color)
		}
	}
	if bad {
		return &failure{code: exitFound}
	}
	return nil
}

func (a *app) printUse(u *use, why, all bool, color palette) {
	line := fmt.Sprintf("  %-32s %4d", u.name, len(u.places))
	if why && u.entry.Why != "" && u.entry.Why != "not supported yet" {
		line += "  " + u.entry.Why
	}
	fmt.Fprintln(a.stdout, strings.TrimRight(line, " "))
	if all {
		for _, p := range u.places {
			fmt.Fprintf(a.stdout, "      %s\n", color.faint(p.String()))
		}
	}
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// usesOf counts the directives of a tree, in the order of their names.
func usesOf(tree *parser.Tree, t *spec.Table) []*use {
	byEntry := map[*spec.Entry]*use{}
	unknown := map[string]*use{}
	var all []*use
	var walk func(ds []*parser.Directive, in spec.Context)
	walk = func(ds []*parser.Directive, in spec.Context) {
		for _, d := range ds {
			if d.Err != nil {
				continue
			}
			e := entryOf(t, d, in)
			u := byEntry[e]
			if e == nil {
				u = unknown[d.Name.Text]
			}
			if u == nil {
				u = &use{name: d.Name.Text, entry: e}
				all = append(all, u)
				if e == nil {
					unknown[d.Name.Text] = u
				} else {
					byEntry[e] = u
				}
			}
			if d.Name.Pos.IsValid() {
				u.places = append(u.places, d.Name.Pos)
			}
			if e != nil && e.Opens != 0 && !e.Free {
				walk(d.Block, e.Opens)
			}
		}
	}
	walk(tree.Directives, spec.Main)
	slices.SortStableFunc(all, func(a, b *use) int { return cmp.Compare(a.name, b.name) })
	return all
}

// entryOf finds what d is in a context; in a wrong one, what it is elsewhere.
func entryOf(t *spec.Table, d *parser.Directive, in spec.Context) *spec.Entry {
	entries := t.Lookup(d.Name.Text)
	for _, e := range entries {
		if e.In&in != 0 {
			return e
		}
	}
	if len(entries) > 0 {
		return entries[0]
	}
	return nil
}
