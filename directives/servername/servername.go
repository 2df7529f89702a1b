// Package servername reads server_name directives, and makes the tables by which
// the virtual servers of an address are told apart.
//
// https://nginx.org/en/docs/http/server_names.html
package servername

import (
	"errors"
	"os"
	"slices"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/hostnames"
	"understudy/runtime/regex"
)

// A List is the names of a server.
type List []name

// A name is one argument of server_name.
type name struct {
	source string // as written
	text   string // in lower case, unless it is a regular expression
	re     *regex.Regexp
	at     diag.Pos // of the argument, or of the block, if the server has no name
}

// Directive declares server_name.
func Directive[C any](in spec.Context, field func(*C) *List) spec.Directive[C] {
	return spec.Directive[C]{
		Name: "server_name", In: in, Args: spec.AtLeast(1), Syntax: "name ...",
		Doc: "Sets the names of a virtual server.",
		Set: spec.Do(func(c *C, call *spec.Call) error { return field(c).add(call) }).Visible(),
	}
}

func (l *List) add(call *spec.Call) error {
	for i, a := range call.Args {
		text := a.Text
		if strings.HasPrefix(text, "*") && (len(text) < 3 || text[1] != '.') || text == "." {
			return call.Errorf(i, `server name "%s" is invalid`, text)
		}
		if strings.Contains(text, "/") {
			call.Warnf(i, "server-name", `server name "%s" has suspicious symbols`, text)
		}
		n := name{source: text, text: strings.ToLower(text), at: a.Pos}
		if n.text == "$hostname" {
			host, _ := os.Hostname() // nginx does not start without a name; here it would be empty
			n.text = strings.ToLower(host)
		}
		if pattern, ok := strings.CutPrefix(text, "~"); ok {
			if pattern == "" {
				return call.Errorf(i, `empty regex in server name "%s"`, text)
			}
			// Hosts are in lower case.
			fold := strings.ContainsAny(pattern, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
			re, err := call.Regex(pattern, i, regex.Options{CaseInsensitive: fold})
			if err != nil {
				return err
			}
			n.re, n.text = re, text
		}
		*l = append(*l, n)
	}
	return nil
}

// First is what $server_name says.
func (l List) First() string {
	if len(l) == 0 {
		return ""
	}
	return strings.TrimPrefix(l[0].text, ".")
}

// Written returns the names as they were written.
func (l List) Written() []string {
	var list []string
	for _, n := range l {
		list = append(list, n.source)
	}
	return list
}

// capturing reports whether a name is a regular expression that keeps parts of
// the host.
func (l List) capturing() bool {
	return slices.ContainsFunc(l, func(n name) bool { return n.re != nil && n.re.NumCaptures() > 0 })
}

// Table fills the table of the servers that listen on an address, which text is
// its name: scopes are theirs, of says who they are, and names what they are
// called. A server that is alone takes everything, whatever its names are.
func Table[S any](t *hostnames.Servers[S], text string, scopes []*spec.Scope, of func(*spec.Scope) S, names func(*spec.Scope) List) error {
	if len(scopes) == 1 && !names(scopes[0]).capturing() {
		return nil
	}
	for _, s := range scopes {
		list := names(s)
		if len(list) == 0 {
			list = List{{at: s.At.Name.Pos}}
		}
		for _, n := range list {
			var taken hostnames.Conflict
			err := t.Add(of(s), n.text, text, n.re)
			switch {
			case err == nil:
			case errors.As(err, &taken):
				s.Diags().Warn(n.at, "name-conflict", "%v", err)
			default:
				return diag.Diagnostic{Severity: diag.Error, Code: "bad-name", Msg: err.Error()}
			}
		}
	}
	t.Ready()
	return nil
}
