package upstream

import (
	"fmt"
	"os"
	"strings"
	"time"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/gateway"
	peers "understudy/runtime/upstream"
	"understudy/runtime/vars"
	"understudy/runtime/zone"
)

// stickies is the directive of ngx_http_upstream_sticky_module.
var stickies = []spec.Directive[httpConf]{{
	Name: "sticky", In: spec.Upstream, Args: spec.AtLeast(2),
	Syntax: "cookie name [expires=time] [domain=domain] [httponly] [samesite=strict|lax|none|$variable] [secure] [path=path] | " +
		"route $variable ... | " +
		"learn create=$variable lookup=$variable zone=name:size [timeout=time] [header]",
	Doc: "Has the requests of a session go to one server, which a cookie, a variable or a session of the server's says.",
	Set: spec.Do(setSticky),
}}

func setSticky(c *httpConf, call *spec.Call) error {
	if c.hasSticky {
		return spec.ErrDuplicate
	}
	c.hasSticky = true
	s := &gateway.Sticky{}
	c.method.sticky = s
	switch kind := call.Args[0].Text; kind {
	case "cookie":
		return setCookie(s, call)
	case "route":
		for i, a := range call.Args[1:] {
			if !strings.HasPrefix(a.Text, "$") {
				return call.Errorf(i+1, `invalid variable name "%s"`, a.Text)
			}
			if err := addVariable(&s.Lookup, call, i+1, a.Text); err != nil {
				return err
			}
		}
		return nil
	case "learn":
		return setLearn(s, call)
	default:
		return call.Errorf(0, `unknown parameter "%s"`, kind)
	}
}

// addVariable adds the variable that text, of argument i, names.
func addVariable(list *[]vars.Index, call *spec.Call, i int, text string) error {
	if text == "$" {
		return call.Errorf(i, `invalid variable name "$"`)
	}
	*list = append(*list, call.Scope.Vars().Index(text[1:], call.Args[i].Pos))
	return nil
}

// duplicate is an error about a parameter of a cookie that is given twice.
func duplicate(key string) error { return fmt.Errorf(`parameter "%s" is duplicate`, key) }

func setCookie(s *gateway.Sticky, call *spec.Call) error {
	k := &gateway.StickyCookie{Name: call.Args[1].Text, Expires: -1}
	if k.Name == "" {
		return fmt.Errorf("empty cookie name")
	}
	s.Cookie = k
	given := map[string]bool{}
	for _, p := range call.Params(2) {
		var err error
		switch {
		case p.Has && (p.Key == "domain" || p.Key == "path" || p.Key == "expires" || p.Key == "samesite"),
			!p.Has && (p.Key == "httponly" || p.Key == "secure"):
			if given[p.Key] {
				return duplicate(p.Key)
			}
			given[p.Key] = true
			err = setAttribute(k, call, p)
		default:
			err = call.Errorf(p.Arg, `unknown parameter "%s"`, call.Args[p.Arg].Text)
		}
		if err != nil {
			return err
		}
	}
	return addVariable(&s.Lookup, call, 1, "$cookie_"+k.Name)
}

func setAttribute(k *gateway.StickyCookie, call *spec.Call, p spec.Param) (err error) {
	if p.Val == "" && (p.Key == "domain" || p.Key == "path") {
		return fmt.Errorf(`no value for "%s"`, p.Key)
	}
	switch p.Key {
	case "domain":
		k.Domain, err = call.TemplateOf(p.Val, p.Arg)
	case "path":
		k.Path = p.Val
	case "expires":
		ok := true
		if k.Expires = gateway.MaxExpires; p.Val != "max" {
			k.Expires, ok = spec.ParseTime(p.Val, false)
		}
		if !ok {
			return fmt.Errorf(`invalid "expires" parameter value`)
		}
	case "httponly":
		k.HTTPOnly = true
	case "secure":
		k.Secure = true
	case "samesite":
		if k.SameSite, err = call.TemplateOf(p.Val, p.Arg); err != nil {
			return err
		}
		if v, ok := k.SameSite.Literal(); ok && !gateway.ValidSameSite(v) {
			return fmt.Errorf(`invalid "samesite" parameter value`)
		}
	}
	return err
}

