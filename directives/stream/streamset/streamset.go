// Package streamset gives variables of sessions a value.
//
// https://nginx.org/en/docs/stream/ngx_stream_set_module.html
package streamset

import (
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/stream"
)

// Module is ngx_stream_set_module.
var Module = spec.StreamModule[conf]{
	Name: "stream_set",
	Directives: []spec.Directive[conf]{{
		Name: "set", In: spec.StreamServer, Args: spec.Exactly(2), Syntax: "$variable value",
		Doc: "Gives a variable a value.",
		Set: spec.Do(addSet),
	}},
	Server: func(c *conf, b *spec.StreamBuilder) error {
		b.PreAccess = append(b.PreAccess, c.steps...)
		return nil
	},
}

type conf struct{ steps []stream.Step }

func addSet(c *conf, call *spec.Call) error {
	name, ok := strings.CutPrefix(call.Args[0].Text, "$")
	if !ok || name == "" {
		return call.Errorf(0, `invalid variable name "%s"`, call.Args[0].Text)
	}
	vars := call.Scope.StreamVars()
	if err := vars.Declare(stream.Variable{Name: name, Weak: true, Get: unset}); err != nil {
		return call.Errorf(0, "%v", err)
	}
	index := vars.Index(name, call.Args[0].Pos)
	value, err := call.StreamTemplate(1)
	if err != nil {
		return err
	}
	c.steps = append(c.steps, stream.Step{Name: "set", Pos: call.Pos(), Run: func(s *stream.Session) stream.Status {
		v := s.Eval(value)
		s.SetVar(index, v)
		if s.Explaining() {
			s.Note(`$%s = "%s"`, name, v)
		}
		return stream.Declined
	}})
	return nil
}

// unset is the value of a variable that no set has reached: empty.
func unset(*stream.Session, string) ([]byte, bool) { return []byte{}, true }
