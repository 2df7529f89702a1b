package spec

import (
	"fmt"
	"path/filepath"
	"strings"

	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/regex"
	"understudy/runtime/stream"
	"understudy/runtime/vars"
	"understudy/runtime/zone"
)

// A Call is one use of a directive.
type Call struct {
	*parser.Directive
	Scope *Scope
	Entry *Entry
	Inner *Scope // the block it opened, in Close
}

// Pos is where the directive stands.
func (c *Call) Pos() diag.Pos { return c.Name.Pos }

func (c *Call) fail(at diag.Pos, code, format string, args ...any) error {
	return diag.Diagnostic{Pos: at, Severity: diag.Error, Code: code, Msg: fmt.Sprintf(format, args...), Line: c.End.Line}
}

func (c *Call) at(i int) diag.Pos {
	if i < 0 || i >= len(c.Args) {
		return c.Name.Pos
	}
	return c.Args[i].Pos
}

// Errorf returns an error at argument i, or at the directive's name if there
// is no such argument. nginx would print the text as it is.
func (c *Call) Errorf(i int, format string, args ...any) error {
	return c.fail(c.at(i), "invalid-argument", format, args...)
}

// Coded is Errorf with a code of its own.
func (c *Call) Coded(i int, code, format string, args ...any) error {
	return c.fail(c.at(i), code, format, args...)
}

// ErrorIn returns an error about a statement inside the call's free block.
func (c *Call) ErrorIn(d *parser.Directive, format string, args ...any) error {
	return diag.Diagnostic{Pos: d.Name.Pos, Severity: diag.Error, Code: "invalid-argument", Msg: fmt.Sprintf(format, args...), Line: d.End.Line}
}

// ErrorAtClose returns an error that nginx reports where the block ends.
func (c *Call) ErrorAtClose(format string, args ...any) error {
	return diag.Diagnostic{Pos: c.Name.Pos, Severity: diag.Error, Code: "invalid-block", Msg: fmt.Sprintf(format, args...), Line: c.Close.Line}
}

// Warnf adds a warning at argument i.
func (c *Call) Warnf(i int, code, format string, args ...any) {
	d := c.fail(c.at(i), code, format, args...).(diag.Diagnostic)
	d.Severity = diag.Warning
	c.Scope.diags = append(c.Scope.diags, d)
}

// Hintf adds a hint at argument i.
func (c *Call) Hintf(i int, code, format string, args ...any) {
	c.Scope.diags.Hint(c.at(i), code, format, args...)
}

// Flag reads argument i as "on" or "off".
func (c *Call) Flag(i int) (bool, error) {
	switch strings.ToLower(c.Args[i].Text) {
	case "on":
		return true, nil
	case "off":
		return false, nil
	}
	return false, c.Errorf(i, `invalid value "%s" in "%s" directive, it must be "on" or "off"`, c.Args[i].Text, c.Name.Text)
}

// Template compiles argument i for requests.
func (c *Call) Template(i int) (*httpd.Template, error) { return c.TemplateOf(c.Args[i].Text, i) }

// TemplateOf compiles text, which is a part of argument i, for requests.
func (c *Call) TemplateOf(text string, i int) (*httpd.Template, error) {
	return CompileTemplate(c, c.Scope.http, text, i)
}

// StreamTemplate compiles argument i for sessions.
func (c *Call) StreamTemplate(i int) (*stream.Template, error) {
	return CompileTemplate(c, c.Scope.stream, c.Args[i].Text, i)
}

// CompileTemplate compiles text, which is a part of argument i, with the
// variables of t: for modules that are the same in http and stream.
func CompileTemplate[S vars.Subject](c *Call, t *vars.Table[S], text string, i int) (*vars.Template[S], error) {
	tm, err := t.Compile(text, c.at(i))
	if err != nil {
		return nil, c.Coded(i, "bad-variable", "%v", err)
	}
	return tm, nil
}

// VarsOf returns the variables that subjects of type S have here.
func VarsOf[S vars.Subject](c *Call) *vars.Table[S] {
	if t, ok := any(c.Scope.http).(*vars.Table[S]); ok {
		return t
	}
	return any(c.Scope.stream).(*vars.Table[S])
}

// Regex compiles a regular expression that is a part of argument i, and
// declares the variables its named captures set.
func (c *Call) Regex(pattern string, i int, o regex.Options) (*regex.Regexp, error) {
	re, err := c.Scope.regex(pattern, o)
	if err != nil {
		return nil, c.Coded(i, "bad-regex", "%v", err)
	}
	for _, n := range re.Names() {
		if c.Scope.In&(Stream|StreamServer) != 0 {
			err = c.Scope.stream.Declare(stream.Variable{Name: n.Name, Weak: true})
			c.Scope.stream.Index(n.Name, c.at(i))
		} else {
			err = c.Scope.http.Declare(httpd.Variable{Name: n.Name, Weak: true})
			c.Scope.http.Index(n.Name, c.at(i))
		}
		if err != nil {
			return nil, c.Errorf(i, "%v", err)
		}
	}
	return re, nil
}

// A pattern is a regular expression as it is written.
type pattern struct {
	text    string
	options regex.Options
}

// regex compiles a pattern, once in a configuration: a hundred servers with the
// same location share it.
func (e *env) regex(text string, o regex.Options) (*regex.Regexp, error) {
	p := pattern{text, o}
	if re := e.patterns[p]; re != nil {
		return re, nil
	}
	re, err := regex.Compile(text, o)
	if err == nil {
		if e.patterns == nil {
			e.patterns = map[pattern]*regex.Regexp{}
		}
		e.patterns[p] = re
	}
	return re, err
}

// Zones returns the process's zones.
func (c *Call) Zones() *zone.Set { return c.Scope.Zones }

// FullName makes a file name absolute, relative to the prefix.
func (o *Options) FullName(name string) string { return under(o.Prefix, name) }

// ConfName makes a file name absolute, relative to the folder of the main
// configuration file.
func (o *Options) ConfName(name string) string { return under(o.ConfPrefix, name) }

func under(prefix, name string) string {
	if filepath.IsAbs(name) || strings.HasPrefix(name, "/") {
		return name
	}
	return prefix + name
}

// A Param is an argument of the form key=value, or a bare key.
type Param struct {
	Key, Val string
	Has      bool // there is a "="
	Arg      int  // the argument's index
}

// Params splits the arguments from the i-th on.
func (c *Call) Params(i int) []Param {
	var ps []Param
	for ; i < len(c.Args); i++ {
		k, v, has := strings.Cut(c.Args[i].Text, "=")
		ps = append(ps, Param{k, v, has, i})
	}
	return ps
}
