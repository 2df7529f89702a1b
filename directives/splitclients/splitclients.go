// Package splitclients makes variables that split clients into groups of given
// sizes, for A/B tests.
//
// https://nginx.org/en/docs/http/ngx_http_split_clients_module.html
// https://nginx.org/en/docs/stream/ngx_stream_split_clients_module.html
package splitclients

import (
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/httpd"
	"understudy/runtime/stream"
	"understudy/runtime/vars"
)

// HTTP is ngx_http_split_clients_module.
var HTTP = spec.HTTPModule[conf[*httpd.Request]]{
	Name: "http_split_clients", Directives: directives[*httpd.Request](spec.HTTP),
}

// Stream is ngx_stream_split_clients_module.
var Stream = spec.StreamModule[conf[*stream.Session]]{
	Name: "stream_split_clients", Directives: directives[*stream.Session](spec.Stream),
}

// A subject is a request or a session.
type subject interface {
	vars.Subject
	Alloc(n int) []byte
}

// A conf holds nothing: what splits clients is a variable.
type conf[S subject] struct{}

func directives[S subject](in spec.Context) []spec.Directive[conf[S]] {
	return []spec.Directive[conf[S]]{{
		Name: "split_clients", In: in, Args: spec.Exactly(2), Free: true,
		Syntax: "string $variable",
		Doc:    "Creates a variable whose value is that of the part inside that the hash of the string falls into.",
		Set:    spec.Do(func(_ *conf[S], call *spec.Call) error { return add[S](call) }),
	}}
}

// add reads a split_clients block and declares its variable.
func add[S subject](call *spec.Call) error {
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
	var ps parts
	err = t.Declare(vars.Variable[S]{
		Name: name, Doc: "A part of the clients, by " + source.Source + ".",
		Get: func(s S, _ string) ([]byte, bool) { return ps.find(hash(source.Eval(s, s.Alloc))), true },
	})
	if err != nil {
		return call.Errorf(1, "%v", err)
	}
	for _, d := range call.Block {
		p, err := parsePart(call, d)
		if err != nil {
			return err
		}
		ps = append(ps, p)
	}
	if !ps.place() {
		return call.ErrorAtClose("percent total is greater than 100%%")
	}
	return nil
}

func parsePart(call *spec.Call, d *parser.Directive) (part, error) {
	var p part
	switch {
	case d.Err != nil:
		return p, *d.Err
	case d.Block != nil:
		return p, call.ErrorIn(d, `unexpected "{"`)
	}
	// nginx does not count the words of a line. It takes a value that is
	// not there from beyond its memory, and ignores those that follow.
	if len(d.Args) == 0 {
		return p, call.ErrorIn(d, `invalid number of arguments in "%s" directive`, call.Name.Text)
	}
	p.val = []byte(d.Args[0].Text)
	if d.Name.Text == "*" {
		return p, nil
	}
	n, ok := parsePercent(d.Name.Text)
	if !ok {
		return p, call.ErrorIn(d, `invalid percent value "%s"`, d.Name.Text)
	}
	p.percent = n
	return p, nil
}
