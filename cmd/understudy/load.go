package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"understudy/directives"
	"understudy/directives/lint"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/resolver"
	"understudy/runtime/zone"
)

// A configuration is one that has been read and may run.
type configuration struct {
	tree     *parser.Tree
	compiled *directives.Compiled
	settings settings
	journal  *journal
	logs     *logs.Generation
	zones    *zone.Set
	idle     bool // it has retired; guarded by program.mu
}

// loadGCPercent is GOGC while the first configuration is read: with 100, a third
// of the time to read 2,000 servers is spent in vain.
const loadGCPercent = 400

// load reads the configuration and logs what is wrong with it, as far as the
// first error. A tree that is given is what was read before.
func (p *program) load(tree *parser.Tree) (*configuration, bool) {
	if p.current == nil {
		// Hardly anything of what is made now is garbage before the end.
		defer debug.SetGCPercent(debug.SetGCPercent(loadGCPercent))
	}
	c := &configuration{tree: tree, zones: p.zones.Next(), journal: newJournal(p.journal.handler())}
	c.logs = p.logs.Next(func(err error) { c.journal.printf(logs.Alert, "%v", err) })
	if p.foreground != nil {
		c.logs.Console = p.foreground.errors
	}
	found, ok := p.compile(c)
	if !ok || !p.report(c.tree, found) {
		c.logs.Release()
		return c, false
	}
	c.settings = p.settingsOf(c)
	if !p.account(&c.settings) {
		c.logs.Release()
		return c, false
	}
	if err := c.settings.Enough(len(c.compiled.Graph.Listen)); err != nil {
		p.journal.printf(logs.Emerg, "%v", err)
		c.logs.Release()
		return c, false
	}
	c.compiled.Graph.ShutdownTimeout = c.settings.ShutdownTimeout
	return c, true
}

// compile compiles the configuration into c, and reads it first if c has no tree.
// If it cannot even be read, and nothing is found that says why, the person has
// been told.
func (p *program) compile(c *configuration) (found diag.List, ok bool) {
	switch {
	case c.tree != nil:
	case p.foreground != nil:
		tree, err := p.foreground.read()
		if err != nil {
			p.foreground.invalid = true
			fmt.Fprintf(p.stderr, "understudy: %v\n", err)
			return nil, false
		}
		c.tree = tree
	default:
		// An error stands in the tree as well.
		name := strings.TrimPrefix(p.paths.conf, p.paths.prefix) // Load puts it there again
		c.tree, _ = parser.Load(name, parser.Options{Prefix: p.paths.prefix, Command: p.opts.globals.value})
		if !p.opts.prefix.ok {
			supply(c.tree, packagedDefaults)
		}
	}
	c.compiled, found = directives.Compile(c.tree, p.specOptions(c))
	return found, true
}

// report logs findings as far as the first error, and says whether there is
// none.
func (p *program) report(tree *parser.Tree, found diag.List) bool {
	if p.foreground != nil {
		return p.foreground.report(tree, found)
	}
	parsed := false
	for _, d := range found {
		if afterParsing(d) && !parsed {
			parsed = true
			p.syntaxOK()
		}
		switch d.Severity {
		case diag.Warning:
			p.journal.printf(logs.Warn, "%s", d.Nginx())
		case diag.Error:
			p.journal.words(d.Level(), d.Nginx())
			return false
		}
	}
	if !parsed {
		p.syntaxOK()
	}
	return true
}

func (p *program) syntaxOK() {
	if p.opts.test && !p.opts.quiet {
		p.initial.console.printf("the configuration file %s syntax is ok", p.paths.conf)
	}
}

// afterParsing reports whether nginx finds d only when it has read everything.
func afterParsing(d diag.Diagnostic) bool { return d.Code == "no-events" || d.Code == "cpu-masks" }

func (p *program) specOptions(c *configuration) spec.Options {
	return spec.Options{
		Prefix:     p.paths.prefix,
		ConfPrefix: c.tree.Prefix,
		Version:    p.version(),
		Test:       p.opts.test,
		ThirdParty: p.foreground != nil,
		Remember:   p.foreground != nil,
		Zones:      c.zones,
		Logs:       c.logs,
		Log:        slog.New(c.journal),
		Lookup:     p.lookup(),
		Overlay:    p.overlay(),
	}
}

// overlay is what stands in for things of another machine.
func (p *program) overlay() *spec.Overlay {
	if p.foreground == nil {
		return nil
	}
	return p.foreground.spec()
}

func (p *program) lookup() func(string) ([]string, error) {
	if p.foreground == nil {
		return lookup
	}
	return p.foreground.lookup
}

// version is that of the nginx whose place the program takes.
func (p *program) version() string {
	if p.foreground != nil {
		return p.foreground.source.version
	}
	return target
}

// lookupTimeout bounds how long the name of one host may keep a configuration
// from starting.
const lookupTimeout = 30 * time.Second

// lookup resolves a host name. The error is nginx's.
func lookup(host string) ([]string, error) { return lookupWithin(host, lookupTimeout) }

func lookupWithin(host string, limit time.Duration) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	addrs, err := resolver.Lookup(ctx, host)
	texts := make([]string, len(addrs))
	for i, a := range addrs {
		texts[i] = a.String()
	}
	return texts, err
}

// open creates the folders of c, opens its log files and takes its zones.
func (p *program) open(c *configuration) bool {
	if !p.createPaths(c) {
		return false
	}
	if err := c.logs.Open(); err != nil {
		p.journal.printf(logs.Emerg, "%v", first(err))
		return false
	}
	errs := c.zones.Finish()
	if len(errs) > 0 && p.foreground != nil {
		return p.foreground.report(c.tree, unsized(c.tree, c.compiled, errs))
	}
	for _, err := range errs {
		p.journal.printf(logs.Emerg, "%v", err)
		return false
	}
	return true
}

// unsized are the findings about zones that are used and not defined, with what was
// probably meant.
func unsized(tree *parser.Tree, c *directives.Compiled, errs []error) diag.List {
	found := lint.Unsized(tree, errs)
	lint.Advise(tree, c, found)
	return found
}

// first returns the first of joined errors: nginx stops there.
func first(err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()[0]
	}
	return err
}

// reason words the cause of a failed system call as nginx does.
func reason(err error) string {
	if t := conn.ErrnoText(err); t != "" {
		return t
	}
	var inner interface{ Unwrap() error }
	if errors.As(err, &inner) && inner.Unwrap() != nil {
		err = inner.Unwrap()
	}
	return "(" + err.Error() + ")"
}
