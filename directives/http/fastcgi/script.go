package fastcgi

import (
	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/regex"
)

// scripts are the directives about the name of the script.
var scripts = []spec.Directive[conf]{{
	Name: "fastcgi_index", In: anywhere, Syntax: "name",
	Doc: "Sets what $fastcgi_script_name has behind a URI that ends with a slash.",
	Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.index }),
}, {
	Name: "fastcgi_split_path_info", In: anywhere, Args: spec.Exactly(1), Syntax: "regex",
	Doc: "Splits the URI: the first capture is $fastcgi_script_name, the second $fastcgi_path_info.",
	Set: spec.Fill(func(c *conf) *spec.Value[split] { return &c.split }, setSplit).As(spec.Text),
}}

// A split is what fastcgi_split_path_info says.
type split struct{ re *regex.Regexp }

func setSplit(s *split, call *spec.Call) (err error) {
	pattern := call.Args[0].Text
	if s.re, err = regex.Compile(pattern, regex.Options{}); err != nil {
		return call.Coded(0, "bad-regex", "%v", err)
	}
	if s.re.NumCaptures() != 2 {
		return call.Errorf(0, `pattern "%s" must have 2 captures`, pattern)
	}
	return nil
}

var variables = []httpd.Variable{
	{
		Name: "fastcgi_script_name", Doc: "The URI, without what fastcgi_split_path_info takes away and with fastcgi_index added.",
		Volatile: true, Get: registry(nil).scriptName,
	},
	{
		Name: "fastcgi_path_info", Doc: "What fastcgi_split_path_info takes from the URI.",
		Volatile: true, Get: registry(nil).pathInfo,
	},
}

// A registry has the rules of the locations that have any.
type registry map[*httpd.Location]*script

// A script is how a location finds the name of the script.
type script struct {
	index string
	split *regex.Regexp // nil: the URI is not split
}

// whole is the rule of locations without one.
var whole = &script{}

func (g registry) at(r *httpd.Request) *script {
	if s := g[r.Loc]; s != nil {
		return s
	}
	return whole
}

// addScripts tells the variables what the location says of scripts.
func (c *conf) addScripts(b *spec.Builder) {
	if c.index.V == "" && c.split.V.re == nil {
		return
	}
	g := spec.Result[registry](b.Scope)
	if g == nil {
		g = registry{}
		spec.SetResult(b.Scope, g)
		get := map[string]func(*httpd.Request, string) ([]byte, bool){"fastcgi_script_name": g.scriptName, "fastcgi_path_info": g.pathInfo}
		for _, v := range variables {
			v.Get = get[v.Name]
			b.Vars.Builtin(v)
		}
	}
	g[b.Location] = &script{c.index.V, c.split.V.re}
}

func (g registry) scriptName(r *httpd.Request, _ string) ([]byte, bool) {
	s := g.at(r)
	name, _ := s.cut(r)
	if n := len(name); n == 0 || name[n-1] != '/' || s.index == "" {
		return name, true
	}
	return append(append(r.Alloc(len(name)+len(s.index)), name...), s.index...), true
}

func (g registry) pathInfo(r *httpd.Request, _ string) ([]byte, bool) {
	_, info := g.at(r).cut(r)
	return info, true
}

var nothing = []byte{}

// cut splits the URI of a request.
func (s *script) cut(r *httpd.Request) (name, info []byte) {
	if s.split == nil {
		return r.URI, nothing
	}
	caps, ok := r.Match(s.split, r.URI)
	if !ok {
		return r.URI, nothing
	}
	part := func(n int) []byte {
		if 2*n+1 >= len(caps) || caps[2*n] < 0 {
			return nothing
		}
		return r.URI[caps[2*n]:caps[2*n+1]]
	}
	if name = part(1); len(name) == 0 {
		return r.URI, nothing
	}
	return name, part(2)
}
