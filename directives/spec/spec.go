// Package spec is the language in which directives are declared.
//
// A module is a value: a table of Directives, each saying where it may stand,
// what it takes, what it means and how it is inherited, plus functions that
// add what the module does to the compiled graph. Everything else that knows
// about directives (the compiler, -t, check, explain, the reference pages)
// reads these tables.
package spec

import (
	"fmt"
	"reflect"
	"slices"

	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/stream"
)

// A Directive declares a directive of a module whose configuration is a C.
type Directive[C any] struct {
	Name    string
	Names   Names   // what its first argument is the name of; zero: nothing of the machine
	In      Context // blocks it may stand in
	Args    Arity   // set by Set's kind if zero
	Opens   Context // the context inside its braces; zero if it ends with ";"
	Free    bool    // its block holds data, not directives: Set reads call.Block
	Syntax  string  // its arguments, in the notation of nginx's documentation
	Default string  // arguments that apply when it is nowhere given
	Was     []Was   // earlier defaults, oldest first
	Since   string  // the version that has it first; "": it is older than all that are asked about
	Doc     string  // what it does, in a sentence or two
	Set     Setter[C]

	// Close is called when the block it opened has been read, with the
	// configuration of that block and everything inside inherited.
	Close func(*C, *Call) error
}

// Was is a default that nginx had in the versions before Until.
type Was struct{ Until, Default string }

// An HTTPModule declares a module of the http block.
type HTTPModule[C any] struct {
	Name       string // as nginx names it, without "ngx_" and "_module": "http_rewrite"
	Directives []Directive[C]
	Variables  []httpd.Variable

	// ThirdParty says that the module is none of nginx's: what it declares is
	// not known before load_module has named it, unless Options.ThirdParty.
	ThirdParty bool

	// Main is called once, Server once for each server and Location once for
	// each location, a server's own included, with C's inheritance resolved.
	// An error that is a diag.Diagnostic is reported as it is.
	Main     func(*C, *Builder) error
	Server   func(*C, *Builder) error
	Location func(*C, *Builder) error
}

// A StreamModule declares a module of the stream block.
type StreamModule[C any] struct {
	Name       string
	Directives []Directive[C]
	Variables  []stream.Variable
	Main       func(*C, *StreamBuilder) error
	Server     func(*C, *StreamBuilder) error
}

// A CoreModule declares directives of the main and events blocks.
type CoreModule[C any] struct {
	Name       string
	Directives []Directive[C]

	// End is called when the whole configuration has been read, to the last
	// line and not just to where it cannot be understood.
	End func(*C, *Scope) error
}

// A Module is an HTTPModule, a StreamModule or a CoreModule of any
// configuration type.
type Module interface {
	name() string
	family() family
	thirdParty() bool
	entries() []*Entry
	newConf() any
	declare(*env)
	variables() ([]httpd.Variable, []stream.Variable)
	hooks(hook) bool // there is something for it to build
	build(hook, any, *Builder) error
	buildStream(hook, any, *StreamBuilder) error
	end(any, *Scope) error
}

type family int8

const (
	familyCore family = iota
	familyHTTP
	familyStream
)

type hook int8

const (
	hookMain hook = iota
	hookServer
	hookLocation

	hookCount
)

// A State says what becomes of a directive.
type State int8

const (
	Implemented State = iota
	Accepted          // checked, and without effect for the reason in Why
	Unsupported       // an error that says so
)

func (s State) String() string { return [...]string{"implemented", "accepted", "unsupported"}[s] }

// An Entry is a Directive without its type: what tools read.
type Entry struct {
	Module, Name, Syntax, Default, Doc string

	Names  Names
	In     Context
	Args   Arity
	Opens  Context
	Free   bool
	Third  bool // of a module that is none of nginx's
	Kind   Kind
	Values []string // for Enum and Flag
	Was    []Was
	Since  string
	State  State
	Why    string // for Accepted and Unsupported

	owner   int // index of the module
	local   bool
	set     func(conf any, c *Call) error
	close   func(conf any, c *Call) error
	inherit func(child, parent any, nameless bool)
	isSet   func(conf any) bool
	pos     func(conf any) diag.Pos
	merged  func(conf any) bool // nil: never
}

func entriesOf[C any](module string, ds []Directive[C]) []*Entry {
	es := make([]*Entry, len(ds))
	for i, d := range ds {
		s := d.Set
		e := &Entry{
			Module: module, Name: d.Name, Syntax: d.Syntax, Default: d.Default, Doc: d.Doc,
			Names: d.Names, In: d.In, Args: d.Args, Opens: d.Opens, Free: d.Free, Was: d.Was, Since: d.Since,
			Kind: s.kind, Values: s.values, State: s.state, Why: s.why, local: s.inherit == nil && !s.visible || s.local,
		}
		if e.Args == 0 {
			e.Args = s.args
		}
		if e.Args == 0 && s.kind == Words {
			e.Args = Exactly(0)
		}
		if s.set != nil {
			e.set = func(conf any, c *Call) error { return s.set(conf.(*C), c) }
		}
		if s.inherit != nil {
			e.inherit = func(child, parent any, nameless bool) { s.inherit(child.(*C), parent.(*C), nameless) }
			e.isSet = func(conf any) bool { return s.isSet(conf.(*C)) }
			e.pos = func(conf any) diag.Pos { return s.pos(conf.(*C)) }
		}
		if s.merged != nil {
			e.merged = func(conf any) bool { return s.merged(conf.(*C)) }
		}
		if d.Close != nil {
			e.close = func(conf any, c *Call) error { return d.Close(conf.(*C), c) }
		}
		es[i] = e
	}
	return es
}

