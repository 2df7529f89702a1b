package main

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime"
	"understudy/runtime/certs"
	"understudy/runtime/listen"
	"understudy/runtime/logs"
	"understudy/runtime/zone"
)

func (a *app) runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run a configuration in the foreground (understudy FILE does the same)",
		ArgsUsage: "FILE|DIR",
		Description: "A part of a configuration runs too: what it lacks is supplied. Logs, the pid file and\n" +
			"temporary files that cannot be where the configuration wants them are elsewhere, and\n" +
			"standard error says so. Ctrl-C stops, SIGQUIT lets requests finish, SIGHUP reads the\n" +
			"configuration again.",
		Flags: append(append(confFlags(), consoleFlags()...), watchFlag(),
			&cli.StringFlag{Name: "globals", Aliases: []string{"g"}, Usage: "`DIRECTIVES` of the main context to add"}),
		Action: func(c *cli.Context) error {
			arg, err := oneConf(c)
			if err != nil {
				return err
			}
			s, err := sourceOf(c, arg)
			if err != nil {
				return err
			}
			s.globals, s.lenient = c.String("globals"), true
			if _, err := a.palette(c); err != nil {
				return err
			}
			return a.serve(s, c.String("color"), showingOf(c))
		},
	}
}

// serve runs s until a signal ends it.
func (a *app) serve(s *source, color string, show showing) error {
	f := &foreground{source: s, overlay: s.overlay, stderr: a.stderr, color: palette{color == "always" || color != "never" && colorful(a.stderr)}, said: map[string]bool{}}
	f.console = logs.NewConsole(a.stderr, logs.Warn, f.color.on) // what happens without fault is told in our own words
	f.placing = placing{f: f, probe: probe}
	f.screen = newScreen(f, show, a.stdout)
	p := &program{origin: originOf(nil), stdout: a.stdout, stderr: a.stderr, foreground: f}
	p.paths = paths{prefix: s.prefix, conf: s.conf}
	p.initial = &initialLog{console: &console{w: a.stderr}, Handler: f.console}
	p.journal = newJournal(f.console)
	p.logs = logs.NewSet(nil)
	p.zones = new(zone.Set)
	p.sockets = &listen.Set{Log: p.journal.words}
	p.server = &runtime.Server{Sockets: p.sockets}
	if f.overlay.watch {
		p.watch = watch()
	}
	if code := p.start(); code != exitOK {
		if f.failed != nil {
			return f.failed
		}
		if f.invalid {
			return &failure{code: exitFound}
		}
		return &failure{code: exitEnvironment}
	}
	return nil
}

// A foreground is what is special about a configuration that a person runs:
// where it says what nginx's paths and users do not allow for.
type foreground struct {
	source  *source
	overlay *overlay
	placing placing
	stderr  io.Writer
	color   palette
	console slog.Handler
	screen  *screen
	said    map[string]bool

	began     time.Time           // when the configuration was read last
	gathered  gathering           // notices to be given
	unknown   []spec.Unresolved   // likewise findings
	looked    map[string]lookedUp // host names, of the configuration that is being read
	failing   map[string]lookedUp // those of the configuration before that had no address
	deaf      bool                // nobody answers for names
	silent    bool                // nobody has, for one of the configuration that is being read
	authority *certs.Authority    // nil until it is needed

	warnings int   // that were found
	invalid  bool  // the configuration has errors
	failed   error // why else it does not run
}

// notice tells the person something, once.
func (f *foreground) notice(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !f.said[text] {
		f.said[text] = true
		f.tell("%s", text)
	}
}

// coded is notice with a code that "understudy why" explains.
func (f *foreground) coded(code, format string, args ...any) {
	f.notice("%s [%s %s]", fmt.Sprintf(format, args...), diag.Find(code).ID, code)
}

// tell tells the person what happened.
func (f *foreground) tell(format string, args ...any) {
	fmt.Fprintf(f.stderr, "%s %s\n", f.color.cyan("understudy:"), fmt.Sprintf(format, args...))
}

// read loads the configuration and adapts it to the person's machine.
func (f *foreground) read() (*parser.Tree, error) {
	s := f.source
	f.began = time.Now()
	f.gathered, f.unknown = nil, nil
	f.forgetHosts()
	if s.reread != nil {
		o, err := s.reread()
		if err != nil {
			return nil, err
		}
		s.overlay, f.overlay = o, o
	}
	if err := s.load(); err != nil {
		return nil, err
	}
	s.gatheredAsides(f.gathered.add)
	if len(s.supplied) > 0 {
		f.notice("%s", s.partText("running it"))
	}
	for _, name := range s.stock {
		f.notice("%s", stockText(name))
	}
	f.substituted()
	f.adapt(s.tree)
	for _, name := range s.besides {
		f.gather("files of "+packagedConf+" are taken from the configuration's folder: %s", name)
	}
	return s.tree, nil
}

