package proxy

import (
	"strconv"
	"strings"

	"understudy/directives/http/pass"
	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/resolver"
)

// A target is what proxy_pass says.
type target struct {
	url    string          // as written
	whole  *httpd.Template // of a URL with variables; nil otherwise
	scheme string          // "http://"
	host   string          // as the Host field has it
	port   string
	uri    string // behind host and port; "" if there is none
	name   string // the location's name that uri stands for
	start  string // scheme, host and port
	group  *spec.Group
}

var passTo = spec.Directive[conf]{
	Name: "proxy_pass", Names: spec.ServerAddress, In: passers, Args: spec.Exactly(1),
	Syntax: "URL",
	Doc:    "Sets the protocol and address of the server to pass requests to, and what replaces the location's name in the URI.",
	Set:    spec.Handler(func(c *conf) *spec.Value[*target] { return &c.pass }, parsePass),
}

func parsePass(call *spec.Call) (*target, error) {
	t := &target{url: call.Args[0].Text}
	if strings.Contains(t.url, "$") {
		whole, err := call.Template(0)
		if err != nil {
			return nil, err
		}
		t.whole = whole
		return t, nil
	}
	scheme, rest := cutScheme(t.url)
	if scheme == "" {
		return nil, call.Errorf(0, "invalid URL prefix")
	}
	t.scheme = scheme
	u, err := pass.ParseURL(rest, t.defaultPort(), true)
	if err != nil {
		return nil, call.Errorf(0, "%v", err)
	}
	t.setVars(u)
	t.start = string(t.appendBase(nil, u))
	if t.group, err = pass.UseGroup(call, u, rest, t.defaultPort()); err != nil {
		return nil, err
	}
	l, plain := locationName(call.Scope)
	if plain {
		t.name = l
	} else if t.uri != "" {
		return nil, call.Errorf(0, `"proxy_pass" cannot have URI part in location given by regular expression, or inside named location, or inside "if" statement, or inside "limit_except" block`)
	}
	return t, nil
}

// setVars sets what $proxy_host and $proxy_port say.
func (t *target) setVars(u resolver.URL) {
	t.uri = u.URI
	if strings.HasPrefix(t.uri, "?") {
		t.uri = "/" + t.uri
	}
	if u.Network == "unix" {
		t.host = "localhost"
		return
	}
	t.host, t.port = u.Host, strconv.Itoa(t.defaultPort())
	if !u.NoPort && u.Port != t.defaultPort() {
		t.host, t.port = u.Host+":"+u.PortText, u.PortText
	}
}

// appendBase appends scheme, host and port, as keys of a cache begin with them.
// (ngx_http_proxy_set_vars)
func (t *target) appendBase(dst []byte, u resolver.URL) []byte {
	dst = append(dst, t.scheme...)
	if u.Network == "unix" {
		return append(append(append(dst, "unix:"...), u.Host...), ':')
	}
	return append(dst, t.host...)
}

// locationName returns the name of the location s is, and whether it is one
// that a URI can stand for.
func locationName(s *spec.Scope) (string, bool) {
	if s.In != spec.Location {
		return "", false
	}
	args := s.At.Args
	name := args[len(args)-1].Text
	if len(args) == 2 {
		return name, !strings.HasPrefix(args[0].Text, "~")
	}
	switch {
	case strings.HasPrefix(name, "@"), strings.HasPrefix(name, "~"):
		return "", false
	case strings.HasPrefix(name, "="):
		return name[1:], true
	}
	return strings.TrimPrefix(name, "^~"), true
}

// cutScheme splits a URL behind "http://" or "https://", in any case.
func cutScheme(url string) (scheme, rest string) {
	for _, prefix := range []string{"http://", "https://"} {
		if rest, ok := cutPrefixFold(url, prefix); ok {
			return url[:len(prefix)], rest
		}
	}
	return "", url
}

// secure reports whether the target may be reached by TLS.
func (t *target) secure() bool { return t.whole != nil || t.defaultPort() == 443 }

// defaultPort is the default port of the target's scheme.
func (t *target) defaultPort() int {
	if len(t.scheme) == len("https://") {
		return 443
	}
	return 80
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}
