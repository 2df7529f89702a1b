// Package ssi replaces commands in responses (Server Side Includes): it puts
// other pages into a page, and chooses what of it is sent.
//
// https://nginx.org/en/docs/http/ngx_http_ssi_module.html
package ssi

import (
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_ssi_filter_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_ssi_filter",
	Directives: []spec.Directive[conf]{{
		Name: "ssi", In: anywhere | spec.LocationIf, Syntax: "on | off", Default: "off",
		Doc: "Runs the SSI commands in responses.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.on }),
	}, {
		Name: "ssi_silent_errors", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Puts nothing where a command failed.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.silent }),
	}, {
		Name: "ssi_ignore_recycled_buffers", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Tells nginx when to pass a buffer on.",
		Set: spec.Accept("what a page is made of does not wait for buffers",
			spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.recycled })),
	}, {
		Name: "ssi_min_file_chunk", In: anywhere, Syntax: "size", Default: "1k",
		Doc: "Sets how long a part of a file has to be to be sent from the file.",
		Set: spec.Accept("what has been read to find commands in it is sent from memory",
			spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.chunk }, false)),
	}, {
		Name: "ssi_value_length", In: anywhere, Syntax: "length", Default: "255",
		Doc: "Limits the length of the values of parameters.",
		Set: spec.SetSize(func(c *conf) *spec.Value[int64] { return &c.valueLength }, false),
	}, {
		Name: "ssi_types", In: anywhere, Args: spec.AtLeast(1), Syntax: "mime-type ...", Default: "text/html",
		Doc: "Sets the types of responses that have commands, in addition to text/html; * is any.",
		Set: spec.SetTypes(func(c *conf) *spec.Value[*httpd.Types] { return &c.types }, "text/html"),
	}, {
		Name: "ssi_last_modified", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Keeps the Last-Modified field of the response.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.lastModified }),
	}},
	Variables: []httpd.Variable{{
		Name: dateLocal, Volatile: true, Doc: "The time here, in the format that config timefmt sets.",
		Get: func(r *httpd.Request, _ string) ([]byte, bool) { return date(r, false) },
	}, {
		Name: dateGMT, Volatile: true, Doc: "The time in Greenwich, in the format that config timefmt sets.",
		Get: func(r *httpd.Request, _ string) ([]byte, bool) { return date(r, true) },
	}},
	Location: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	on           spec.Value[bool]
	silent       spec.Value[bool]
	recycled     spec.Value[bool]
	chunk        spec.Value[int64]
	valueLength  spec.Value[int64]
	types        spec.Value[*httpd.Types]
	lastModified spec.Value[bool]
}

// addTo adds the filter to a location with "ssi on".
func (c *conf) addTo(b *spec.Builder) error {
	if !c.on.V {
		return nil
	}
	f := &filter{types: c.types.V, silent: c.silent.V, lastModified: c.lastModified.V, valueLength: int(c.valueLength.V)}
	b.Filters = append(b.Filters, httpd.Filter{Name: "ssi", Pos: c.on.Pos, Parts: true, Head: f.head})
	return nil
}
