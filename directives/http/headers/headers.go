// Package headers adds fields to responses, before and after the body.
//
// https://nginx.org/en/docs/http/ngx_http_headers_module.html
package headers

import (
	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

const anywhere = spec.HTTP | spec.Server | spec.Location | spec.LocationIf

// Module is ngx_http_headers_filter_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_headers_filter",
	Directives: []spec.Directive[conf]{{
		Name: "expires", In: anywhere,
		Syntax: "[modified] time | epoch | max | off", Default: "off",
		Doc: "Sets the Expires and Cache-Control fields of successful responses.",
		Set: spec.Scalar(func(c *conf) *spec.Value[*expires] { return &c.expires }, spec.Text, spec.Between(1, 2), nil, parseExpires),
	}, {
		// Before those whose inheritance it decides.
		Name: "add_header_inherit", Since: "1.29.3", In: anywhere, Syntax: "on | off | merge", Default: "on",
		Doc: "Says whether a block has the add_header of the blocks around it: if it has none itself, never, or always.",
		Set: inheritFlag(func(c *conf) *spec.Value[inherit] { return &c.headersInherit }),
	}, {
		Name: "add_trailer_inherit", Since: "1.29.3", In: anywhere, Syntax: "on | off | merge", Default: "on",
		Doc: "Says the same of add_trailer.",
		Set: inheritFlag(func(c *conf) *spec.Value[inherit] { return &c.trailersInherit }),
	}, {
		Name: "add_header", In: anywhere, Args: spec.Between(2, 3), Syntax: "name value [always]",
		Doc: "Adds a field to the head of successful responses, or of all.",
		Set: fieldList(func(c *conf) (*spec.Value[[]field], inherit) { return &c.headers, c.headersInherit.V }),
	}, {
		Name: "add_trailer", In: anywhere, Args: spec.Between(2, 3), Syntax: "name value [always]",
		Doc: "Adds a field behind the body of successful responses, or of all.",
		Set: fieldList(func(c *conf) (*spec.Value[[]field], inherit) { return &c.trailers, c.trailersInherit.V }),
	}},
	Location: addTo,
}

type conf struct {
	expires         spec.Value[*expires]
	headersInherit  spec.Value[inherit]
	trailersInherit spec.Value[inherit]
	headers         spec.Value[[]field]
	trailers        spec.Value[[]field]
}

// inherit says what a block has of the fields of the block around it.
type inherit int8

const (
	inheritOn    inherit = iota // all, if it has none itself
	inheritOff                  // none
	inheritMerge                // all
)

// inheritFlag stores one. It is no secret to blocks that say nothing: that is
// why they cannot share what the block around them has.
func inheritFlag(value func(*conf) *spec.Value[inherit]) spec.Setter[conf] {
	return spec.SetEnum(value, map[string]inherit{"on": inheritOn, "off": inheritOff, "merge": inheritMerge}).
		Inheriting(func(child, parent *conf) {
			if !value(child).Given() {
				*value(child) = *value(parent)
			}
		})
}

// fieldList stores fields; the mode is asked when it has been inherited.
func fieldList(value func(*conf) (*spec.Value[[]field], inherit)) spec.Setter[conf] {
	return spec.AddTo(func(c *conf) *spec.Value[[]field] { v, _ := value(c); return v }, parseField).
		Inheriting(func(child, parent *conf) {
			own, mode := value(child)
			outer, _ := value(parent)
			switch {
			case mode == inheritOff:
			case !own.Given():
				*own = *outer
			case mode == inheritMerge:
				spec.Merge(own, outer)
			}
		})
}

// A field is one add_header or add_trailer.
type field struct {
	name   header.Out // without a value
	value  *httpd.Template
	always bool // whatever the status
	pos    diag.Pos
}

func parseField(call *spec.Call) (f field, err error) {
	var list header.List
	f.pos = call.Pos()
	f.name = *list.Add([]byte(call.Args[0].Text), nil)
	switch f.name.ID {
	case header.CacheControl, header.Link, header.LastModified, header.ETag:
	default:
		f.name.ID = 0 // only text to nginx: no filter looks at it
	}
	if f.value, err = call.Template(1); err != nil {
		return f, err
	}
	if len(call.Args) == 3 {
		if f.always = call.Args[2].Text == "always"; !f.always {
			return f, call.Errorf(2, `invalid parameter "%s"`, call.Args[2].Text)
		}
	}
	return f, nil
}

func addTo(c *conf, b *spec.Builder) error {
	f := &filter{expires: c.expires.V, expiresPos: c.expires.Pos, headers: c.headers.V, trailers: c.trailers.V}
	if f.expires != nil && f.expires.rule == off && f.expires.value == nil {
		f.expires = nil
	}
	if f.expires == nil && f.headers == nil && f.trailers == nil {
		return nil
	}
	pos := c.headers.Pos
	switch {
	case f.headers != nil:
	case f.trailers != nil:
		pos = c.trailers.Pos
	default:
		pos = c.expires.Pos
	}
	b.Filters = append(b.Filters, httpd.Filter{Name: "headers", Pos: pos, Head: f.head})
	return nil
}
