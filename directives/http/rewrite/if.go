package rewrite

import (
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/openfile"
	"understudy/runtime/regex"
	"understudy/runtime/vars"
)

var serverIf = spec.Directive[conf]{
	Name: "if", In: spec.Server, Args: spec.AtLeast(1), Opens: spec.ServerIf,
	Syntax: "(condition)",
	Doc:    "Runs the directives inside if the condition holds.",
	Set:    spec.Do(addIf),
}

var locationIf = spec.Directive[conf]{
	Name: "if", In: spec.Location, Args: spec.AtLeast(1), Opens: spec.LocationIf,
	Syntax: "(condition)",
	Doc:    "Runs the directives inside, and uses their configuration, if the condition holds.",
	Set:    spec.Do(addIf),
}

func addIf(c *conf, call *spec.Call) error {
	cond, err := parseCondition(call)
	if err != nil {
		return err
	}
	d, pos, subject := call.Directive, call.Pos(), subjectOf(call)
	c.steps = append(c.steps, func(_ *conf, b *spec.Builder) httpd.Step {
		inside := b.Block(d)
		return httpd.Step{Name: "if", Pos: pos, Condition: true, Run: func(r *httpd.Request) httpd.Status {
			if subject != "" && r.Explaining() {
				v, _ := r.HTTP.Vars.Named(r, subject)
				r.Note("$%s is %q", subject, v)
			}
			ok, st := cond(r)
			if st != httpd.OK {
				return st
			}
			if !ok {
				return httpd.Declined
			}
			if r.Explaining() {
				r.Note("if (%s) applies", pos)
			}
			r.Within(inside)
			return r.Run(inside.Rewrite)
		}}
	})
	return nil
}

// subjectOf is the name of the variable that a condition is about; "" if there is none.
func subjectOf(call *spec.Call) string {
	for _, a := range call.Args {
		if name, ok := strings.CutPrefix(strings.TrimPrefix(a.Text, "("), "$"); ok {
			return strings.ToLower(strings.TrimRight(name, ")"))
		}
		if a.Text != "(" {
			break
		}
	}
	return ""
}

// A condition is what stands between the parentheses.
type condition func(r *httpd.Request) (holds bool, st httpd.Status)

// parseCondition reads the arguments of an if as ngx_http_rewrite_if_condition
// does: the parentheses are parts of the first and last, or words of their own.
func parseCondition(call *spec.Call) (condition, error) {
	words := make([]string, len(call.Args))
	for i, a := range call.Args {
		words[i] = a.Text
	}
	bad := func(i int) (condition, error) {
		return nil, call.Errorf(i, `invalid condition "%s"`, words[i])
	}
	first, last := 0, len(words)-1
	if words[0] == "" || words[0][0] != '(' {
		return bad(0)
	}
	if words[0] == "(" {
		first++
	} else {
		words[0] = words[0][1:]
	}
	if !strings.HasSuffix(words[last], ")") {
		return bad(last)
	}
	if words[last] == ")" {
		last--
	} else {
		words[last] = words[last][:len(words[last])-1]
	}
	w := words[first:max(first, last+1)]
	switch {
	case len(w) == 0:
	case len(w[0]) > 1 && w[0][0] == '$':
		if len(w) != 1 && len(w) != 3 {
			return bad(first)
		}
		return variableCondition(call, w, first)
	case fileTests[w[0]] != nil:
		if len(w) != 2 {
			return bad(first)
		}
		name, err := call.TemplateOf(w[1], first+1)
		return fileCondition(fileTests[w[0]], name), err
	}
	return bad(first)
}

func variableCondition(call *spec.Call, w []string, first int) (condition, error) {
	v, err := call.TemplateOf(w[0], first)
	if err != nil {
		return nil, err
	}
	index, ok := v.Variable()
	if !ok {
		// nginx takes the whole word for a name.
		index = call.Scope.Vars().Index(w[0][1:], call.Args[first].Pos)
	}
	if len(w) == 1 {
		return func(r *httpd.Request) (bool, httpd.Status) { return truth(r, index), httpd.OK }, nil
	}
	op := w[1]
	switch op {
	case "=", "!=":
		want, err := call.TemplateOf(w[2], first+2)
		if err != nil {
			return nil, err
		}
		return func(r *httpd.Request) (bool, httpd.Status) {
			val, _ := r.Var(index)
			return (string(val) == string(evaluate(want, r))) == (op == "="), httpd.OK
		}, nil
	case "~", "~*", "!~", "!~*":
		re, err := call.Regex(w[2], first+2, regex.Options{CaseInsensitive: strings.HasSuffix(op, "*")})
		if err != nil {
			return nil, err
		}
		return matchCondition(index, re, op[0] == '!', spec.Conf[conf](call.Scope)), nil
	}
	return nil, call.Errorf(first+1, `unexpected "%s" in condition`, op)
}

func matchCondition(index vars.Index, re *regex.Regexp, negative bool, c *conf) condition {
	return func(r *httpd.Request) (bool, httpd.Status) {
		val, _ := r.Var(index)
		ok, err := r.Exec(re, val)
		if err != nil {
			return false, 500
		}
		if !ok {
			r.ForgetCaptures()
		}
		if c.log.V || r.Debugging(logs.DebugHTTP) {
			how := "matches"
			if !ok {
				how = "does not match"
			}
			r.Errorf(logs.Notice, `"%s" %s "%s"`, re, how, val)
		}
		return ok != negative, httpd.OK
	}
}

func truth(r *httpd.Request, i vars.Index) bool {
	val, _ := r.Var(i)
	return len(val) > 0 && (len(val) > 1 || val[0] != '0')
}

// fileTests are the tests of files; found is false of a name that does not
// exist, or that must not be looked at.
var fileTests = map[string]func(info openfile.Info, found bool) bool{
	"-f":  func(i openfile.Info, found bool) bool { return found && i.Kind == openfile.Regular },
	"!-f": func(i openfile.Info, found bool) bool { return !found || i.Kind != openfile.Regular },
	"-d":  func(i openfile.Info, found bool) bool { return found && i.Kind == openfile.Dir },
	"!-d": func(i openfile.Info, found bool) bool { return !found || i.Kind != openfile.Dir },
	"-e":  func(i openfile.Info, found bool) bool { return found },
	"!-e": func(i openfile.Info, found bool) bool { return !found },
	"-x":  func(i openfile.Info, found bool) bool { return found && i.Exec },
	"!-x": func(i openfile.Info, found bool) bool { return !found || !i.Exec },
}

func fileCondition(test func(openfile.Info, bool) bool, name *httpd.Template) condition {
	return func(r *httpd.Request) (bool, httpd.Status) {
		path := evaluate(name, r)
		info, err := r.StatFile(path)
		if err != nil {
			if e := err.(*openfile.Error); !e.Missing() {
				r.Errorf(logs.Crit, "%s \"%s\" failed%s", e.Call, path, httpd.Errno(err))
			}
		}
		return test(info, err == nil), httpd.OK
	}
}
