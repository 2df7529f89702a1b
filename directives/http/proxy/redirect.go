package proxy

import (
	"bytes"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/regex"
	"understudy/runtime/vars"
)

// A replacement changes the start, or what matches, of a value.
type replacement struct {
	prefix *httpd.Template
	re     *regex.Regexp
	to     *httpd.Template
}

// redirects are the proxy_redirect directives of a block.
type redirects struct {
	off  bool
	def  bool // "default" is among them, or there are none
	list []replacement
}

var headers = []spec.Directive[conf]{{
	Name: "proxy_redirect", In: anywhere, Args: spec.Between(1, 2), Syntax: "default | off | redirect replacement",
	Doc: "Changes the Location and Refresh fields of responses.",
	Set: spec.Fill(func(c *conf) *spec.Value[redirects] { return &c.redirects }, addRedirect),
}}

func addRedirect(rs *redirects, call *spec.Call) error {
	if rs.off {
		return spec.ErrDuplicate
	}
	if len(call.Args) == 1 {
		switch call.Args[0].Text {
		case "off":
			if len(rs.list) > 0 || rs.def {
				return spec.ErrDuplicate
			}
			rs.off = true
			return nil
		case "default":
			pass := spec.OwnConf[conf](call.Scope).pass
			switch {
			case !pass.Given():
				return call.Errorf(-1, `"proxy_redirect default" should be placed after the "proxy_pass" directive`)
			case pass.V.whole != nil:
				return call.Errorf(-1, `"proxy_redirect default" cannot be used with "proxy_pass" directive with variables`)
			}
			rs.def = true
			rs.list = append(rs.list, defaultRedirect(pass.V))
			return nil
		}
		return call.Errorf(0, `invalid parameter "%s"`, call.Args[0].Text)
	}
	x, err := parseReplacement(call, true)
	rs.list = append(rs.list, x)
	return err
}

// defaultRedirect replaces what proxy_pass says by what the location says.
func defaultRedirect(t *target) replacement {
	from, to := t.url, t.name
	if t.uri == "" {
		from, to = t.url+"/", "/"
	}
	return replacement{prefix: literal(from), to: literal(to)}
}

// parseReplacement reads "pattern replacement"; a pattern that begins with "~"
// is a regular expression.
func parseReplacement(call *spec.Call, sensitive bool) (x replacement, err error) {
	from := call.Args[0].Text
	if pattern, ok := strings.CutPrefix(from, "~"); ok {
		fold := !sensitive
		if rest, ok := strings.CutPrefix(pattern, "*"); ok && sensitive {
			pattern, fold = rest, true
		}
		if x.re, err = call.Regex(pattern, 0, regex.Options{CaseInsensitive: fold}); err != nil {
			return x, err
		}
	} else if x.prefix, err = call.Template(0); err != nil {
		return x, err
	}
	x.to, err = call.Template(1)
	return x, err
}

// apply changes value from offset on. It reports whether x applies.
func (x *replacement) apply(r *httpd.Request, value []byte) ([]byte, bool) {
	if x.re != nil {
		// The whole value is replaced, not only what matched.
		if ok, err := r.Exec(x.re, value); err != nil || !ok {
			return value, false
		}
		return r.Copy(r.Eval(x.to)), true
	}
	from := r.Eval(x.prefix)
	if !bytes.HasPrefix(value, from) {
		return value, false
	}
	to := r.Eval(x.to)
	return append(append(r.Alloc(len(to)+len(value)), to...), value[len(from):]...), true
}

// addRewrites gives the handler what changes response fields.
func (c *conf) addRewrites(h *handler) {
	list := c.redirects.V.list
	if c.redirects.V.off {
		list = nil
	} else if !c.redirects.Given() && h.target.whole == nil {
		list = []replacement{defaultRedirect(h.target)}
	}
	if len(list) > 0 {
		rewrite := func(r *httpd.Request, value []byte) ([]byte, bool) {
			for i := range list {
				if v, ok := list[i].apply(r, value); ok {
					return v, true
				}
			}
			return value, false
		}
		h.settings.Location = rewrite
		h.settings.Refresh = func(r *httpd.Request, value []byte) ([]byte, bool) {
			i := bytes.Index(bytes.ToLower(value), []byte("url="))
			if i < 0 {
				return value, false
			}
			url, ok := rewrite(r, value[i+4:])
			return append(append(r.Alloc(len(value)+len(url)), value[:i+4]...), url...), ok
		}
	}
	if len(c.domains.V)+len(c.paths.V)+len(c.flags.V) > 0 {
		h.settings.Cookie = c.rewriteCookie
	}
}

func literal(s string) *httpd.Template { return vars.Text[*httpd.Request](s) }
