// Package securelink checks links that say for how long, and to whom, they are
// good, and that only who knows a secret can make.
//
// https://nginx.org/en/docs/http/ngx_http_secure_link_module.html
package securelink

import (
	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_secure_link_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_secure_link",
	Directives: []spec.Directive[conf]{{
		Name: "secure_link", In: anywhere, Args: spec.Exactly(1), Syntax: "expression",
		Doc: "Says where a request has its checksum, and behind a comma its last second.",
		Set: spec.Fill(where, func(to **link, call *spec.Call) error {
			return template(call, &own(to, call).sum)
		}).As(spec.Text),
	}, {
		Name: "secure_link_md5", In: anywhere, Args: spec.Exactly(1), Syntax: "expression",
		Doc: "Says what the checksum is the MD5 of.",
		Set: spec.Fill(where, func(to **link, call *spec.Call) error {
			return template(call, &own(to, call).of)
		}).As(spec.Text),
	}, {
		Name: "secure_link_secret", In: anywhere, Args: spec.Exactly(1), Syntax: "word",
		Doc: "Sets the secret of links of the form /prefix/hash/link.",
		Set: spec.Fill(where, func(to **link, call *spec.Call) error {
			l := own(to, call)
			if l.secret != nil {
				return spec.ErrDuplicate
			}
			l.secret = []byte(call.Args[0].Text)
			return nil
		}).As(spec.Text),
	}},
	Variables: []httpd.Variable{
		{
			Name: "secure_link", Doc: "“1”, or “0” if the link has expired, or what it links to; nothing if it is not good.",
			Get: none,
		}, {
			Name: "secure_link_expires", Doc: "The last second of a link.",
			Get: none, // until secure_link sets it
		},
	},
	Location: (*conf).addTo,
}

func none(*httpd.Request, string) ([]byte, bool) { return nil, false }

type conf struct{ link spec.Value[*link] }

func where(c *conf) *spec.Value[*link] { return &c.link }

// A link is what the directives of one block say.
type link struct {
	pos    diag.Pos
	sum    *httpd.Template // secure_link
	of     *httpd.Template // secure_link_md5
	secret []byte          // secure_link_secret
}

func own(to **link, call *spec.Call) *link {
	if *to == nil {
		*to = &link{pos: call.Pos()}
	}
	return *to
}

func template(call *spec.Call, to **httpd.Template) error {
	if *to != nil {
		return spec.ErrDuplicate
	}
	t, err := call.Template(0)
	*to = t
	return err
}

// resolve returns what is in force in a block: a secret, or an expression and
// what it is the sum of, each of which is inherited if the block has it not.
func resolve(s *spec.Scope) *link {
	l := spec.Conf[conf](s).link.V
	if l == nil || l.secret != nil || s.In == spec.HTTP {
		return l
	}
	outer := spec.Conf[conf](s.Parent).link.V
	if outer == nil {
		return l
	}
	if outer == l {
		return resolve(s.Parent)
	}
	outer = resolve(s.Parent)
	merged := *l
	if merged.sum == nil {
		merged.sum = outer.sum
	}
	if merged.of == nil {
		merged.of = outer.of
	}
	return &merged
}

// addTo lets the variables find what is in force in a location.
func (c *conf) addTo(b *spec.Builder) error {
	l := resolve(b.Scope)
	if l == nil {
		return nil
	}
	if l.secret != nil && (l.sum != nil || l.of != nil) {
		d := b.Errorf(l.pos, "mixed-links", `"secure_link_secret" cannot be mixed with "secure_link" and "secure_link_md5"`).(diag.Diagnostic)
		http := b.Scope
		for http.In != spec.HTTP {
			http = http.Parent
		}
		d.Line = http.At.Close.Line // nginx has come there by then
		return d
	}
	g := spec.Result[*checker](b.Scope)
	if g == nil {
		g = &checker{links: map[*httpd.Location]*link{}, expires: b.Vars.Index("secure_link_expires", l.pos)}
		spec.SetResult(b.Scope, g)
		v, _, _ := b.Vars.Lookup("secure_link")
		v.Get = g.check
		b.Vars.Builtin(v)
	}
	g.links[b.Location] = l
	return nil
}
