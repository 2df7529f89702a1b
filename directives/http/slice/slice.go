// Package slice asks an upstream for a response in pieces of one size, each by
// a subrequest, so that a cache has the pieces that somebody wanted.
//
// https://nginx.org/en/docs/http/ngx_http_slice_module.html
package slice

import (
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

const variable = "slice_range"

// Module is ngx_http_slice_filter_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_slice_filter",
	Directives: []spec.Directive[conf]{{
		Name: "slice", In: spec.HTTP | spec.Server | spec.Location, Syntax: "size", Default: "0",
		Doc: "Sets the size of the pieces; 0 turns this off. " +
			"The upstream is asked for the piece in $slice_range, which has to be passed as the Range field.",
		Set: spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.size }, false),
	}},
	Variables: []httpd.Variable{{
		Name: variable, Volatile: true,
		Doc: "The piece that is asked for, as a Range field has it.",
		Get: func(*httpd.Request, string) ([]byte, bool) { return nil, false }, // until a location has slices
	}},
	Location: (*conf).addTo,
}

type conf struct{ size spec.Value[int64] }

// sizes are those of the pieces in each location, for the variable.
type sizes map[*httpd.Location]int64

// addTo adds the filter to a location with slices.
func (c *conf) addTo(b *spec.Builder) error {
	if c.size.V == 0 {
		return nil
	}
	known := spec.Result[sizes](b.Scope)
	if known == nil {
		known = sizes{}
		spec.SetResult(b.Scope, known)
		v, _, _ := b.Vars.Lookup(variable)
		v.Get = known.get
		b.Vars.Builtin(v)
	}
	known[b.Location] = c.size.V
	b.Filters = append(b.Filters, httpd.Filter{Name: "slice", Pos: c.size.Pos, Parts: true, Head: filter(c.size.V).head})
	return nil
}

// get is $slice_range. Who asks for it has the response made in pieces.
// (ngx_http_slice_range_variable)
func (k sizes) get(r *httpd.Request, _ string) ([]byte, bool) {
	if p := piecesOf(r); p != nil {
		return p.name, true
	}
	size := k[r.Loc]
	if size == 0 || r.Parent != nil || r.Resp.Status != 0 {
		return nil, false
	}
	p := &pieces{size: size, start: size * (first(r) / size)}
	p.ask(r)
	r.SetContext(key{}, p)
	return p.name, true
}
