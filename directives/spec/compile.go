package spec

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"

	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/regex"
	"understudy/runtime/stream"
	"understudy/runtime/vars"
	"understudy/runtime/zone"
)

// Options are what a compilation knows of the world.
type Options struct {
	Prefix     string // relative names are relative to it (-p), with a final "/"
	ConfPrefix string // the folder of the main configuration file, with a final "/"
	Version    string // of the nginx that is stood in for: "1.31.5"
	Offline    bool   // resolve, open and bind nothing (check, explain)
	Remember   bool   // of which block each location was built, for Built (run)
	Fragment   bool   // supply the blocks that a fragment lacks
	Test       bool   // -t: nothing will run
	ThirdParty bool   // know the directives of modules that are none of nginx's
	Zones      *zone.Set
	Logs       *logs.Generation // where log files come from; nil: nothing is logged to them
	Log        *slog.Logger

	// Overlay is what stands in for things of another machine; nil: nothing does.
	Overlay *Overlay

	// Wanted returns the servers whose locations are of interest, when those of
	// the http block can be found by address and name; nil: all are. What is
	// wrong with the locations of others is not found then. (explain)
	Wanted func(main *Scope) []*httpd.Server

	// Lookup resolves a host name when the configuration is read. The error
	// text is nginx's.
	Lookup func(host string) ([]string, error)
}

// A Scope is one block of a configuration with what its directives said.
type Scope struct {
	In       Context
	At       *parser.Directive // nil for the main context
	Parent   *Scope
	Children []*Scope

	// own is what modules have here. A module that is not in it shares what it
	// has in the block around: most blocks say something of few modules. The
	// main context has all, by their index.
	own    []own
	merged bool // inherit has been here
	*env
}

// An own is what a module has in one block.
type own struct {
	module int // its index
	conf   any
	local  bool // conf holds what inner blocks must not see
}

// env is what all scopes of one compilation share.
type env struct {
	Options
	table     *Table
	diags     diag.List
	http      *httpd.Vars
	stream    *stream.Vars
	upstreams [2]upstreams
	resolving map[*Scope]Resolving
	results   map[reflect.Type]any
	patterns  map[pattern]*regex.Regexp
	top       []*parser.Directive
	blocks    map[any]*Scope  // what was built from which block: see Built
	cut       bool            // reading ended before the configuration did
	loaded    map[string]bool // modules that are none of nginx's and whose directives are known
}

// load makes what a module declares known.
func (e *env) load(m Module) {
	if e.loaded == nil {
		e.loaded = map[string]bool{}
	}
	e.loaded[m.name()] = true
	m.declare(e)
}

// LoadModule makes known what a module declares that is none of nginx's, and
// reports whether there is one of that name.
func (s *Scope) LoadModule(name string) bool {
	for _, m := range s.table.modules {
		if m.thirdParty() && m.name() == name {
			if !s.loaded[name] {
				s.load(m)
			}
			return true
		}
	}
	return false
}

// A Compilation is what became of a configuration.
type Compilation struct {
	Main  *Scope
	Diags diag.List // in the order in which nginx would find them
}

// Compile reads a tree. It hands every directive to its Setter in the order of
// the text, and when a block closes lets it inherit and calls the Close of the
// directive that opened it, which may build a runtime graph: so findings are
// in the order in which nginx, which works that way, reports them. What the
// blocks built is found with Result.
func Compile(t *Table, ds []*parser.Directive, o Options) *Compilation {
	e := &env{Options: o, table: t, http: vars.NewTable[*httpd.Request](), stream: vars.NewTable[*stream.Session](), results: map[reflect.Type]any{}, top: ds}
	for _, m := range t.modules {
		switch {
		case !m.thirdParty():
			m.declare(e)
		case o.ThirdParty:
			e.load(m)
		}
	}
	main := e.open(Main, nil, nil)
	main.own = make([]own, len(t.modules))
	for i, m := range t.modules {
		main.own[i] = own{module: i, conf: m.newConf()}
		if m.family() != familyCore {
			main.defaults(i)
		}
	}
	main.declare(ds)
	for i, m := range t.modules {
		if m.family() == familyCore {
			main.defaults(i)
		}
	}
	for i, m := range t.modules {
		if !e.cut {
			main.found(m.end(main.own[i].conf, main))
		}
	}
	return &Compilation{Main: main, Diags: e.diags}
}

