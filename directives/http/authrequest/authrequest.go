// Package authrequest lets another request decide who is let in.
//
// https://nginx.org/en/docs/http/ngx_http_auth_request_module.html
package authrequest

import (
	"fmt"

	"understudy/directives/spec"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/vars"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_auth_request_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_auth_request",
	Directives: []spec.Directive[conf]{{
		Name: "auth_request", In: anywhere, Syntax: "uri | off",
		Doc: "Lets in requests for which the request for a URI is answered with 2xx.",
		Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.uri }),
	}, {
		Name: "auth_request_set", In: anywhere, Args: spec.Exactly(2), Syntax: "$variable value",
		Doc: "Gives a variable a value when the other request has been answered.",
		Set: spec.AddTo(func(c *conf) *spec.Value[[]set] { return &c.sets }, parseSet),
	}},
	Location: (*conf).addTo,
}

type conf struct {
	uri  spec.Value[string]
	sets spec.Value[[]set]
}

// A set is one auth_request_set directive.
type set struct {
	variable vars.Index
	value    *httpd.Template
}

func parseSet(call *spec.Call) (set, error) {
	name := call.Args[0].Text
	if len(name) < 2 || name[0] != '$' {
		return set{}, call.Errorf(0, `invalid variable name "%s"`, name)
	}
	name = name[1:]
	vs := call.Scope.Vars()
	// The variable may have a meaning already: then it only gets a value.
	err := vs.Declare(httpd.Variable{Name: name, Weak: true, Get: func(*httpd.Request, string) ([]byte, bool) { return nil, false }})
	if err != nil {
		return set{}, call.Errorf(0, "%v", err)
	}
	s := set{variable: vs.Index(name, call.Args[0].Pos)}
	s.value, err = call.Template(1)
	return s, err
}

// addTo adds a step that asks.
func (c *conf) addTo(b *spec.Builder) error {
	if c.uri.V == "off" || c.uri.V == "" {
		return nil
	}
	q := &question{uri: []byte(c.uri.V), sets: c.sets.V}
	b.Access = append(b.Access, httpd.Step{Name: "auth_request", Pos: c.uri.Pos, Run: q.ask, Explain: q.explain})
	return nil
}

// A question is the other request.
type question struct {
	uri  []byte
	sets []set
}

// ask makes the other request and answers with what it said: 401 and 403
// refuse r.
func (q *question) ask(r *httpd.Request) httpd.Status {
	st := r.Sub(q.uri, nil, httpd.SubOptions{HeadOnly: true}, func(s *httpd.Request) {
		for _, v := range q.sets {
			r.SetVar(v.variable, s.Eval(v.value))
		}
		if s.Resp.Status != 401 {
			return
		}
		for _, f := range s.Resp.Headers.Fields() {
			if f.ID == header.WWWAuthenticate {
				r.Resp.Headers.AddOut(f)
			}
		}
	})
	switch {
	case st == 401 || st == 403:
		return st
	case st >= 200 && st < 300:
		return httpd.OK
	}
	r.Errorf(logs.Error, "auth request unexpected status: %d", st)
	return 500
}

func (q *question) explain(*httpd.Request) (string, httpd.Status) {
	return fmt.Sprintf("asks %s, and goes on if the answer is 2xx", q.uri), httpd.Declined
}
