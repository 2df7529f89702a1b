// Package rewrite changes URIs, sets variables and answers requests with fixed
// responses.
//
// https://nginx.org/en/docs/http/ngx_http_rewrite_module.html
package rewrite

import (
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/regex"
)

const (
	anywhere = spec.Server | spec.Location | spec.ServerIf | spec.LocationIf
	logged   = anywhere | spec.HTTP
)

// Module is ngx_http_rewrite_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_rewrite",
	Directives: []spec.Directive[conf]{
		rewriteDirective, returnDirective, breakDirective, setDirective, serverIf, locationIf,
		{
			Name: "rewrite_log", In: logged, Syntax: "on | off", Default: "off",
			Doc: "Logs what the directives of this module do, at the notice level.",
			Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.log }),
		}, {
			Name: "uninitialized_variable_warn", In: logged, Syntax: "on | off", Default: "on",
			Doc: "Logs the use of variables that were never set.",
			Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.warn }),
		},
	},
	Server: func(c *conf, b *spec.Builder) error {
		b.Srv.Rewrite = c.build(b)
		return nil
	},
	Location: func(c *conf, b *spec.Builder) error {
		b.Location.WarnUnset = c.warn.V
		if b.Scope.In == spec.Server {
			return nil // its steps belong to the server's phase
		}
		b.Location.Rewrite = c.build(b)
		return nil
	},
}

// A conf is the statements of one block, in their order.
type conf struct {
	steps []statement
	log   spec.Value[bool]
	warn  spec.Value[bool]
}

// A statement makes a step when its block is built.
type statement func(c *conf, b *spec.Builder) httpd.Step

func (c *conf) build(b *spec.Builder) []httpd.Step {
	steps := make([]httpd.Step, len(c.steps))
	for i, s := range c.steps {
		steps[i] = s(c, b)
	}
	return steps
}

// A rule is one rewrite directive.
type rule struct {
	pos     diag.Pos
	re      *regex.Regexp
	path    *httpd.Template
	args    *httpd.Template // behind the first "?"; nil without one
	addArgs bool            // the request's arguments follow
	status  httpd.Status    // of a redirect; 0: none
	last    bool            // no rewrite of this phase follows
	stay    bool            // the location is not looked up again ("break")
	log     bool
}

var rewriteDirective = spec.Directive[conf]{
	Name: "rewrite", In: anywhere, Args: spec.Between(2, 3),
	Syntax: "regex replacement [last | break | redirect | permanent]",
	Doc:    "Replaces the URI if it matches.",
	Set:    spec.Do(addRewrite),
}

func addRewrite(c *conf, call *spec.Call) error {
	ru := &rule{pos: call.Pos(), addArgs: true}
	if call.Args[1].Text == "" {
		return call.Errorf(1, "empty replacement")
	}
	var err error
	if ru.re, err = call.Regex(call.Args[0].Text, 0, regex.Options{}); err != nil {
		return err
	}
	to := call.Args[1].Text
	if IsURL(to) {
		ru.status, ru.last = 302, true
	}
	if len(call.Args) == 3 {
		switch call.Args[2].Text {
		case "last":
			ru.last = true
		case "break":
			ru.last, ru.stay = true, true
		case "redirect":
			ru.status, ru.last = 302, true
		case "permanent":
			ru.status, ru.last = 301, true
		default:
			return call.Errorf(2, `invalid parameter "%s"`, call.Args[2].Text)
		}
	}
	if cut, ok := strings.CutSuffix(to, "?"); ok {
		to, ru.addArgs = cut, false
	}
	path, args, has := strings.Cut(to, "?")
	if ru.path, err = call.TemplateOf(path, 1); err != nil {
		return err
	}
	if has {
		if ru.args, err = call.TemplateOf(args, 1); err != nil {
			return err
		}
	}
	c.steps = append(c.steps, func(c *conf, _ *spec.Builder) httpd.Step {
		ru.log = c.log.V
		return httpd.Step{Name: "rewrite", Pos: ru.pos, Run: ru.run}
	})
	return nil
}

// IsURL reports whether a replacement is sent to the client.
func IsURL(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "$scheme")
}

// logs reports whether r's way through the rule is logged: nginx does it for
// readers of the debug log as well.
func (ru *rule) logs(r *httpd.Request) bool { return ru.log || r.Debugging(logs.DebugHTTP) }

// run applies the rule. The order of escaping and arguments is that of
// ngx_http_script_regex_start_code and _end_code.
func (ru *rule) run(r *httpd.Request) httpd.Status {
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "http script regex: \"%s\"", ru.re)
	}
	ok, err := r.Exec(ru.re, r.URI)
	if err != nil {
		return 500
	}
	if !ok {
		r.ForgetCaptures()
		if ru.logs(r) {
			r.Errorf(logs.Notice, `"%s" does not match "%s"`, ru.re, r.URI)
		}
		return httpd.Declined
	}
	if ru.logs(r) {
		r.Errorf(logs.Notice, `"%s" matches "%s"`, ru.re, r.URI)
	}
	if ru.status != 0 {
		return ru.redirect(r)
	}
	r.Quoting = false
	r.Internal = true
	uri := appendTemplate(ru.path, r, false)
	args := []byte{}
	switch {
	case ru.args != nil:
		args = appendTemplate(ru.args, r, true)
		if ru.addArgs && len(r.Args) > 0 {
			args = append(append(args, '&'), r.Args...)
		}
	case ru.addArgs:
		args = r.Args
	}
	if args == nil {
		args = []byte{}
	}
	if ru.logs(r) {
		r.Errorf(logs.Notice, `rewritten data: "%s", args: "%s"`, uri, args)
	}
	r.ChangeURI(uri, args)
	if len(uri) == 0 {
		r.Errorf(logs.Error, "the rewritten URI has a zero length")
		return 500
	}
	if ru.stay {
		r.KeepLocation()
	}
	if ru.last {
		return httpd.OK
	}
	return httpd.Declined
}

func (ru *rule) redirect(r *httpd.Request) httpd.Status {
	to := appendTemplate(ru.path, r, true)
	r.Quoting = false
	if ru.args != nil {
		to = append(append(to, '?'), appendTemplate(ru.args, r, true)...)
	}
	plain, n := h1.AppendUnescape(r.Alloc(len(to)+1+len(r.Args)), to, h1.UnescapeRedirect)
	to = append(plain, to[n:]...)
	if ru.addArgs && len(r.Args) > 0 {
		sep := byte('?')
		if ru.args != nil {
			sep = '&'
		}
		to = append(append(to, sep), r.Args...)
	}
	if ru.logs(r) {
		r.Errorf(logs.Notice, `rewritten redirect: "%s"`, to)
	}
	r.Resp.SetLocation(to)
	return ru.status
}

// appendTemplate evaluates t; captures are escaped if quote is set and the
// request's path had something escaped.
func appendTemplate(t *httpd.Template, r *httpd.Request, quote bool) []byte {
	if !quote || !r.Escaped {
		return r.Copy(r.Eval(t))
	}
	return t.AppendEscaped(r.Alloc(256), r, escapeArgs)
}

func escapeArgs(dst, val []byte) []byte { return h1.AppendEscape(dst, val, h1.EscapeArgs) }
