package proxy

import (
	"bytes"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/regex"
)

var rewriting = []spec.Directive[conf]{{
	Name: "proxy_cookie_domain", In: anywhere, Args: spec.Between(1, 2), Syntax: "off | domain replacement",
	Doc: "Changes the domain attribute of Set-Cookie fields.",
	Set: spec.Fill(func(c *conf) *spec.Value[[]replacement] { return &c.domains }, addDomain),
}, {
	Name: "proxy_cookie_path", In: anywhere, Args: spec.Between(1, 2), Syntax: "off | path replacement",
	Doc: "Changes the path attribute of Set-Cookie fields.",
	Set: spec.Fill(func(c *conf) *spec.Value[[]replacement] { return &c.paths }, addPath),
}, {
	Name: "proxy_cookie_flags", Since: "1.19.3", In: anywhere, Args: spec.Between(1, 4), Syntax: "off | cookie [flag ...]",
	Doc: "Sets or removes flags of Set-Cookie fields.",
	Set: spec.Fill(func(c *conf) *spec.Value[[]cookieFlags] { return &c.flags }, addFlags),
}}

func addDomain(list *[]replacement, call *spec.Call) error {
	return addCookie(list, call, false)
}

func addPath(list *[]replacement, call *spec.Call) error {
	return addCookie(list, call, true)
}

func addCookie(list *[]replacement, call *spec.Call, sensitive bool) error {
	if len(call.Args) == 1 {
		if call.Args[0].Text != "off" {
			return call.Errorf(0, `invalid parameter "%s"`, call.Args[0].Text)
		}
		if *list != nil {
			return spec.ErrDuplicate
		}
		*list = []replacement{}
		return nil
	}
	x, err := parseReplacement(call, sensitive)
	if err != nil {
		return err
	}
	if !sensitive && x.prefix != nil { // a domain: a leading dot does not count
		if x.prefix, err = call.TemplateOf(strings.TrimPrefix(call.Args[0].Text, "."), 0); err != nil {
			return err
		}
	}
	if !sensitive && x.prefix != nil {
		if x.to, err = call.TemplateOf(strings.TrimPrefix(call.Args[1].Text, "."), 1); err != nil {
			return err
		}
	}
	*list = append(*list, x)
	return nil
}

// A cookieFlags is one proxy_cookie_flags directive.
type cookieFlags struct {
	name *httpd.Template
	re   *regex.Regexp // instead of name
	set  []*httpd.Template
}

type cookieFlag struct {
	text string // as it is added
	kind string // "secure", "httponly" or "samesite"
	on   bool
}

var knownFlags = map[string]cookieFlag{
	"secure": {"Secure", "secure", true}, "nosecure": {"", "secure", false},
	"httponly": {"HttpOnly", "httponly", true}, "nohttponly": {"", "httponly", false},
	"samesite=strict": {"SameSite=Strict", "samesite", true}, "samesite=lax": {"SameSite=Lax", "samesite", true},
	"samesite=none": {"SameSite=None", "samesite", true}, "nosamesite": {"", "samesite", false},
}

func addFlags(list *[]cookieFlags, call *spec.Call) error {
	if len(call.Args) == 1 {
		if call.Args[0].Text != "off" {
			return call.Errorf(0, `invalid parameter "%s"`, call.Args[0].Text)
		}
		*list = []cookieFlags{}
		return nil
	}
	var f cookieFlags
	var err error
	if pattern, ok := strings.CutPrefix(call.Args[0].Text, "~"); ok {
		f.re, err = call.Regex(pattern, 0, regex.Options{CaseInsensitive: true})
	} else {
		f.name, err = call.Template(0)
	}
	if err != nil {
		return err
	}
	for i := range call.Args[1:] {
		t, err := call.Template(i + 1)
		if err != nil {
			return err
		}
		f.set = append(f.set, t)
	}
	*list = append(*list, f)
	return nil
}

// rewriteCookie changes the attributes of one Set-Cookie field.
func (c *conf) rewriteCookie(r *httpd.Request, value []byte) ([]byte, bool) {
	parts := bytes.Split(value, []byte(";"))
	changed := false
	for i, p := range parts[1:] {
		attr := bytes.TrimLeft(p, " ")
		lead := p[:len(p)-len(attr)]
		key, val, has := bytes.Cut(attr, []byte("="))
		if !has {
			continue
		}
		var list []replacement
		switch {
		case header.EqualFold(key, []byte("domain")):
			list = c.domains.V
		case header.EqualFold(key, []byte("path")):
			list = c.paths.V
		}
		for j := range list {
			v, ok := list[j].cookie(r, val, header.EqualFold(key, []byte("domain")))
			if ok {
				parts[i+1] = bytes.Join([][]byte{lead, key, []byte("="), v}, nil)
				changed = true
				break
			}
		}
	}
	if f := c.flagsFor(r, parts[0]); f != nil {
		parts = f.apply(r, parts)
		changed = true
	}
	if !changed {
		return value, false
	}
	return r.Copy(bytes.Join(parts, []byte(";"))), true
}

// cookie applies x to an attribute. A domain is replaced as a whole.
func (x *replacement) cookie(r *httpd.Request, val []byte, domain bool) ([]byte, bool) {
	if !domain || x.re != nil {
		return x.apply(r, val)
	}
	plain := bytes.TrimPrefix(val, []byte("."))
	if !header.EqualFold(plain, r.Eval(x.prefix)) {
		return val, false
	}
	dot := val[:len(val)-len(plain)]
	return append(append([]byte{}, dot...), r.Eval(x.to)...), true
}

func (c *conf) flagsFor(r *httpd.Request, first []byte) *cookieFlags {
	name, _, _ := bytes.Cut(first, []byte("="))
	for i := range c.flags.V {
		f := &c.flags.V[i]
		if f.re != nil {
			if ok, err := r.Exec(f.re, r.Copy(name)); err == nil && ok {
				return f
			}
		} else if string(r.Eval(f.name)) == string(name) {
			return f
		}
	}
	return nil
}

func (f *cookieFlags) apply(r *httpd.Request, parts [][]byte) [][]byte {
	for _, t := range f.set {
		text := r.Eval(t)
		x, ok := knownFlags[strings.ToLower(string(text))]
		if !ok {
			r.Errorf(logs.Error, "undefined flag \"%s\" in proxy_cookie_flags", text)
			continue
		}
		out := parts[:1:1]
		for _, p := range parts[1:] {
			key, _, _ := bytes.Cut(bytes.TrimLeft(p, " "), []byte("="))
			if !header.EqualFold(key, []byte(x.kind)) {
				out = append(out, p)
			}
		}
		if x.on {
			out = append(out, []byte(" "+x.text))
		}
		parts = out
	}
	return parts
}
