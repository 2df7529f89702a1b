package lint

import (
	"fmt"

	"understudy/directives"
	"understudy/directives/spec"
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

// needs says which directive gives another one a meaning: without it, nobody minds what
// its default is.
var needs = map[string]string{
	"proxy_http_version": "proxy_pass", "proxy_ssl_protocols": "proxy_pass", "keepalive": "",
}

// otherDefaults finds defaults that are in force and differ between the version that is
// meant and the one this program stands in for.
func otherDefaults(l *linter) {
	for _, e := range directives.Table.Entries() {
		there := e.DefaultFor(l.version)
		if there == e.Default {
			continue
		}
		until := e.Was[len(e.Was)-1].Until
		for i := len(e.Was) - 1; i >= 0 && l.older(e.Was[i].Until); i-- {
			until = e.Was[i].Until
		}
		for _, s := range l.blocks() {
			use, ok := needs[e.Name]
			if !ok || e.In&s.In == 0 || own(s, use) == nil {
				continue
			}
			if f := s.Effect(e); !f.Default() {
				continue
			}
			l.hint(diag.Diagnostic{
				Pos: own(s, use).Name.Pos, Code: "default-differs",
				Msg:    fmt.Sprintf("the default of `%s` differs: %s in nginx %s, %s since %s", e.Name, or(there, "none"), l.version, e.Default, until),
				Detail: consequences[e.Name],
			})
			break
		}
	}
}

// consequences say what a default that differs does.
var consequences = map[string]string{
	"proxy_http_version": "there the upstream gets HTTP/1.0 with `Connection: close`; from 1.29.7 on HTTP/1.1 and connections that are used again",
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Targets are the versions that a short name of a branch means: its last.
var Targets = map[string]string{
	"1.18": "1.18.0", "1.20": "1.20.2", "1.22": "1.22.1", "1.24": "1.24.0", "1.26": "1.26.3", "1.28": "1.28.0",
}
