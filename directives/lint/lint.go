// Package lint finds what nginx accepts and nobody means: rules over a compiled
// configuration. What a rule says about the way of a request, or about what an upstream
// gets, it has asked the engine about a request that it names (a witness); what it
// cannot show that way it does not say. It knows nothing of files and terminals: cmd
// prints what it finds.
package lint

import (
	"understudy/directives"
	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
)

// A rule looks at a whole configuration.
type rule func(*linter)

// rules stand in the order of their numbers.
var rules = []rule{
	shadowed, unreachable, lostPort, hiddenServer, unsafeIf, namedLocations,
	joinedPath, resolvedOnce, hostField, noResolver, localhost, replacedURI, likeUpstream,
	upgrades, upgradeTimeout, serverNameIndication, aliasSlash, replacedTypes,
	discardedFields, notAlways, overwrittenScheme, discardedLists,
	likeField, laterThanTarget, otherDefaults,
}

// Check returns what the rules find in a configuration that has been compiled
// offline, without errors, from a tree; log is that of the compilation.
func Check(tree *parser.Tree, c *directives.Compiled, log *Log) diag.List {
	l := newLinter(tree, c, log)
	for _, r := range rules {
		r(l)
	}
	return l.list
}

// A linter is one configuration under inspection.
type linter struct {
	tree    *parser.Tree
	c       *directives.Compiled
	version string

	servers    []*server
	places     []*place
	byLoc      map[*httpd.Location]*place
	log        *Log
	discarders []discarder              // see discarding
	siblings   map[*spec.Scope][]*place // the places directly in a block
	asked      map[question]answer
	texts      map[string][]string // the lines of files
	list       diag.List
}

// A server is a server block of http, with a way to reach it.
type server struct {
	scope *spec.Scope
	srv   *httpd.Server
	doors []door
}

// A place is a location, or a server outside its locations.
type place struct {
	scope  *spec.Scope
	loc    *httpd.Location
	server *server
	shown  *witness // see proof
	tried  bool
}

func newLinter(tree *parser.Tree, c *directives.Compiled, log *Log) *linter {
	l := &linter{tree: tree, c: c, version: c.Main.Env().Version, byLoc: map[*httpd.Location]*place{}, log: log,
		asked: map[question]answer{}, siblings: map[*spec.Scope][]*place{}, texts: map[string][]string{}}
	if c.HTTP == nil {
		return l
	}
	bySrv := map[*httpd.Server]*server{}
	for _, srv := range c.HTTP.Servers {
		s := &server{scope: c.Main.Built(srv.Root), srv: srv}
		if s.scope == nil {
			continue
		}
		l.servers = append(l.servers, s)
		bySrv[srv] = s
	}
	for x, scope := range c.Main.AllBuilt() {
		if loc, ok := x.(*httpd.Location); ok && bySrv[loc.Server] != nil {
			l.byLoc[loc] = &place{scope: scope, loc: loc, server: bySrv[loc.Server]}
		}
	}
	byScope := map[*spec.Scope]*place{}
	for _, p := range l.byLoc {
		if p.loc.Match != httpd.Nameless {
			byScope[p.scope] = p
		}
	}
	for _, s := range l.servers {
		l.inOrder(s.scope, byScope)
	}
	for _, p := range l.places {
		l.siblings[p.scope.Parent] = append(l.siblings[p.scope.Parent], p)
	}
	l.reach(spec.Result[httpcore.Listening](c.Main), bySrv)
	return l
}

// inOrder lists the places of a block in the order of the text.
func (l *linter) inOrder(s *spec.Scope, places map[*spec.Scope]*place) {
	if p := places[s]; p != nil {
		l.places = append(l.places, p)
	}
	for _, c := range s.Children {
		l.inOrder(c, places)
	}
}

func (l *linter) hint(d diag.Diagnostic) { l.list = append(l.list, d) }

func (l *linter) warn(d diag.Diagnostic) {
	d.Severity = diag.Warning
	l.list = append(l.list, d)
}

// given is the directive that is in force, or nil: then its default is.
func (l *linter) given(s *spec.Scope, name string) *parser.Directive {
	for _, g := range s.EffectOf(name).Given {
		if g.Directive != nil {
			return g.Directive
		}
	}
	return nil
}

// own is the directive of a name that stands in the block itself, or nil.
func own(s *spec.Scope, name string) *parser.Directive {
	for d := range s.Named(name) {
		return d
	}
	return nil
}

// arg is argument i of d, or nothing.
func arg(d *parser.Directive, i int) string {
	if d == nil || i >= len(d.Args) {
		return ""
	}
	return d.Args[i].Text
}

// title is how a location is quoted in a message.
func (p *place) title() string { return "location " + p.loc.Title() }

// older reports whether the target comes before a version.
func (l *linter) older(version string) bool { return spec.Older(l.version, version) }