// SetResult keeps what a block built, by its type.
func SetResult[T any](s *Scope, x T) { s.results[reflect.TypeFor[T]()] = x }

// Result returns what a block built, or nothing.
func Result[T any](s *Scope) (x T) {
	x, _ = s.results[reflect.TypeFor[T]()].(T)
	return x
}

func (e *env) open(in Context, at *parser.Directive, parent *Scope) *Scope {
	s := &Scope{In: in, At: at, Parent: parent, env: e}
	if parent != nil {
		parent.Children = append(parent.Children, s)
	}
	return s
}

// has returns what a module has in s itself, or nil.
func (s *Scope) has(i int) *own {
	if s.Parent == nil {
		return &s.own[i]
	}
	for k := range s.own {
		if s.own[k].module == i {
			return &s.own[k]
		}
	}
	return nil
}

// of returns what a module has in s for a directive to change. It is valid until
// the next call.
func (s *Scope) of(i int) *own {
	o := s.has(i)
	if o == nil {
		s.own = append(s.own, own{module: i, conf: s.table.modules[i].newConf()})
		o = &s.own[len(s.own)-1]
	}
	return o
}

// conf returns the configuration of a module that is in force in s, which must
// not be changed. Before s has inherited, it is what s itself says.
func (s *Scope) conf(i int) any {
	if !s.merged {
		return s.of(i).conf
	}
	for {
		if o := s.has(i); o != nil {
			return o.conf
		}
		s = s.Parent
	}
}

func (s *Scope) declare(ds []*parser.Directive) {
	for _, d := range ds {
		if d.Err != nil {
			s.diags = append(s.diags, *d.Err)
			s.cut = true
			continue
		}
		s.directive(d)
	}
}

func (s *Scope) directive(d *parser.Directive) {
	e, err := s.entry(d)
	if err != nil {
		s.report(d, err)
		return
	}
	call := &Call{Directive: d, Scope: s, Entry: e}
	if e.set != nil {
		o := s.of(e.owner)
		o.local = o.local || e.local
		if err := e.set(o.conf, call); err != nil {
			s.report(d, err)
			if e.Opens == 0 || e.State == Unsupported {
				return
			}
		}
	}
	if e.Opens == 0 || e.Free {
		return
	}
	inner := s.open(e.Opens, d, s)
	call.Inner = inner
	inner.declare(d.Block)
	if !d.Close.IsValid() {
		return // reading ended inside the block
	}
	if e.Opens&(HTTP|Stream|Events) != 0 {
		inner.inherit()
	}
	if e.close != nil {
		line := d.End.Line
		d.End.Line = d.Close.Line // what a block lacks is reported where it ends
		if err := e.close(inner.conf(e.owner), call); err != nil {
			s.report(d, err)
		}
		d.End.Line = line
	}
}

// report adds an error about d: a diagnostic as it is, anything else as nginx
// words what a setter says: the name of the directive and the text.
func (s *Scope) report(d *parser.Directive, err error) {
	var found diag.Diagnostic
	if errors.As(err, &found) {
		s.diags = append(s.diags, found)
		return
	}
	s.diags = append(s.diags, diag.Diagnostic{
		Pos: d.Name.Pos, Severity: diag.Error, Code: "invalid-directive", Line: d.End.Line,
		Msg: fmt.Sprintf("%q directive %v", d.Name.Text, err),
	})
}