// learned are the zones of sessions of a configuration, with the groups that
// they serve.
type learned map[string]string

// A sessionZone is what a zone of sessions holds.
type sessionZone struct {
	*peers.Sessions
	group string // whose sessions they are
}

func setLearn(s *gateway.Sticky, call *spec.Call) error {
	var size int64
	for _, p := range call.Params(1) {
		word := call.Args[p.Arg].Text
		switch {
		case p.Key == "zone" && p.Has:
			if size != 0 {
				return fmt.Errorf("duplicate zone")
			}
			var err error
			if s.Zone, size, err = parseZone(p.Val); err != nil {
				return err
			}
		case p.Key == "timeout" && p.Has:
			if s.Timeout != 0 {
				return fmt.Errorf("duplicate timeout")
			}
			var ok bool
			if s.Timeout, ok = spec.ParseTime(p.Val, true); !ok || s.Timeout == 0 {
				return fmt.Errorf("invalid timeout")
			}
		case (p.Key == "create" || p.Key == "lookup") && p.Has:
			if !strings.HasPrefix(p.Val, "$") {
				return fmt.Errorf(`missing variable in the "%s" parameter`, p.Key)
			}
			list := &s.Create
			if p.Key == "lookup" {
				list = &s.Lookup
			}
			if err := addVariable(list, call, p.Arg, p.Val); err != nil {
				return err
			}
		case word == "header":
			s.AfterHeader = true
		default:
			return call.Errorf(p.Arg, `unknown parameter "%s"`, word)
		}
	}
	switch {
	case len(s.Lookup) == 0:
		return fmt.Errorf(`"lookup" parameter is not specified`)
	case len(s.Create) == 0:
		return fmt.Errorf(`"create" parameter is not specified`)
	case size == 0:
		return fmt.Errorf(`"zone" parameter is not specified`)
	case s.Timeout == 0:
		s.Timeout = 10 * time.Minute
	}
	return openSessions(s, call, size)
}

func parseZone(text string) (name string, size int64, err error) {
	name, n, ok := strings.Cut(text, ":")
	switch {
	case !ok:
		return "", 0, fmt.Errorf("zone size is not specified")
	case name == "":
		return "", 0, fmt.Errorf("zone name is not specified")
	}
	if size, ok = spec.ParseSize(n, false); !ok {
		return "", 0, fmt.Errorf("invalid zone size")
	}
	if size < int64(8*os.Getpagesize()) {
		return "", 0, fmt.Errorf("zone is too small")
	}
	return name, size, nil
}

// openSessions finds the sessions of the configuration before, or makes new
// ones. One zone serves one group.
func openSessions(s *gateway.Sticky, call *spec.Call, size int64) error {
	group := call.Scope.At.Args[0].Text
	z, err := zone.Open(call.Zones(), "http upstream sticky", s.Zone, size, func() *sessionZone {
		return &sessionZone{peers.NewSessions(size), group}
	})
	if err != nil {
		return call.Errorf(-1, "%v", err)
	}
	zones := spec.Result[learned](call.Scope)
	if zones == nil {
		zones = learned{}
		spec.SetResult(call.Scope, zones)
	}
	if other, used := zones[s.Zone]; used {
		return call.Errorf(-1, `sticky zone "%s" is already used in upstream "%s"`, s.Zone, other)
	}
	zones[s.Zone] = group
	if z.group != group {
		return diag.Diagnostic{Pos: call.Pos(), Severity: diag.Error, Code: "zone-group", Msg: fmt.Sprintf(
			`sticky zone "%s" is used in upstream "%s" while previously it was used in upstream "%s"`, s.Zone, group, z.group)}
	}
	s.Sessions = z.Sessions
	return nil
}