// fit has a configuration's sockets where they can be, its clients come back to
// them, and its requests shown. old is the one in force, if there is one.
func (f *foreground) fit(c, old *configuration) error {
	f.screen.attach(c)
	var held []runtime.Entry
	if old != nil {
		held = old.compiled.Graph.Listen
	}
	if err := f.placing.place(c.compiled.Graph, held); err != nil {
		return err
	}
	if h := c.compiled.HTTP; h != nil {
		h.Mapping = f.mapping(c.compiled)
	}
	return nil
}

// refuse says why a configuration does not run. The first is the end of the
// command, which says so.
func (f *foreground) refuse(err error, first bool) {
	f.failed = err
	if !first {
		f.tell("%v", err)
	}
}

// report prints errors and warnings, and says whether the configuration runs.
func (f *foreground) report(tree *parser.Tree, found diag.List) bool {
	f.tellGathered()
	found = append(found, f.unresolvedHosts(tree)...)
	if len(f.source.templates.replaced) > 0 {
		found = append(found, f.source.shadowed(builtin())...)
	}
	r := newRenderer(f.stderr, tree.Files, f.color)
	f.invalid = found.Err() != nil
	if f.invalid {
		found = f.source.decorate(tree, found)
	}
	f.warnings = 0
	said := map[string]bool{}
	alike, left := map[string]int{}, map[string]int{} // warnings by their code; those not shown
	found = unique(found.Sorted())
	for _, d := range found {
		if f.screen.show.json && d.Severity != diag.Hint {
			f.screen.diagnostic(d)
		}
		if d.Severity != diag.Warning {
			continue
		}
		f.warnings++
		switch alike[d.Code]++; {
		case alike[d.Code] <= mostAlike:
			r.diagnostic(d)
		case !said[d.Msg]:
			r.headline(d)
		default:
			left[d.Code]++
		}
		said[d.Msg] = true
	}
	conf := f.screen.short(f.source.conf)
	for _, code := range slices.Sorted(maps.Keys(left)) {
		f.tell("%d more of %s %s: understudy check %s shows them", left[code], diag.Find(code).ID, code, conf)
	}
	// What stops it comes last: that is where a person looks.
	wrong := 0
	for _, d := range found {
		if d.Severity == diag.Error {
			r.diagnostic(d)
			wrong++
		}
	}
	if wrong > 1 {
		f.tell("%s does not run: %d errors, above", conf, wrong)
	}
	return !f.invalid
}

// mostAlike is how many warnings of a code are shown whole. More of it have a line
// if they say something else, and are counted if they say the same of other places:
// forty sites may be copies of one.
const mostAlike = 3

// handler is where the errors of requests go: where the configuration says, or
// to the console in its own form.
func (f *foreground) handler(s *settings) slog.Handler {
	level := slog.Level(logs.Warn)
	for _, l := range s.ErrorLogs {
		if !l.Stderr {
			return s.log
		}
		level = min(level, l.Level)
	}
	return f.errors(level)
}

// errors is the log of what would go to standard error, from a level on. A person is
// not told of a request in nginx's words and in ours: lines wait for what is found.
func (f *foreground) errors(level slog.Level) slog.Handler {
	if f.screen.show.json {
		return events{screen: f.screen, level: level}
	}
	return logs.Patient(logs.NewConsole(f.stderr, level, f.color.on))
}

// started tells where the configuration can be reached.
func (f *foreground) started(c *configuration) {
	g := c.compiled.Graph
	var at []string
	for i := range g.Listen {
		at = append(at, address(&g.Listen[i].Options))
	}
	if len(at) == 0 {
		at = []string{"nothing"}
	}
	f.screen.running(c, at)
}

func address(o *listen.Options) string {
	text := cmp.Or(o.Bind, o.Addr)
	if o.Network == "udp" || o.Network == "unixgram" {
		text += " (udp)"
	}
	if o.Bind != "" {
		text += " for " + o.Addr
	}
	return text
}

// supports reports whether directive has an effect in a context.
func supports(t *spec.Table, directive string, in spec.Context) bool {
	a := argument{"", directive, in}
	return a.isIn(t)
}
