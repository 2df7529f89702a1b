package spec

import (
	"iter"
	"maps"
	"slices"

	"understudy/parser"
	"understudy/parser/diag"
)

// A Given is one use of a directive, or its default.
type Given struct {
	Entry     *Entry
	Directive *parser.Directive // nil: the default
	Scope     *Scope            // the block it stands in; nil: the default
}

// Pos is where the directive stands; the default stands nowhere.
func (g Given) Pos() diag.Pos {
	if g.Directive == nil {
		return diag.Pos{}
	}
	return g.Directive.Name.Pos
}

// Text is the directive as it is written, on one line.
func (g Given) Text(version string) string {
	if g.Directive == nil {
		return g.Entry.Name + " " + g.Entry.DefaultFor(version)
	}
	if g.Directive.Block != nil {
		return g.Directive.Written() + " { … }"
	}
	return g.Directive.Written()
}

// A Lost is a directive of an outer block that is not in force in an inner one.
type Lost struct {
	Given

	// By is the first directive that is in force instead, often of the same name:
	// it stands in the block whose inheritance Lost is about. Its Entry is nil if the
	// block gives nothing instead, and inherits nothing either.
	By Given
}

// An Effect is what a directive comes to in a block.
type Effect struct {
	Entry *Entry
	Given []Given // what is in force, that of inner blocks first
	Lost  []Lost  // what is said around the block and not in force in it, outermost first
}

// Inherited reports whether what is in force was said in an outer block of s.
func (f *Effect) Inherited(s *Scope) bool {
	return len(f.Given) > 0 && f.Given[0].Scope != nil && f.Given[0].Scope != s
}

// Default reports whether the default is in force.
func (f *Effect) Default() bool { return len(f.Given) > 0 && f.Given[0].Directive == nil }

// Discarded are those of f.Lost that a list in s itself hides: whoever gives one of
// a list's directives in a block gives up all those of the blocks around.
func (f *Effect) Discarded(s *Scope) []Lost {
	if f.Entry.Kind != List {
		return nil
	}
	var out []Lost
	for _, l := range f.Lost {
		if l.By.Scope == s && l.By.Entry != nil {
			out = append(out, l)
		}
	}
	return out
}

// Hidden reports whether a list of outer blocks is lost because inner ones give the
// directive, or one like it, too: what people do not expect.
func (f *Effect) Hidden() bool {
	for _, l := range f.Lost {
		if f.Entry.Kind == List && l.By.Entry != nil {
			return true
		}
	}
	return false
}

// Effects returns what directives come to in s, in the order of the table: those
// that are in force, and those of which something is lost. It asks the settings
// themselves where they were given, and is for tools: s must have been compiled
// without errors.
//
// Directives that open blocks of directives are not in it.
func (s *Scope) Effects() []Effect {
	var out []Effect
	for _, es := range s.table.byModule {
		for _, e := range es {
			if !s.concerns(e) {
				continue
			}
			if f := s.Effect(e); len(f.Given) > 0 || len(f.Lost) > 0 {
				out = append(out, f)
			}
		}
	}
	return out
}

// Discards returns those of Effects that have something to discard in s.
func (s *Scope) Discards() []Effect {
	var out []Effect
	for k := range s.own {
		i := s.own[k].module
		for _, e := range s.table.inheriting[i] {
			if e.Kind != List || !s.concerns(e) {
				continue
			}
			if f := s.Effect(e); len(f.Discarded(s)) > 0 {
				out = append(out, f)
			}
		}
	}
	return out
}

// EffectOf returns what the directive of a name comes to in s. One that is of the blocks
// around s only counts as well, the next first.
func (s *Scope) EffectOf(name string) Effect {
	for o := s; o != nil; o = o.Parent {
		for _, e := range s.table.Lookup(name) {
			if !o.concerns(e) {
				continue
			}
			if f := s.Effect(e); len(f.Given) > 0 || len(f.Lost) > 0 {
				return f
			}
		}
	}
	return Effect{}
}

// concerns reports whether an entry means anything in s: the blocks without a name have
// what the location around them has.
func (s *Scope) concerns(e *Entry) bool {
	in := s.In
	switch {
	case in&ServerIf != 0:
		in |= Server
	case in&(LocationIf|LimitExcept) != 0:
		in |= Location
	}
	return e.In&in != 0 && (e.Opens == 0 || e.inherit != nil)
}

// Effect returns what one directive comes to in s.
func (s *Scope) Effect(e *Entry) Effect {
	f := Effect{Entry: e}
	if e.inherit == nil {
		f.Given = s.gives(e)
		return f
	}
	var outer Effect
	if s.Parent != nil {
		outer = s.Parent.Effect(e)
	}
	o := s.has(e.owner)
	if o == nil {
		return outer
	}
	var by Given
	if e.isSet(o.conf) {
		if by = s.givenAt(e.pos(o.conf)); by.Entry == nil {
			if s.Parent == nil {
				f.Given = []Given{{Entry: e}}
				return f
			}
			return outer
		}
		f.Given = s.gives(e)
	}
	f.Lost = outer.Lost
	if by.Entry != nil && e.merged != nil && e.merged(o.conf) {
		f.Given = append(f.Given, outer.Given...)
		return f
	}
	for _, g := range outer.Given {
		if g.Directive != nil {
			f.Lost = append(f.Lost, Lost{Given: g, By: by})
		}
	}
	return f
}

// gives returns what stands of e in s itself.
func (s *Scope) gives(e *Entry) []Given {
	var out []Given
	for d := range s.Named(e.Name) {
		out = append(out, Given{e, d, s})
	}
	return out
}

// Named yields the directives of a name that stand in s itself.
func (s *Scope) Named(name string) iter.Seq[*parser.Directive] {
	return func(yield func(*parser.Directive) bool) {
		for _, d := range s.Directives() {
			if d.Err == nil && d.Name.Text == name && !yield(d) {
				return
			}
		}
	}
}

// givenAt returns what stands in s itself at a place: settings may be those of
// another directive, as deny is for allow.
func (s *Scope) givenAt(at diag.Pos) Given {
	if !at.IsValid() {
		return Given{}
	}
	for _, d := range s.Directives() {
		if d.Err == nil && d.Name.Pos == at {
			for _, e := range s.table.Lookup(d.Name.Text) {
				if e.In&s.In != 0 {
					return Given{e, d, s}
				}
			}
		}
	}
	return Given{}
}

// Directives returns the directives that stand in s, those of included files with them.
func (s *Scope) Directives() []*parser.Directive {
	if s.At == nil {
		return s.top
	}
	return s.At.Block
}

// Built returns the block of which something was built, an [httpd.Location] or a
// [stream.Server]. Offline compilations remember, and those that are told to.
func (s *Scope) Built(x any) *Scope { return s.blocks[x] }

// AllBuilt yields what Built knows, in no order.
func (s *Scope) AllBuilt() iter.Seq2[any, *Scope] { return maps.All(s.blocks) }

// built remembers that x comes from s.
func (s *Scope) built(x any) {
	if !s.Offline && !s.Remember {
		return
	}
	if s.blocks == nil {
		s.env.blocks = map[any]*Scope{}
	}
	s.blocks[x] = s
}

// Title is how the head of the block is written; "main" if it has none.
func (s *Scope) Title() string {
	if s.At == nil {
		return "main"
	}
	return s.At.Written()
}

// Path are the blocks from the outermost to s; the main one is not among them.
func (s *Scope) Path() []*Scope {
	var out []*Scope
	for ; s != nil && s.At != nil; s = s.Parent {
		out = append(out, s)
	}
	slices.Reverse(out)
	return out
}
