package lint

import (
	"cmp"
	"fmt"
	"slices"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
)

// parameters are the arguments that came later than their directive.
var parameters = []struct {
	directive, text string
	since           string
}{
	{"listen", "quic", "1.25.0"},
	{"server", "resolve", "1.27.3"},
	{"proxy_http_version", "2", "1.29.4"},
}

// laterThanTarget finds what the version of nginx that is meant does not know.
func laterThanTarget(l *linter) {
	var walk func(*spec.Scope)
	walk = func(s *spec.Scope) {
		for _, d := range s.Directives() {
			if d.Err != nil {
				continue
			}
			for _, e := range directives.Table.Lookup(d.Name.Text) {
				if e.In&s.In != 0 && e.Since != "" && l.older(e.Since) {
					d := diag.Diagnostic{
						Pos: d.Name.Pos, Severity: diag.Error, Code: "not-in-target",
						Msg: fmt.Sprintf("nginx %s does not know `%s`: it came with %s", l.version, e.Name, e.Since),
					}
					l.list = append(l.list, d)
				}
			}
			for _, p := range parameters {
				if p.directive != d.Name.Text || !l.older(p.since) || s.At != nil && p.directive == "server" && s.In&(spec.Upstream|spec.StreamUpstream) == 0 {
					continue
				}
				for _, a := range d.Args {
					if a.Text == p.text {
						l.list = append(l.list, diag.Diagnostic{
							Pos: a.Pos, Severity: diag.Error, Code: "not-in-target",
							Msg: fmt.Sprintf("nginx %s does not know `%s` of `%s`: it came with %s", l.version, p.text, p.directive, p.since),
						})
					}
				}
			}
		}
		for _, c := range s.Children {
			walk(c)
		}
	}
	walk(l.c.Main)
}

// needs finds the directive of a block that gives another one a meaning: without it,
// nobody minds what the default of that one is.
var needs = map[string]func(*spec.Scope) *parser.Directive{
	"proxy_http_version":  func(s *spec.Scope) *parser.Directive { return own(s, "proxy_pass") },
	"proxy_ssl_protocols": passesToTLS,
	"ssl_protocols":       listensWithTLS,
	"keepalive":           func(s *spec.Scope) *parser.Directive { return s.At },
}

func passesToTLS(s *spec.Scope) *parser.Directive {
	d := own(s, "proxy_pass")
	if u, ok := parsePassed(arg(d, 0)); !ok || u.scheme != "https" {
		return nil
	}
	return d
}

func listensWithTLS(s *spec.Scope) *parser.Directive {
	for d := range s.Named("listen") {
		if slices.ContainsFunc(d.Args, func(w parser.Word) bool { return w.Text == "ssl" }) {
			return d
		}
	}
	return nil
}

// otherDefaults finds defaults that are in force and differ between the version that is
// meant and the one this program stands in for.
func otherDefaults(l *linter) {
	blocks := l.blocks()
	for _, g := range l.groups() {
		if g.Explicit && g.Scope != nil {
			blocks = append(blocks, g.Scope)
		}
	}
	for _, e := range directives.Table.Entries() {
		there, need := e.DefaultFor(l.version), needs[e.Name]
		if there == e.Default || need == nil {
			continue
		}
		until := e.Was[len(e.Was)-1].Until
		for i := len(e.Was) - 1; i >= 0 && l.older(e.Was[i].Until); i-- {
			until = e.Was[i].Until
		}
		for _, s := range blocks {
			if e.In&s.In == 0 {
				continue
			}
			by := need(s)
			if f := s.Effect(e); by == nil || slices.ContainsFunc(f.Given, func(g spec.Given) bool { return g.Directive != nil }) {
				continue
			}
			l.hint(diag.Diagnostic{
				Pos: by.Name.Pos, Code: "default-differs",
				Msg:    fmt.Sprintf("the default of `%s` differs: %s in nginx %s, %s since %s", e.Name, cmp.Or(there, "none"), l.version, e.DefaultFor(until), until),
				Detail: consequences[e.Name],
			})
			break
		}
	}
}

// consequences say what a default that differs does.
var consequences = map[string]string{
	"proxy_http_version":  "there the upstream gets HTTP/1.0 with `Connection: close`; from 1.29.7 on HTTP/1.1 and connections that are used again",
	"proxy_ssl_protocols": "an upstream that speaks only the older versions of TLS, or only the newest, is reached by the one and not by the other",
	"ssl_protocols":       "clients that speak only the older versions of TLS, or only the newest, are served by the one and not by the other",
	"keepalive":           "there no connection to the servers is used again",
}

// Targets are the versions that a short name of a branch means: its last.
var Targets = map[string]string{
	"1.18": "1.18.0", "1.20": "1.20.2", "1.22": "1.22.1", "1.24": "1.24.0", "1.26": "1.26.3", "1.28": "1.28.0",
}
