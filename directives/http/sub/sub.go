// Package sub replaces texts in responses.
//
// https://nginx.org/en/docs/http/ngx_http_sub_module.html
package sub

import (
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_sub_filter_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_sub_filter",
	Directives: []spec.Directive[conf]{{
		Name: "sub_filter", In: anywhere, Args: spec.Exactly(2), Syntax: "string replacement",
		Doc: "Replaces a text in responses, in whatever case it is written there.",
		Set: spec.AddTo(func(c *conf) *spec.Value[[]pair] { return &c.pairs }, parsePair),
	}, {
		Name: "sub_filter_types", In: anywhere, Args: spec.AtLeast(1), Syntax: "mime-type ...", Default: "text/html",
		Doc: "Sets the types of responses in which texts are replaced, in addition to text/html; * is any.",
		Set: spec.SetTypes(func(c *conf) *spec.Value[*httpd.Types] { return &c.types }, "text/html"),
	}, {
		Name: "sub_filter_once", In: anywhere, Syntax: "on | off", Default: "on",
		Doc: "Replaces each text only where it stands first.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.once }),
	}, {
		Name: "sub_filter_last_modified", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Keeps the Last-Modified of responses in which texts are replaced.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.lastModified }),
	}},
	Location: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	pairs        spec.Value[[]pair]
	types        spec.Value[*httpd.Types]
	once         spec.Value[bool]
	lastModified spec.Value[bool]
}

// A pair is one sub_filter.
type pair struct{ text, by *httpd.Template }

// maxPairs is what nginx's tables have room for.
const maxPairs = 255

func parsePair(call *spec.Call) (p pair, err error) {
	if call.Args[0].Text == "" {
		return p, call.Errorf(0, "empty search pattern")
	}
	if len(spec.OwnConf[conf](call.Scope).pairs.V) == maxPairs {
		return p, call.Errorf(-1, "number of search patterns exceeds %d", maxPairs)
	}
	if p.text, err = call.TemplateOf(lower(call.Args[0].Text), 0); err != nil {
		return p, err
	}
	p.by, err = call.Template(1)
	return p, err
}

// addTo adds the filter to a location that replaces something.
func (c *conf) addTo(b *spec.Builder) error {
	if len(c.pairs.V) == 0 {
		return nil
	}
	f := &filter{pairs: c.pairs.V, types: c.types.V, once: c.once.V, lastModified: c.lastModified.V}
	f.fixed = f.compile()
	b.Filters = append(b.Filters, httpd.Filter{Name: "sub_filter", Pos: c.pairs.Pos, Head: f.head})
	return nil
}

// compile makes the matcher, if no text to search for has variables.
func (f *filter) compile() *matcher {
	texts := make([][]byte, len(f.pairs))
	values := make([]*httpd.Template, len(f.pairs))
	for i, p := range f.pairs {
		text, ok := p.text.Literal()
		if !ok {
			return nil
		}
		texts[i], values[i] = []byte(text), p.by
	}
	return newMatcher(texts, values)
}
