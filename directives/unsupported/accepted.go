package unsupported

import "understudy/directives/spec"

// An acceptedGroup is what one nginx module declares that is accepted, although
// the module is not there.
type acceptedGroup struct {
	module string
	rows   []accepted
}

// An accepted is a directive that is checked and then has no effect, because
// what it is about is refused: configurations give it by habit, for all modules
// that have its like.
type accepted struct {
	name  string
	in    spec.Context
	args  spec.Arity
	why   string
	check func(*spec.Call) error
}

const noCache = "nothing is cached here: proxy_cache and its like are refused"

// Accepted without effect.
var acceptedGroups = []acceptedGroup{
	{"http_fastcgi", []accepted{
		{"fastcgi_cache_bypass", anywhere, spec.AtLeast(1), noCache, predicates},
		{"fastcgi_no_cache", anywhere, spec.AtLeast(1), noCache, predicates},
	}},
	{"http_uwsgi", []accepted{
		{"uwsgi_cache_bypass", anywhere, spec.AtLeast(1), noCache, predicates},
		{"uwsgi_no_cache", anywhere, spec.AtLeast(1), noCache, predicates},
	}},
	{"http_scgi", []accepted{
		{"scgi_cache_bypass", anywhere, spec.AtLeast(1), noCache, predicates},
		{"scgi_no_cache", anywhere, spec.AtLeast(1), noCache, predicates},
	}},
	{"http_proxy", []accepted{
		{"proxy_cache_bypass", anywhere, spec.AtLeast(1), noCache, predicates},
		{"proxy_no_cache", anywhere, spec.AtLeast(1), noCache, predicates},
	}},
}

// A given is what is kept of these directives: nothing.
type given struct{}

// setter checks a directive and forgets it.
func (a accepted) setter() spec.Setter[given] {
	return spec.Accept(a.why, spec.Do(func(_ *given, call *spec.Call) error { return a.check(call) }))
}

// acceptedModules returns modules of the rows that declared does not have.
func acceptedModules(declared *spec.Table) []spec.Module {
	var ms []spec.Module
	for _, g := range acceptedGroups {
		m := spec.CoreModule[given]{Name: g.module}
		for _, r := range g.rows {
			if in := r.in &^ contexts(declared, r.name); in != 0 {
				m.Directives = append(m.Directives, spec.Directive[given]{Name: r.name, In: in, Args: r.args, Set: r.setter()})
			}
		}
		if len(m.Directives) > 0 {
			ms = append(ms, m)
		}
	}
	return ms
}

// predicates checks texts that say whether something applies.
func predicates(call *spec.Call) error {
	for i := range call.Args {
		if _, err := call.Template(i); err != nil {
			return err
		}
	}
	return nil
}
