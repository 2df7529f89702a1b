package ssi

import (
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A filter is what the directives say in one location.
type filter struct {
	types        *httpd.Types
	silent       bool
	lastModified bool
	valueLength  int
}

// A page is one response with commands.
type page struct {
	f    *filter
	r    *httpd.Request
	next httpd.Writer
	err  error
	parser

	shared *shared

	conditional condition // where in an if the page is
	output      bool      // text is sent; not in a block, or where an if says no
	chosen      bool      // a branch of the if was taken
	inBlock     bool
	encoding    encoding // of echo
	timefmt     []byte
	errmsg      []byte
}

// shared is what the pages have in common that become one response.
type shared struct {
	variables map[string][]byte
	blocks    []block
	captures  [][]byte // of the last regular expression
}

// A block is what a stub stands for, with its commands.
type block struct{ name, text []byte }

// A condition says which part of an if command a page is in.
type condition int8

const (
	outside condition = iota
	inIf              // or in elif
	inElse
)

const defaultError = "[an error occurred while processing the directive]"

// pageOf is what pages are kept for.
type pageOf struct{}

// head decides whether a response has commands. (ngx_http_ssi_header_filter)
func (f *filter) head(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	p := &r.Resp
	if p.Length == 0 || !f.types.Has(p) {
		return nil, httpd.OK
	}
	x := &page{
		f: f, r: r, output: true, encoding: encodeEntity,
		timefmt: []byte(defaultTime), errmsg: []byte(defaultError),
	}
	x.parser = parser{valueLength: f.valueLength, errorf: x.log}
	main := r.Main()
	if first, ok := main.Context(pageOf{}).(*page); ok {
		x.shared = first.shared
	} else {
		x.shared = &shared{variables: map[string][]byte{}}
		main.SetContext(pageOf{}, x) // even if the main request has no commands itself
	}
	r.SetContext(pageOf{}, x)
	if r == main {
		p.ClearLength()
		p.ClearRanges()
		if f.lastModified {
			r.WeakenETag()
		} else {
			p.ClearLastModified()
			p.Headers.DelID(header.ETag)
		}
	}
	return func(next httpd.Writer) httpd.Writer { x.next = next; return x }, httpd.OK
}

// log writes to the error log, with what nginx says it is doing.
func (p *page) log(format string, args ...any) {
	if p.r.Upstream != nil {
		format += " while sending to client"
	} else {
		format += " while sending response to client"
	}
	p.r.Errorf(logs.Error, format, args...)
}

// Write implements httpd.Writer. (ngx_http_ssi_body_filter)
func (p *page) Write(b []byte) error {
	for len(b) > 0 && p.err == nil {
		found := p.parse(b)
		b = b[found.used:]
		p.text(found.begun, found.text)
		switch found.event {
		case more:
		case command:
			if p.err == nil {
				p.run()
			}
		case failed:
			p.failed()
		}
	}
	return p.err
}

// File implements httpd.Writer.
func (p *page) File(f httpd.File, off, n int64) error { return p.r.WriteFile(p, f, off, n) }

// Flush implements httpd.Writer.
func (p *page) Flush() error {
	if p.err != nil {
		return p.err
	}
	return p.next.Flush()
}

// Close implements httpd.Writer. The beginning of a command is dropped.
func (p *page) Close() error {
	if p.err != nil {
		return p.err
	}
	return p.next.Close()
}

// text sends what is no command: the first begun bytes of a mark, which came
// earlier, and text.
func (p *page) text(begun int, text []byte) {
	switch {
	case p.output:
		if begun > 0 {
			p.send([]byte(mark[:begun]))
		}
		p.send(text)
	case p.inBlock:
		last := &p.shared.blocks[len(p.shared.blocks)-1]
		last.text = append(append(last.text, mark[:begun]...), text...)
	}
}

func (p *page) send(text []byte) {
	if p.err == nil && len(text) > 0 {
		p.err = p.next.Write(text)
	}
}

// failed sends what stands for a command that cannot be run.
func (p *page) failed() {
	if !p.f.silent {
		p.send(p.errmsg)
	}
}
