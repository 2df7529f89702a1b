package main

import (
	"fmt"
	"log/slog"

	"github.com/urfave/cli/v2"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/zone"
)

func (a *app) checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "find everything that is wrong with a configuration",
		ArgsUsage: "FILE|DIR",
		Description: "Reads the configuration as nginx would, and says of each finding where it is and what\n" +
			"to write instead. Nothing is opened, bound or looked up. The exit code is 1 if there are\n" +
			"errors, 0 if there are none.",
		Flags: append(confFlags(),
			&cli.BoolFlag{Name: "fragment", Usage: "the file is meant to be a part of a configuration: do not ask for http {} and events {}"},
			&cli.BoolFlag{Name: "strict", Usage: "fail on warnings too"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "say nothing if there are no findings"},
		),
		Action: a.check,
	}
}

func (a *app) check(c *cli.Context) error {
	arg, err := oneConf(c)
	if err != nil {
		return err
	}
	s, err := sourceOf(c, arg)
	if err != nil {
		return err
	}
	found, err := s.check(c.Bool("fragment"))
	if err != nil {
		return err
	}
	color, err := a.palette(c)
	if err != nil {
		return err
	}
	r := newRenderer(a.stdout, s.tree.Files, color)
	count := map[diag.Severity]int{}
	for _, d := range found {
		count[d.Severity]++
		r.diagnostic(d)
	}
	if len(found) > 0 || !c.Bool("quiet") {
		fmt.Fprintf(a.stdout, "%s: %s\n", s.conf, summary(count))
	}
	if count[diag.Error] > 0 || c.Bool("strict") && count[diag.Warning] > 0 {
		return &failure{code: exitFound}
	}
	return nil
}

// check returns all findings about s, in the order of the text.
func (s *source) check(fragment bool) (diag.List, error) {
	s.fragment = false
	var found diag.List
	if !fragment {
		if err := s.load(); err != nil {
			return nil, err
		}
		_, list := directives.Compile(s.tree, s.options())
		found = s.decorate(s.tree, list)
	}
	// Once more with what is missing, to see what a fragment holds.
	s.fragment = true
	if err := s.load(); err != nil {
		return nil, err
	}
	if len(s.supplied) > 0 || fragment {
		_, list := directives.Compile(s.tree, s.options())
		found = append(found, s.decorate(s.tree, list)...)
	}
	if len(s.templates.replaced) > 0 {
		found = append(found, s.shadowed(builtin())...)
	}
	for _, name := range s.stock {
		found.Hint(diag.Pos{File: name, Line: 1, Col: 1}, "stock-file", "%s", stockText(name))
	}
	return unique(found.Sorted()), nil
}

// builtin tells which variables nginx has.
func builtin() func(name string) bool {
	c := spec.Compile(directives.Table, nil, spec.Options{Offline: true, ThirdParty: true, Zones: new(zone.Set), Log: slog.New(slog.DiscardHandler)})
	return func(name string) bool {
		_, _, http := c.Main.Vars().Lookup(name)
		_, _, stream := c.Main.StreamVars().Lookup(name)
		return http || stream
	}
}

// unique removes findings that are the same but for their details.
func unique(l diag.List) diag.List {
	type key struct {
		pos diag.Pos
		msg string
	}
	at := map[key]int{}
	var out diag.List
	for _, d := range l {
		k := key{d.Pos, d.Msg}
		if i, ok := at[k]; ok {
			if out[i].Detail == "" {
				out[i].Detail = d.Detail
			}
			continue
		}
		at[k] = len(out)
		out = append(out, d)
	}
	return out
}

func summary(count map[diag.Severity]int) string {
	text := ""
	for _, s := range []struct {
		severity diag.Severity
		one      string
	}{{diag.Error, "error"}, {diag.Warning, "warning"}, {diag.Hint, "hint"}} {
		n := count[s.severity]
		if n == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%d %s", n, s.one)
		if n > 1 {
			text += "s"
		}
	}
	if text == "" {
		return "ok"
	}
	return text
}
