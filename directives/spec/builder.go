package spec

import (
	"errors"
	"fmt"

	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/stream"
)

// A Builder is what the functions of an HTTPModule add to. Location is nil in
// Main; in Server it is the server's own.
type Builder struct {
	*httpd.Location
	HTTP  *httpd.HTTP
	Srv   *httpd.Server
	Vars  *httpd.Vars
	Scope *Scope

	after []func()
}

// After calls f when all modules have added to the location.
func (b *Builder) After(f func()) { b.after = append(b.after, f) }

// Block builds the nameless location that a directive's block inside this one
// opened: an "if".
func (b *Builder) Block(d *parser.Directive) *httpd.Location {
	for _, c := range b.Scope.Children {
		if c.At == d {
			x := c.BuildNameless(b.HTTP, b.Srv, b.Location)
			b.After(func() { x.Adopt(b.Location) })
			return x
		}
	}
	return nil
}

// BuildNameless builds the location of a block that shares another's URIs: if
// and limit_except.
func (s *Scope) BuildNameless(h *httpd.HTTP, srv *httpd.Server, outer *httpd.Location) *httpd.Location {
	x := &httpd.Location{
		Name: outer.Name, Modifier: outer.Modifier, Match: httpd.Nameless, Of: outer.Match,
		Pattern: outer.Pattern, Pos: s.At.Name.Pos, Server: srv,
	}
	s.BuildLocation(h, srv, x)
	x.Adopt(outer)
	return x
}

// A StreamBuilder is what the functions of a StreamModule add to.
type StreamBuilder struct {
	*stream.Server // nil in Main
	Stream         *stream.Stream
	Vars           *stream.Vars
	Scope          *Scope
}

// Takes reports whether a directive that makes the content of the server, and
// stands at a place, is the last of its kind: the others count for nothing.
func (b *StreamBuilder) Takes(at diag.Pos) bool {
	if b.Content == nil {
		return true
	}
	other := b.Content.Pos
	return at.Line > other.Line || at.Line == other.Line && at.Col > other.Col
}

// Nameless reports whether the location is an if or limit_except block.
func (b *Builder) Nameless() bool { return b.Scope.In&nameless != 0 }

// Env returns the options of the compilation.
func (b *Builder) Env() *Options { return &b.Scope.Options }

// Env returns the options of the compilation.
func (b *StreamBuilder) Env() *Options { return &b.Scope.Options }

// Errorf returns an error about the directive at a place. nginx, which has
// read the whole block by then, names none.
func (b *Builder) Errorf(at diag.Pos, code, format string, args ...any) error {
	return diag.Diagnostic{Pos: at, Severity: diag.Error, Code: code, Msg: fmt.Sprintf(format, args...)}
}

// ErrorAtEnd is Errorf for what nginx finds while it merges the blocks of http,
// and reports where that ends.
func (b *Builder) ErrorAtEnd(at diag.Pos, code, format string, args ...any) error {
	d := diag.Diagnostic{Pos: at, Severity: diag.Error, Code: code, Msg: fmt.Sprintf(format, args...)}
	for s := b.Scope; s != nil; s = s.Parent {
		if s.In == HTTP {
			d.Line = s.At.Close.Line
		}
	}
	return d
}

// Errorf returns an error about the directive at a place.
func (b *StreamBuilder) Errorf(at diag.Pos, code, format string, args ...any) error {
	return diag.Diagnostic{Pos: at, Severity: diag.Error, Code: code, Msg: fmt.Sprintf(format, args...)}
}

// Warnf reports something that works, but not as it is written.
func (b *Builder) Warnf(at diag.Pos, code, format string, args ...any) {
	b.Scope.diags.Warn(at, code, format, args...)
}

// Hintf reports something that works but is probably not meant.
func (b *Builder) Hintf(at diag.Pos, code, format string, args ...any) {
	b.Scope.diags.Hint(at, code, format, args...)
}

// BuildMain lets every module see the http block before its servers are built.
func (s *Scope) BuildMain(h *httpd.HTTP) {
	s.run(hookMain, &Builder{HTTP: h, Vars: s.http, Scope: s})
}

// BuildServer lets every module add to srv.
func (s *Scope) BuildServer(h *httpd.HTTP, srv *httpd.Server) {
	s.built(srv.Root)
	s.run(hookServer, &Builder{Location: srv.Root, HTTP: h, Srv: srv, Vars: s.http, Scope: s})
}

// BuildLocation lets every module add to loc.
func (s *Scope) BuildLocation(h *httpd.HTTP, srv *httpd.Server, loc *httpd.Location) {
	s.built(loc)
	s.run(hookLocation, &Builder{Location: loc, HTTP: h, Srv: srv, Vars: s.http, Scope: s})
}

func (s *Scope) run(h hook, b *Builder) {
	for _, i := range s.table.hooked[h] {
		s.found(s.table.modules[i].build(h, s.conf(i), b))
	}
	for _, f := range b.after {
		f()
	}
}

// BuildStreamMain lets every module see the stream block before its servers
// are built.
func (s *Scope) BuildStreamMain(st *stream.Stream) {
	s.runStream(hookMain, &StreamBuilder{Stream: st, Vars: s.stream, Scope: s})
}

// BuildStreamServer lets every module add to srv.
func (s *Scope) BuildStreamServer(st *stream.Stream, srv *stream.Server) {
	s.built(srv)
	s.runStream(hookServer, &StreamBuilder{Server: srv, Stream: st, Vars: s.stream, Scope: s})
}

func (s *Scope) runStream(h hook, b *StreamBuilder) {
	for _, i := range s.table.hooked[h] {
		s.found(s.table.modules[i].buildStream(h, s.conf(i), b))
	}
}

// found adds what a build function reports.
func (s *Scope) found(err error) {
	if err == nil {
		return
	}
	var d diag.Diagnostic
	switch {
	case errors.As(err, &d):
		s.diags = append(s.diags, d)
	case s.At != nil:
		s.diags.Add(s.At.Name.Pos, "build", "%v", err)
	default:
		s.diags.Add(diag.Pos{}, "build", "%v", err)
	}
}

// LinkHTTP binds the variables of requests. It is called when all is built.
func (s *Scope) LinkHTTP() { s.http.Link(&s.diags) }

// LinkStream binds the variables of sessions.
func (s *Scope) LinkStream() { s.stream.Link(&s.diags) }
