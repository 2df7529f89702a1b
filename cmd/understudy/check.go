package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"understudy/directives"
	"understudy/directives/lint"
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
			"to write instead: errors, at which nginx does not start, warnings, and hints at what it\n" +
			"accepts and nobody means. No name is looked up, no socket bound, and no log, pid or\n" +
			"certificate opened: what that leaves open is listed as deferred. understudy why CODE explains a code.\n\n" +
			"A comment at the end of a line, or above it, silences a code there:\n" +
			"   # understudy: ignore NX306 because the application wants that name\n\n" +
			"The exit code is 0 if there are no errors, 1 if there are (or warnings, with --strict), 2 if\n" +
			"the command line is wrong, 3 if the configuration cannot be read.",
		Flags: append(confFlags(),
			&cli.StringFlag{Name: "format", Usage: "text, json, sarif (2.1.0) or github (default: github in a workflow of GitHub, else text)"},
			&cli.BoolFlag{Name: "fix", Usage: "change the files so that findings end, where nothing that works changes"},
			&cli.BoolFlag{Name: "fix-all", Usage: "make the other fixes too: they change what the configuration does"},
			&cli.BoolFlag{Name: "diff", Usage: "with --fix or --fix-all: show what would change, and change nothing"},
			&cli.BoolFlag{Name: "fragment", Usage: "the file is a part of a configuration, as one that has only server {} and the like is anyway: do not ask for http {} and events {}; --fragment=false asks"},
			&cli.BoolFlag{Name: "strict", Usage: "fail on warnings too"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "say nothing if there are no findings"},
		),
		Action: a.check,
	}
}

// formats are those of check.
var formats = []string{"text", "json", "sarif", "github"}

func (a *app) check(c *cli.Context) error {
	arg, err := oneConf(c)
	if err != nil {
		return err
	}
	format := c.String("format")
	if format == "" {
		format = "text"
		if f, ok := a.stdout.(*os.File); os.Getenv("GITHUB_ACTIONS") == "true" && !(ok && isTerminal(f)) {
			format = "github"
		}
	}
	if !slices.Contains(formats, format) {
		return failf(exitUsage, "--format %q is none of %s", format, strings.Join(formats, ", "))
	}
	if c.Bool("diff") && !c.Bool("fix") && !c.Bool("fix-all") {
		return failf(exitUsage, "--diff shows what --fix or --fix-all would change")
	}
	s, err := sourceOf(c, arg)
	if err != nil {
		return err
	}
	found, err := s.check(partnessOf(c))
	if err != nil {
		return err
	}
	color, err := a.palette(c)
	if err != nil {
		return err
	}
	if c.Bool("fix") || c.Bool("fix-all") {
		again, err := a.repair(s, found, c.Bool("fix-all"), c.Bool("diff"), color)
		if err != nil {
			return err
		}
		if c.Bool("diff") {
			return nil
		}
		if again {
			if found, err = s.check(partnessOf(c)); err != nil {
				return err
			}
		}
	}
	r := &report{conf: s.conf, files: s.tree.Files, found: found, deferred: deferred(s.tree.Directives, s.overlay), part: s.notice(), supplied: s.supplied, count: map[diag.Severity]int{}}
	for _, d := range found {
		r.count[d.Severity]++
	}
	switch format {
	case "json":
		err = r.json(a.stdout)
	case "sarif":
		err = r.sarif(a.stdout)
	case "github":
		r.github(a.stdout)
	default:
		w := bufio.NewWriter(a.stdout)
		r.text(w, newRenderer(w, s.tree.Files, color), c.Bool("quiet"))
		err = w.Flush()
	}
	if err != nil {
		return failf(exitEnvironment, "%v", err)
	}
	if r.count[diag.Error] > 0 || c.Bool("strict") && r.count[diag.Warning] > 0 {
		return &failure{code: exitFound}
	}
	return nil
}

// text prints the report for people.
func (r *report) text(w io.Writer, to *renderer, quiet bool) {
	for _, d := range r.found {
		to.diagnostic(d)
	}
	if quiet && len(r.found) == 0 {
		return
	}
	if r.part != "" {
		fmt.Fprintf(w, "%s\n", to.color.faint(r.part))
	}
	if text := deferredText(r.deferred); text != "" {
		fmt.Fprintf(w, "%s\n", to.color.faint("deferred: "+text))
	}
	fmt.Fprintf(w, "%s: %s\n", r.conf, summary(r.count))
}

// A partness says how a configuration is checked that may be a part of one.
type partness int8

const (
	asItIs partness = iota // as what it is
	asPart                 // as a part, even if it looks whole
	asWhole
)

// partnessOf reads --fragment.
func partnessOf(c *cli.Context) partness {
	switch {
	case c.Bool("fragment"):
		return asPart
	case c.IsSet("fragment"):
		return asWhole
	}
	return asItIs
}

// check returns all findings about s, in the order of the text. A part is checked as run
// takes it, with what it lacks supplied, a whole configuration as nginx takes it.
func (s *source) check(as partness) (diag.List, error) {
	defer uncollected()()
	s.fragment, s.lenient = as == asPart, as == asPart
	if err := s.load(); err != nil {
		return nil, err
	}
	var alone diag.List
	if as == asItIs && s.part {
		if s.named() {
			strict, _ := s.findings()
			alone = hintsOfPart(strict)
		}
		s.fragment, s.lenient = true, true
		if err := s.load(); err != nil {
			return nil, err
		}
	}
	found, clean := s.findings()
	if !clean && !s.fragment { // once more with what is missing, to see what it holds
		s.fragment = true
		if err := s.load(); err != nil {
			return nil, err
		}
		if len(s.supplied) > 0 {
			list, _ := s.findings()
			found = append(found, list...)
		}
	}
	found = append(found, alone...)
	found = append(found, asideFindings(s.asides)...)
	if len(s.templates.replaced) > 0 {
		found = append(found, s.shadowed(builtin())...)
	}
	for _, name := range s.stock {
		found.Hint(diag.Pos{File: name, Line: 1, Col: 1}, "stock-file", "%s", stockText(name))
	}
	return unique(lint.Ignore(s.tree.Files, found).Sorted()), nil
}

// notice says that what is missing around a part is supplied; "" for a whole configuration.
func (s *source) notice() string {
	if !s.lenient || len(s.supplied) == 0 {
		return ""
	}
	text := s.partText("checked")
	if more := s.around(); more != "" {
		text += "\n" + more
	}
	return text
}

// findings compiles the tree and returns what is to be said about it, and whether there
// is no error: only then is there something for the rules to look at.
func (s *source) findings() (diag.List, bool) {
	o, log := s.options(), new(lint.Log)
	o.Log = slog.New(log)
	c, found := directives.Compile(s.tree, o)
	if found.Err() == nil { // nginx creates them when it has read everything
		found = append(found, lint.Unsized(s.tree, o.Zones.Finish())...)
	}
	lint.Advise(s.tree, c, found)
	clean := found.Err() == nil
	found = s.decorate(s.tree, found)
	if clean {
		found = append(found, lint.Check(s.tree, c, log)...)
	}
	return found, clean
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
			if out[i].Fix == nil {
				out[i].Fix = d.Fix
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
	for _, s := range []diag.Severity{diag.Error, diag.Warning, diag.Hint} {
		n := count[s]
		if n == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%d %s", n, level[s])
		if n > 1 {
			text += "s"
		}
	}
	if text == "" {
		return "ok"
	}
	return text
}
