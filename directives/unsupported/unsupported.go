// Package unsupported lists the directives of nginx that no module here
// implements. Using one is an error that says so, with nginx's rules for where
// it may stand and what it takes checked first; the name of a directive that
// is nobody's is another matter, an unknown directive.
//
// One row is one directive of one nginx module. Whoever implements a directive
// deletes its row. Until then the implementation wins: Modules leaves out what
// other modules declare, and Stale names the rows to delete.
package unsupported

import (
	"fmt"

	"understudy/directives/spec"
)

// A group is what one nginx module declares, under its name without "ngx_" and
// "_module".
type group struct {
	module string
	rows   []row
}

// A row is one directive.
type row struct {
	name string
	in   spec.Context
	args spec.Arity
	kind shape
}

// A shape says how a directive ends.
type shape bool

const (
	simple shape = false // with ";"
	block  shape = true  // with a block, whose content is not looked at
)

// The sets of contexts and arguments that most rows have.
const (
	anywhere = spec.HTTP | spec.Server | spec.Location
	mails    = spec.Mail | spec.MailServer
	one      = spec.Arity(1 << 1)
)

// groups returns all rows, the files of this package in order.
func groups() []group {
	var all []group
	for _, gs := range [][]group{
		coreGroups, httpcoreGroups, variablesGroups, contentGroups, filtersGroups,
		grpcGroups, http2Groups, streamGroups, mailGroups,
	} {
		all = append(all, gs...)
	}
	return all
}

// A none is the configuration of a module that has none.
type none struct{}

// Modules returns modules that refuse the directives of this package, except
// for the contexts in which one of others declares the name. A module of which
// nothing is left is not among them.
func Modules(others ...spec.Module) []spec.Module {
	declared := spec.NewTable(others...)
	var ms []spec.Module
	for _, g := range groups() {
		m := spec.CoreModule[none]{Name: g.module}
		for _, r := range g.rows {
			in := r.in &^ contexts(declared, r.name)
			if in == 0 {
				continue
			}
			m.Directives = append(m.Directives, spec.Directive[none]{
				Name: r.name, In: in, Args: r.args, Free: r.kind == block, Set: spec.NotYet[none](),
			})
		}
		if len(m.Directives) > 0 {
			ms = append(ms, m)
		}
	}
	return ms
}

// contexts returns where t has a directive of this name.
func contexts(t *spec.Table, name string) (in spec.Context) {
	for _, e := range t.Lookup(name) {
		in |= e.In
	}
	return in
}

// A StaleRow is a row that other modules make needless, in some contexts or
// wholly.
type StaleRow struct {
	Module, Name string
	In           spec.Context // the contexts in which it is needless
	Whole        bool         // all that the row has
}

func (r StaleRow) String() string {
	if r.Whole {
		return fmt.Sprintf("%s: delete the row of %q", r.Module, r.Name)
	}
	return fmt.Sprintf("%s: take %q out of the row of %q", r.Module, r.In, r.Name)
}

// Stale returns the rows that others make needless.
func Stale(others ...spec.Module) []StaleRow {
	declared := spec.NewTable(others...)
	var out []StaleRow
	for _, g := range groups() {
		for _, r := range g.rows {
			if in := contexts(declared, r.name) & r.in; in != 0 {
				out = append(out, StaleRow{g.module, r.name, in, in == r.in})
			}
		}
	}
	return out
}
