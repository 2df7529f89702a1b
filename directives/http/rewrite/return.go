package rewrite

import (
	"strconv"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

var returnDirective = spec.Directive[conf]{
	Name: "return", In: anywhere, Args: spec.Between(1, 2),
	Syntax: "code [text] | code URL | URL",
	Doc:    "Stops processing and returns code to the client.",
	Set:    spec.Do(addReturn),
}

func addReturn(c *conf, call *spec.Call) error {
	text := -1
	code, err := strconv.Atoi(call.Args[0].Text)
	switch {
	case err != nil && len(call.Args) == 1 && IsURL(call.Args[0].Text):
		code, text = 302, 0
	case err != nil || code < 0 || code > 999:
		return call.Errorf(0, `invalid return code "%s"`, call.Args[0].Text)
	case len(call.Args) == 2:
		text = 1
	}
	var body *httpd.Template
	if text >= 0 {
		if body, err = call.Template(text); err != nil {
			return err
		}
	}
	status, pos := httpd.Status(code), call.Pos()
	c.steps = append(c.steps, func(*conf, *spec.Builder) httpd.Step {
		return httpd.Step{Name: "return", Pos: pos, Run: func(r *httpd.Request) httpd.Status { return answer(r, status, body) }}
	})
	return nil
}

func answer(r *httpd.Request, status httpd.Status, body *httpd.Template) httpd.Status {
	if status >= 400 && (body == nil || body.Source == "") {
		return status
	}
	if st := r.DiscardBody(); st != httpd.OK {
		return st
	}
	switch status {
	case 301, 302, 303, 307, 308:
		to := r.Eval(body)
		if to == nil {
			to = []byte{}
		}
		r.Resp.SetLocation(to)
		return status
	}
	r.Resp.Status = status // the body may tell it
	return r.Reply(status, nil, r.Eval(body))
}

var breakDirective = spec.Directive[conf]{
	Name: "break", In: anywhere, Args: spec.Exactly(0),
	Doc: "Stops processing the rewrites of this block and keeps the location.",
	Set: spec.Do(func(c *conf, call *spec.Call) error {
		pos := call.Pos()
		c.steps = append(c.steps, func(*conf, *spec.Builder) httpd.Step {
			return httpd.Step{Name: "break", Pos: pos, Run: func(r *httpd.Request) httpd.Status {
				r.KeepLocation()
				return httpd.OK
			}}
		})
		return nil
	}),
}
