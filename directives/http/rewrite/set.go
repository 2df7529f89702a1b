package rewrite

import (
	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

var setDirective = spec.Directive[conf]{
	Name: "set", In: anywhere, Args: spec.Exactly(2),
	Syntax: "$variable value",
	Doc:    "Gives a variable a value.",
	Set:    spec.Do(addSet),
}

func addSet(c *conf, call *spec.Call) error {
	name := call.Args[0].Text
	if len(name) < 2 || name[0] != '$' {
		return call.Errorf(0, `invalid variable name "%s"`, name)
	}
	name = name[1:]
	vars := call.Scope.Vars()
	if err := vars.Declare(httpd.Variable{Name: name, Weak: true, Yields: true, Get: unset(name)}); err != nil {
		return call.Errorf(0, "%v", err)
	}
	index := vars.Index(name, call.Args[0].Pos)
	value, err := call.Template(1)
	if err != nil {
		return err
	}
	pos := call.Pos()
	c.steps = append(c.steps, func(*conf, *spec.Builder) httpd.Step {
		return httpd.Step{Name: "set", Pos: pos, Run: func(r *httpd.Request) httpd.Status {
			v := evaluate(value, r)
			r.SetVar(index, v)
			if r.Explaining() {
				r.Note(`$%s = "%s"`, name, v)
			}
			return httpd.Declined
		}}
	})
	return nil
}

// evaluate is Eval with captures escaped as long as the phase has rewritten
// nothing.
func evaluate(t *httpd.Template, r *httpd.Request) []byte {
	if r.Quoting && r.Escaped && t.Captures() {
		return appendTemplate(t, r, true)
	}
	return r.Eval(t)
}

// unset is the value of a variable that no set has reached.
func unset(name string) func(*httpd.Request, string) ([]byte, bool) {
	return func(r *httpd.Request, _ string) ([]byte, bool) {
		if r.Loc.WarnUnset {
			r.Errorf(logs.Warn, `using uninitialized "%s" variable`, name)
		}
		return []byte{}, true
	}
}
