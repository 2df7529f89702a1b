package httpcore

import (
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/regex"
)

var blocks = []spec.Directive[conf]{{
	Name: "http", In: spec.Main, Args: spec.Exactly(0), Opens: spec.HTTP,
	Doc: "Holds the HTTP servers.",
	Set: spec.Do(func(c *conf, call *spec.Call) error {
		if spec.Result[*httpd.HTTP](call.Scope) != nil {
			return spec.ErrDuplicate
		}
		return nil
	}),
	Close: build,
}, {
	Name: "server", In: spec.HTTP, Args: spec.Exactly(0), Opens: spec.Server,
	Doc:   "Describes a virtual server.",
	Close: closeServer,
}, {
	Name: "location", In: spec.Server | spec.Location, Args: spec.Between(1, 2), Opens: spec.Location,
	Syntax: "[ = | ~ | ~* | ^~ ] uri | @name",
	Doc:    "Sets configuration depending on the request URI.",
	Set:    spec.Do(checkLocation).Visible(),
}, {
	Name: "limit_except", In: spec.Location, Args: spec.AtLeast(1), Opens: spec.LimitExcept,
	Syntax: "method ...",
	Doc:    "Holds what applies to all request methods but those named. GET includes HEAD.",
	Set:    spec.Do(checkLimitExcept),
}, {
	Name: "internal", In: spec.Location, Args: spec.Exactly(0),
	Doc: "Answers 404 to requests that were not redirected here internally.",
	Set: spec.Scalar(func(c *conf) *spec.Value[bool] { return &c.internal }, spec.Words, spec.Exactly(0), nil, func(*spec.Call) (bool, error) { return true, nil }),
}}

// A location is how a location block says which URIs it takes.
type location struct {
	modifier, name string
	match          httpd.Match
	pattern        *regex.Regexp
	pos            diag.Pos
	line           int
}

func (l *location) named() bool { return l.match == httpd.Named }
func (l *location) exact() bool { return l.match == httpd.Exact }

// checkLocation reads the arguments of a location. What it finds belongs to
// the block the location opens, so parseLocation does the work again there.
func checkLocation(_ *conf, call *spec.Call) error {
	l, err := parseLocation(call)
	if err != nil || call.Scope.In != spec.Location {
		return err
	}
	outer, err := parseLocation(&spec.Call{Directive: call.Scope.At, Scope: call.Scope.Parent})
	if err != nil {
		return nil // reported already
	}
	switch {
	case outer.exact():
		return call.Errorf(-1, "location %s cannot be inside the exact location %s", quoted(l.name), quoted(outer.name))
	case outer.named():
		return call.Errorf(-1, "location %s cannot be inside the named location %s", quoted(l.name), quoted(outer.name))
	case l.named():
		return call.Errorf(-1, "named location %s can be on the server level only", quoted(l.name))
	case l.match != httpd.Regex && !strings.HasPrefix(l.name, outer.name):
		return call.Errorf(-1, "location %s is outside location %s", quoted(l.name), quoted(outer.name))
	}
	return nil
}

func quoted(s string) string { return `"` + s + `"` }

// modifiers in the order in which nginx looks for one that is written without
// a space after it.
var modifiers = []struct {
	text  string
	match httpd.Match
}{
	{"=", httpd.Exact}, {"^~", httpd.NoRegex}, {"~*", httpd.Regex}, {"~", httpd.Regex}, {"@", httpd.Named},
}

func parseLocation(call *spec.Call) (location, error) {
	l := location{pos: call.Pos(), line: call.End.Line, match: httpd.Prefix}
	arg := 0
	if len(call.Args) == 2 {
		arg, l.modifier, l.name = 1, call.Args[0].Text, call.Args[1].Text
		switch l.modifier {
		case "=":
			l.match = httpd.Exact
		case "^~":
			l.match = httpd.NoRegex
		case "~", "~*":
			l.match = httpd.Regex
		default:
			return l, call.Errorf(0, "invalid location modifier %s", quoted(l.modifier))
		}
	} else {
		l.name = call.Args[0].Text
		for _, m := range modifiers {
			if strings.HasPrefix(l.name, m.text) {
				l.match = m.match
				if m.match != httpd.Named {
					l.modifier, l.name = m.text, l.name[len(m.text):]
				}
				break
			}
		}
	}
	if l.match == httpd.Regex {
		re, err := call.Regex(l.name, arg, regex.Options{CaseInsensitive: l.modifier == "~*"})
		if err != nil {
			return l, err
		}
		l.pattern = re
	}
	return l, nil
}

func checkLimitExcept(c *conf, call *spec.Call) error {
	if c.hasExcept {
		return spec.ErrDuplicate
	}
	c.hasExcept = true
	_, err := exceptMethods(call)
	return err
}

// exceptMethods returns the methods that a limit_except applies to.
func exceptMethods(call *spec.Call) (httpd.MethodSet, error) {
	set := ^httpd.MethodSet(0)
	for i, a := range call.Args {
		m := h1.MethodOf([]byte(strings.ToUpper(a.Text)))
		if m == h1.Unknown || m == h1.TRACE || m == h1.CONNECT {
			return 0, call.Errorf(i, "invalid method %s", quoted(a.Text))
		}
		set &^= m
		if m == httpd.GET {
			set &^= httpd.HEAD
		}
	}
	return set, nil
}
