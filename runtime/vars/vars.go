// Package vars evaluates nginx variables and the texts that contain them.
//
// Names are resolved while a configuration is compiled: every variable in use
// gets an Index, and a Template becomes a list of literal and indexed
// segments. At run time a subject (an HTTP request, a stream session) carries
// one Slot per index, filled the first time it is asked for. There is no map
// and no name at run time.
package vars

import (
	"fmt"
	"strings"

	"understudy/parser/diag"
)

// An Index names one variable of a compiled configuration.
type Index int32

// None is the index of no variable.
const None Index = -1

// A Slot holds the value of one variable for one subject.
type Slot struct {
	val   []byte
	state uint8
}

const (
	unset uint8 = iota
	found
	missing
	given // by Set: kept even if the variable is volatile
	busy  // being evaluated: seen again, it is a cycle
)

// A Subject is what variables are evaluated for.
type Subject interface {
	// Slots returns the subject's slots, as many as the table's Len.
	Slots() []Slot
	// Capture returns capture n of the last regular expression, or nil.
	Capture(n int) []byte
	// Cycle reports that a variable needs itself to be evaluated.
	Cycle(name string)
}

// A Variable declares a variable, or with a trailing "*" in its name a family
// of them, such as "http_*".
type Variable[S Subject] struct {
	Name string // lower case, without "$"
	Doc  string

	// Get returns the value, which must stay unchanged as long as s lives,
	// and whether there is one. rest is what "*" stood for.
	Get func(s S, rest string) (val []byte, ok bool)

	// Set is called when "set" gives the variable a value, for variables
	// that act, such as $args and $limit_rate; nil for those that only hold.
	Set func(s S, val []byte)

	Volatile   bool // evaluated each time it is used; nginx: not cacheable
	Changeable bool // may be declared again by set, map, geo and their like
	Weak       bool // declared so that a name exists; a later declaration replaces it silently
	Yields     bool // to a family that has the name
}

// A Table holds the variables of one compiled http or stream block.
type Table[S Subject] struct {
	declared map[string]Variable[S]
	families []string // names without "*", longest match wins
	index    map[string]Index
	used     []use[S]
}

type use[S Subject] struct {
	name  string
	rest  string
	first diag.Pos
	v     Variable[S]
}

// NewTable returns a table in which vs are declared.
func NewTable[S Subject](vs ...Variable[S]) *Table[S] {
	t := &Table[S]{declared: map[string]Variable[S]{}, index: map[string]Index{}}
	for _, v := range vs {
		t.Builtin(v)
	}
	return t
}

// Builtin adds a variable of a module.
func (t *Table[S]) Builtin(v Variable[S]) {
	if name, ok := strings.CutSuffix(v.Name, "*"); ok {
		t.families = append(t.families, name)
	}
	t.declared[v.Name] = v
}

// Declare adds a variable made by the configuration. The error has nginx's
// words: a built-in variable that is not changeable cannot be declared again.
func (t *Table[S]) Declare(v Variable[S]) error {
	v.Name = strings.ToLower(v.Name)
	old, ok := t.declared[v.Name]
	if ok && !old.Changeable {
		return fmt.Errorf("the duplicate %q variable", v.Name)
	}
	if ok && v.Weak {
		return nil // a "set" of a known variable gives it a value, not a new meaning
	}
	v.Changeable = true
	t.declared[v.Name] = v
	return nil
}

// Lookup returns the declaration that name has by now.
func (t *Table[S]) Lookup(name string) (v Variable[S], rest string, ok bool) {
	own, has := t.declared[name]
	if has && !own.Yields {
		return own, "", true
	}
	best := ""
	for _, f := range t.families {
		if len(f) > len(best) && strings.HasPrefix(name, f) {
			best = f
		}
	}
	if best == "" {
		return own, "", has
	}
	v = t.declared[best+"*"]
	if name == best { // nginx takes "$arg_" for a name, and finds nothing
		v.Get = func(S, string) ([]byte, bool) { return nil, false }
	}
	return v, name[len(best):], true
}

// Names returns the declared names, families with their "*".
func (t *Table[S]) Names() []string {
	names := make([]string, 0, len(t.declared))
	for name := range t.declared {
		names = append(names, name)
	}
	return names
}

// Index returns the index of a variable, giving it one at its first use.
// The variable may be declared later, until Link. Case does not matter.
func (t *Table[S]) Index(name string, at diag.Pos) Index {
	i, ok := t.index[name]
	if !ok {
		lower := strings.ToLower(name)
		if i, ok = t.index[lower]; !ok {
			i = Index(len(t.used))
			t.index[lower] = i
			t.used = append(t.used, use[S]{name: lower, first: at})
		}
	}
	return i
}

// Find returns the index of a variable that is in use, or None: for names
// that become known only at run time.
func (t *Table[S]) Find(name string) Index {
	if i, ok := t.index[name]; ok {
		return i
	}
	return None
}

// Link binds every variable in use to its declaration and reports those that
// have none. It is called once, when the block has been compiled.
func (t *Table[S]) Link(errs *diag.List) {
	for i := range t.used {
		u := &t.used[i]
		v, rest, ok := t.Lookup(u.name)
		if !ok {
			errs.Add(u.first, "unknown-variable", "unknown \"%s\" variable", u.name)
		}
		u.v, u.rest = v, rest
	}
}

// Len returns how many slots a subject needs.
func (t *Table[S]) Len() int { return len(t.used) }

// Name returns the name of variable i.
func (t *Table[S]) Name(i Index) string { return t.used[i].name }

// Get returns the value of variable i for s.
func (t *Table[S]) Get(s S, i Index) ([]byte, bool) {
	slot := &s.Slots()[i]
	switch slot.state {
	case found:
		if !t.used[i].v.Volatile {
			return slot.val, true
		}
	case given:
		return slot.val, true
	case missing:
		if !t.used[i].v.Volatile {
			return nil, false
		}
	case busy:
		s.Cycle(t.used[i].name)
		return nil, false
	}
	u := &t.used[i]
	if u.v.Get == nil {
		return nil, false
	}
	slot.state = busy
	val, ok := u.v.Get(s, u.rest)
	slot = &s.Slots()[i]
	if slot.state == given { // Get itself gave the value
		return slot.val, true
	}
	slot.val, slot.state = val, missing
	if ok {
		slot.state = found
	}
	return val, ok
}

// Named returns the value of the variable of a name, in lower case, that need
// not be in use: for names that become known only at run time.
func (t *Table[S]) Named(s S, name string) ([]byte, bool) {
	if i := t.Find(name); i != None {
		return t.Get(s, i)
	}
	v, rest, ok := t.Lookup(name)
	if !ok || v.Get == nil {
		return nil, false
	}
	return v.Get(s, rest)
}

// Set gives variable i a value for s. It is kept, not copied.
func (t *Table[S]) Set(s S, i Index, val []byte) {
	if set := t.used[i].v.Set; set != nil {
		set(s, val)
		return
	}
	t.Keep(s, i, val)
}

// Keep stores a value for variable i past any Set function.
func (t *Table[S]) Keep(s S, i Index, val []byte) { s.Slots()[i] = Slot{val, given} }

// Forget makes variable i be evaluated again.
func (t *Table[S]) Forget(s S, i Index) { s.Slots()[i] = Slot{} }
