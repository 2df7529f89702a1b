// Package referer tells requests whose Referer field names a site that it
// should not.
//
// https://nginx.org/en/docs/http/ngx_http_referer_module.html
package referer

import (
	"errors"
	"os"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/regex"
)

const blocks = spec.Server | spec.Location

// Module is ngx_http_referer_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_referer",
	Directives: []spec.Directive[conf]{{
		Name: "valid_referers", In: blocks, Args: spec.AtLeast(1),
		Syntax: "none | blocked | server_names | string …",
		Doc:    "Lists the Referer values with which $invalid_referer is empty.",
		Set:    spec.Fill(func(c *conf) *spec.Value[*sites] { return &c.sites }, addSites),
	}, {
		Name: "referer_hash_max_size", In: blocks, Args: spec.Exactly(1), Syntax: "size",
		Doc: "Sets the size of the hash tables of valid_referers.",
		Set: spec.Accept(noHash, spec.Scalar(func(c *conf) *spec.Value[int] { return &c.maxSize }, spec.Number, spec.Exactly(1), nil, number)),
	}, {
		Name: "referer_hash_bucket_size", In: blocks, Args: spec.Exactly(1), Syntax: "size",
		Doc: "Sets the size of a bucket of the hash tables of valid_referers.",
		Set: spec.Accept(noHash, spec.Scalar(func(c *conf) *spec.Value[int] { return &c.bucketSize }, spec.Number, spec.Exactly(1), nil, number)),
	}},
	Variables: []httpd.Variable{{
		Name: "invalid_referer", Doc: "“1” if the Referer field names a site that valid_referers does not list, else empty.",
		Changeable: true, Get: registry(nil).invalid,
	}},
	Location: (*conf).addTo,
}

const noHash = "the tables of sites need no tuning here"

type conf struct {
	sites      spec.Value[*sites]
	maxSize    spec.Value[int]
	bucketSize spec.Value[int]
}

func number(call *spec.Call) (int, error) {
	n, ok := spec.ParseNumber(call.Args[0].Text)
	if !ok {
		return 0, errors.New("invalid number")
	}
	return n, nil
}

// addSites reads the parameters of a valid_referers directive.
func addSites(to **sites, call *spec.Call) error {
	if *to == nil {
		*to = &sites{pos: call.Pos()}
	}
	s := *to
	for i, a := range call.Args {
		text := a.Text
		switch text {
		case "":
			return call.Errorf(i, `invalid referer ""`)
		case "none":
			s.none = true
			continue
		case "blocked":
			s.blocked = true
			continue
		case "server_names":
			s.serverNames = true
			continue
		case "~":
			return call.Errorf(i, `empty regex in "~"`)
		}
		if pattern, ok := strings.CutPrefix(text, "~"); ok {
			re, err := regex.Compile(pattern, regex.Options{CaseInsensitive: true})
			if err != nil {
				return call.Coded(i, "bad-regex", "%v", err)
			}
			s.regexes = append(s.regexes, re)
			continue
		}
		host, uri := text, ""
		if slash := strings.IndexByte(text, '/'); slash >= 0 {
			host, uri = text[:slash], text[slash:]
		}
		if err := s.hosts.Add(host, &site{uri}, true); err != nil {
			return call.Errorf(i, "%v", err)
		}
	}
	return nil
}

// addTo completes the sites of a location, and lets the variable find them.
func (c *conf) addTo(b *spec.Builder) error {
	s := c.sites.V
	if s == nil {
		return nil
	}
	g := spec.Result[registry](b.Scope)
	if g == nil {
		g = registry{}
		spec.SetResult(b.Scope, g)
		v, _, _ := b.Vars.Lookup("invalid_referer")
		v.Get = g.invalid
		if err := b.Vars.Declare(v); err != nil {
			return err
		}
	}
	g[b.Location] = s
	if s.complete {
		return nil // where it was given
	}
	s.complete = true
	if s.serverNames {
		if err := s.addServer(b.Srv.Names); err != nil {
			d := b.Errorf(s.pos, "server-names", "%v", err).(diag.Diagnostic)
			http := b.Scope
			for http.In != spec.HTTP {
				http = http.Parent
			}
			d.Line = http.At.Close.Line // nginx has come there by then
			return d
		}
	}
	if (s.none || s.blocked) && s.hosts.Len() == 0 {
		return b.Errorf(s.pos, "no-referer",
			`the "none" or "blocked" referers are specified in the "valid_referers" directive without any valid referer`)
	}
	return nil
}

// addServer adds the names of the server: "server_names".
func (s *sites) addServer(names []string) error {
	if len(names) == 0 {
		names = []string{""} // as nginx has it
	}
	for _, name := range names {
		if pattern, ok := strings.CutPrefix(name, "~"); ok {
			// An error has been reported by server_name.
			if re, err := regex.Compile(pattern, regex.Options{CaseInsensitive: pattern != strings.ToLower(pattern)}); err == nil {
				s.serverRegex = append(s.serverRegex, re)
			}
			continue
		}
		if name == "$hostname" {
			name, _ = os.Hostname()
		}
		if err := s.hosts.Add(name, &site{}, true); err != nil {
			return err
		}
	}
	return nil
}
