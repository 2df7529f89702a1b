package mapping

import (
	"slices"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/regex"
	"understudy/runtime/vars"
)

// addMap reads a map block and declares its variable.
func addMap[S subject](c *conf[S], call *spec.Call) error {
	// A map fixes the sizes of its tables: to give them later is too late.
	if !c.hashMaxSize.Given() {
		c.hashMaxSize.Give(2048, diag.Pos{})
	}
	if !c.hashBucketSize.Given() {
		c.hashBucketSize.Give(64, diag.Pos{})
	}
	t := spec.VarsOf[S](call)
	source, err := spec.CompileTemplate(call, t, call.Args[0].Text, 0)
	if err != nil {
		return err
	}
	name := call.Args[1].Text
	if name == "" || name[0] != '$' {
		return call.Errorf(1, `invalid variable name "%s"`, name)
	}
	if name = name[1:]; name == "" {
		return call.Errorf(1, `invalid variable name "$"`)
	}
	m := &table[S]{source: source}
	v := vars.Variable[S]{
		Name: name, Doc: "A map of " + source.Source + ".",
		Get: func(s S, _ string) ([]byte, bool) { return m.value(s), true },
	}
	if err := t.Declare(v); err != nil {
		return call.Errorf(1, "%v", err)
	}
	b := block[S]{table: m, call: call, vars: t, results: map[string]*result[S]{}}
	for _, d := range call.Block {
		if err := b.add(d); err != nil {
			return err
		}
	}
	m.ready()
	if b.volatile {
		v.Volatile = true
		return t.Declare(v)
	}
	return nil
}

// A block is a map block while it is read.
type block[S subject] struct {
	*table[S]
	call     *spec.Call
	vars     *vars.Table[S]
	results  map[string]*result[S] // by text: large maps have few
	volatile bool
}

// add reads one line.
func (b *block[S]) add(d *parser.Directive) error {
	if d.Err != nil {
		return *d.Err
	}
	key := d.Name.Text
	switch {
	case d.Block != nil:
		return b.call.ErrorIn(d, `unexpected "{"`)
	case len(d.Args) == 0 && key == "hostnames":
		b.hostnames = true
		return nil
	case len(d.Args) == 0 && key == "volatile":
		b.volatile = true
		return nil
	case len(d.Args) != 1:
		return b.call.ErrorIn(d, "invalid number of the map parameters")
	}
	line := &spec.Call{Directive: d, Scope: b.call.Scope, Entry: b.call.Entry}
	to, err := b.result(line)
	if err != nil {
		return err
	}
	switch {
	case key == "default":
		if b.fallback != nil {
			return line.Errorf(-1, "duplicate default map parameter")
		}
		b.fallback = to
		return nil
	case key != "" && key[0] == '~':
		return b.addRegex(line, key[1:], to)
	case key != "" && key[0] == '\\':
		key = key[1:]
	}
	if err := b.keys.Add(key, to, b.hostnames); err != nil {
		return line.Errorf(-1, "%v", err)
	}
	return nil
}

func (b *block[S]) addRegex(line *spec.Call, pattern string, to *result[S]) error {
	var o regex.Options
	if pattern != "" && pattern[0] == '*' {
		pattern, o.CaseInsensitive = pattern[1:], true
	}
	re, err := line.Regex(pattern, -1, o)
	if err != nil {
		return err
	}
	b.regexes = append(b.regexes, expression[S]{re, to})
	return nil
}

// result compiles what a line maps to.
func (b *block[S]) result(line *spec.Call) (*result[S], error) {
	text := line.Args[0].Text
	if r := b.results[text]; r != nil {
		return r, nil
	}
	t, err := spec.CompileTemplate(line, b.vars, text, 0)
	if err != nil {
		return nil, err
	}
	r := &result[S]{template: t}
	if lit, ok := t.Literal(); ok {
		r = &result[S]{text: slices.Clip(lit)}
	}
	b.results[text] = r
	return r, nil
}
