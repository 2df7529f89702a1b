// Package addition puts other pages before and after a response.
//
// https://nginx.org/en/docs/http/ngx_http_addition_module.html
package addition

import (
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_addition_filter_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_addition_filter",
	Directives: []spec.Directive[conf]{{
		Name: "add_before_body", In: anywhere, Args: spec.Exactly(1), Syntax: "uri",
		Doc: "Puts what a URI answers before the response.",
		Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.before }),
	}, {
		Name: "add_after_body", In: anywhere, Args: spec.Exactly(1), Syntax: "uri",
		Doc: "Puts what a URI answers after the response.",
		Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.after }),
	}, {
		Name: "addition_types", In: anywhere, Args: spec.AtLeast(1), Syntax: "mime-type ...", Default: "text/html",
		Doc: "Sets the types of responses that are added to, in addition to text/html; * is any.",
		Set: spec.SetTypes(func(c *conf) *spec.Value[*httpd.Types] { return &c.types }, "text/html"),
	}},
	Location: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	before, after spec.Value[string]
	types         spec.Value[*httpd.Types]
}

func (c *conf) addTo(b *spec.Builder) error {
	if c.before.V == "" && c.after.V == "" {
		return nil
	}
	pos := c.before.Pos
	if c.before.V == "" {
		pos = c.after.Pos
	}
	f := &filter{before: []byte(c.before.V), after: []byte(c.after.V), types: c.types.V}
	b.Filters = append(b.Filters, httpd.Filter{Name: "addition", Pos: pos, Parts: true, Head: f.head})
	return nil
}

// A filter is what the directives say in one location.
type filter struct {
	before, after []byte // empty: nothing
	types         *httpd.Types
}

// head decides whether a response is added to.
// (ngx_http_addition_header_filter)
func (f *filter) head(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	p := &r.Resp
	if p.Status != 200 || r.Parent != nil || !f.types.Has(p) {
		return nil, httpd.OK
	}
	p.ClearLength()
	p.ClearRanges()
	r.WeakenETag()
	return func(next httpd.Writer) httpd.Writer { return &writer{Writer: next, f: f, r: r} }, httpd.OK
}

// A writer asks for the additions of one response.
type writer struct {
	httpd.Writer
	f      *filter
	r      *httpd.Request
	begun  bool
	closed bool
}

// begin asks for what comes before the response.
func (w *writer) begin() error {
	if w.begun || w.r.HeadOnly {
		return nil
	}
	w.begun = true
	return w.ask(w.f.before)
}

func (w *writer) ask(uri []byte) error {
	if len(uri) > 0 && !w.r.Post(uri, nil, httpd.SubOptions{}) {
		return httpd.ErrPart
	}
	return nil
}

// Write implements httpd.Writer.
func (w *writer) Write(p []byte) error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.Writer.Write(p)
}

// File implements httpd.Writer.
func (w *writer) File(f httpd.File, off, n int64) error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.Writer.File(f, off, n)
}

// Close implements httpd.Writer.
func (w *writer) Close() error {
	if !w.closed && !w.r.HeadOnly {
		w.closed = true
		if err := w.begin(); err != nil {
			return err
		}
		if err := w.ask(w.f.after); err != nil {
			return err
		}
	}
	return w.Writer.Close()
}