func (m HTTPModule[C]) name() string      { return m.Name }
func (m HTTPModule[C]) family() family    { return familyHTTP }
func (m HTTPModule[C]) thirdParty() bool  { return m.ThirdParty }
func (m HTTPModule[C]) entries() []*Entry { return entriesOf(m.Name, m.Directives) }
func (m HTTPModule[C]) newConf() any      { return new(C) }

func (m HTTPModule[C]) declare(e *env) {
	for _, v := range m.Variables {
		e.http.Builtin(v)
	}
}

func (m HTTPModule[C]) variables() ([]httpd.Variable, []stream.Variable) { return m.Variables, nil }

func (m HTTPModule[C]) hooks(h hook) bool {
	return [...]bool{m.Main != nil, m.Server != nil, m.Location != nil}[h]
}

func (m HTTPModule[C]) build(h hook, conf any, b *Builder) error {
	f := [...]func(*C, *Builder) error{m.Main, m.Server, m.Location}[h]
	if f == nil {
		return nil
	}
	return f(conf.(*C), b)
}

func (m HTTPModule[C]) buildStream(hook, any, *StreamBuilder) error { return nil }
func (m HTTPModule[C]) end(any, *Scope) error                       { return nil }

func (m StreamModule[C]) name() string      { return m.Name }
func (m StreamModule[C]) family() family    { return familyStream }
func (m StreamModule[C]) thirdParty() bool  { return false }
func (m StreamModule[C]) entries() []*Entry { return entriesOf(m.Name, m.Directives) }
func (m StreamModule[C]) newConf() any      { return new(C) }

func (m StreamModule[C]) declare(e *env) {
	for _, v := range m.Variables {
		e.stream.Builtin(v)
	}
}

func (m StreamModule[C]) variables() ([]httpd.Variable, []stream.Variable) { return nil, m.Variables }

func (m StreamModule[C]) hooks(h hook) bool {
	return [...]bool{m.Main != nil, m.Server != nil, false}[h]
}

func (m StreamModule[C]) build(hook, any, *Builder) error { return nil }
func (m StreamModule[C]) end(any, *Scope) error           { return nil }

func (m StreamModule[C]) buildStream(h hook, conf any, b *StreamBuilder) error {
	f := [...]func(*C, *StreamBuilder) error{m.Main, m.Server, nil}[h]
	if f == nil {
		return nil
	}
	return f(conf.(*C), b)
}

func (m CoreModule[C]) name() string                                     { return m.Name }
func (m CoreModule[C]) family() family                                   { return familyCore }
func (m CoreModule[C]) thirdParty() bool                                 { return false }
func (m CoreModule[C]) entries() []*Entry                                { return entriesOf(m.Name, m.Directives) }
func (m CoreModule[C]) newConf() any                                     { return new(C) }
func (m CoreModule[C]) declare(*env)                                     {}
func (m CoreModule[C]) variables() ([]httpd.Variable, []stream.Variable) { return nil, nil }
func (m CoreModule[C]) hooks(hook) bool                                  { return false }
func (m CoreModule[C]) build(hook, any, *Builder) error                  { return nil }
func (m CoreModule[C]) buildStream(hook, any, *StreamBuilder) error      { return nil }

func (m CoreModule[C]) end(conf any, main *Scope) error {
	if m.End == nil {
		return nil
	}
	return m.End(conf.(*C), main)
}

// Table is every directive of some modules, by name. A name has several
// entries if it means different things in different contexts.
type Table struct {
	modules  []Module
	entries  []*Entry
	byModule [][]*Entry

	inheriting [][]*Entry       // of byModule, those that inherit
	hooked     [hookCount][]int // the modules that have something to build
	byName     map[string][]*Entry
	byConf     map[reflect.Type]int
}

// NewTable indexes modules. Their order is the order of their steps within a
// phase. It panics if two modules declare a name for one context.
func NewTable(modules ...Module) *Table {
	t := &Table{modules: modules, byName: map[string][]*Entry{}, byConf: map[reflect.Type]int{}}
	for i, m := range modules {
		es := m.entries()
		for _, e := range es {
			for _, other := range t.byName[e.Name] {
				if other.In&e.In != 0 {
					panic(fmt.Sprintf("spec: directive %q is declared twice for %v", e.Name, other.In&e.In))
				}
			}
			e.owner, e.Third = i, m.thirdParty()
			t.entries = append(t.entries, e)
			t.byName[e.Name] = append(t.byName[e.Name], e)
		}
		t.byModule = append(t.byModule, es)
		t.inheriting = append(t.inheriting, slices.DeleteFunc(slices.Clone(es), func(e *Entry) bool { return e.inherit == nil }))
		for h := range t.hooked {
			if m.hooks(hook(h)) {
				t.hooked[h] = append(t.hooked[h], i)
			}
		}
		t.byConf[reflect.TypeOf(m.newConf())] = i
	}
	return t
}

// Lookup returns the entries for name.
func (t *Table) Lookup(name string) []*Entry { return t.byName[name] }

// Variables returns what the modules declare for requests and for sessions, but
// for modules that are none of nginx's.
func (t *Table) Variables() (request []httpd.Variable, session []stream.Variable) {
	for _, m := range t.modules {
		if m.thirdParty() {
			continue
		}
		r, s := m.variables()
		request, session = append(request, r...), append(session, s...)
	}
	return request, session
}

// Entries returns every entry, in the order of the modules.
func (t *Table) Entries() []*Entry { return t.entries }