// entry finds the entry for d in s and checks d's shape against it.
func (s *Scope) entry(d *parser.Directive) (*Entry, error) {
	fail := func(code, format string, args ...any) error {
		return diag.Diagnostic{Pos: d.Name.Pos, Severity: diag.Error, Code: code, Msg: fmt.Sprintf(format, args...), Line: d.End.Line}
	}
	name := d.Name.Text
	entries := s.table.Lookup(name)
	if len(entries) == 0 || entries[0].Third && !s.loaded[entries[0].Module] {
		f := fail("unknown-directive", "unknown directive %s", quote(name)).(diag.Diagnostic)
		if len(entries) > 0 {
			f.Detail = fmt.Sprintf("it is known with: load_module modules/ngx_%s_module.so;", entries[0].Module)
		} else if near := s.table.Suggest(name, s.In); near != "" {
			f.Detail = fmt.Sprintf("did you mean %q?", near)
		}
		return nil, f
	}
	for _, e := range entries {
		switch {
		case e.In&s.In == 0:
			continue
		case e.Opens == 0 && !e.Free && d.Block != nil:
			return nil, fail("not-block", `directive %s is not terminated by ";"`, quote(name))
		case (e.Opens != 0 || e.Free) && d.Block == nil:
			return nil, fail("no-block", `directive %s has no opening "{"`, quote(name))
		case !e.Args.Has(len(d.Args)):
			return nil, fail("arguments", "invalid number of arguments in %s directive", quote(name))
		}
		return e, nil
	}
	f := fail("context", "%s directive is not allowed here", quote(name)).(diag.Diagnostic)
	var in Context
	for _, e := range entries {
		in |= e.In
	}
	f.Detail = "it is allowed in: " + in.String()
	return nil, f
}

// quote is nginx's "%s" between quotes: nothing is escaped, and a C string ends
// with the first NUL.
func quote(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return `"` + s + `"`
}

// inherit gives s and the scopes inside it what they did not say.
func (s *Scope) inherit() {
	for k := range s.Parent.own {
		if o := &s.Parent.own[k]; o.local {
			s.of(o.module)
		}
	}
	for k := range s.own {
		own := &s.own[k]
		outer := s.Parent.conf(own.module)
		for _, e := range s.table.inheriting[own.module] {
			e.inherit(own.conf, outer, s.In&nameless != 0)
		}
	}
	s.merged = true
	for _, c := range s.Children {
		c.inherit()
	}
}

// defaults gives a module in the main scope the defaults of its directives.
func (s *Scope) defaults(module int) {
	conf := s.own[module].conf
	for _, e := range s.table.byModule[module] {
		text := e.DefaultFor(s.Version)
		if text == "" || e.inherit == nil || e.isSet(conf) {
			continue
		}
		d := &parser.Directive{Name: parser.Word{Text: e.Name}}
		for _, f := range strings.Fields(text) {
			d.Args = append(d.Args, parser.Word{Text: strings.Trim(f, `"`)})
		}
		if err := e.set(conf, &Call{Directive: d, Scope: s, Entry: e}); err != nil {
			panic(fmt.Sprintf("spec: default of %q: %v", e.Name, err))
		}
	}
}

// Conf returns the configuration of type C in s. It must not be changed.
func Conf[C any](s *Scope) *C {
	i, ok := s.table.byConf[reflect.TypeFor[*C]()]
	if !ok {
		panic(fmt.Sprintf("spec: no module with configuration %T", new(C)))
	}
	return s.conf(i).(*C)
}

// Around returns the block of a kind that s stands in, or is.
func (s *Scope) Around(in Context) *Scope {
	for s.Parent != nil && s.In&in == 0 {
		s = s.Parent
	}
	return s
}

// OwnConf returns the configuration of type C in s for a Close or Set function
// to change.
func OwnConf[C any](s *Scope) *C { return s.conf(s.table.byConf[reflect.TypeFor[*C]()]).(*C) }

// Supports reports whether a directive is known, and not as unsupported, in a
// context: for what other directives can only do together with it.
func (s *Scope) Supports(name string, in Context) bool {
	for _, e := range s.table.Lookup(name) {
		if e.In&in != 0 && e.State != Unsupported {
			return true
		}
	}
	return false
}

// Vars returns the variables of the http block.
func (s *Scope) Vars() *httpd.Vars { return s.http }

// StreamVars returns the variables of the stream block.
func (s *Scope) StreamVars() *stream.Vars { return s.stream }

// Diags returns the list that findings are added to.
func (s *Scope) Diags() *diag.List { return &s.diags }

// Env returns the options of the compilation.
func (s *Scope) Env() *Options { return &s.Options }
