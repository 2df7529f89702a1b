package lint

import (
	"fmt"
	"strings"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
)

// hostField finds upstreams that see another Host than the client wrote.
func hostField(l *linter) {
	said := map[diag.Pos]bool{}
	for _, p := range l.places {
		d := l.given(p.scope, "proxy_pass")
		if d == nil {
			continue
		}
		u, _ := parsePassed(arg(d, 0))
		line := setHost(p.scope.EffectOf("proxy_set_header"))
		if line == nil && l.upstream(u.host) == nil || line != nil && arg(line, 1) == "$http_host" {
			continue // no request could show anything
		}
		_, fields, ok := l.asks(p)
		host, _ := field(fields, "host")
		if !ok {
			continue
		}
		switch {
		case line == nil:
			if host != u.host || said[d.Name.Pos] || l.discards(p.scope, "Host") {
				continue
			}
			said[d.Name.Pos] = true
			l.hint(diag.Diagnostic{
				Pos: d.Args[0].Pos, Code: "upstream-host-name",
				Msg:    fmt.Sprintf("the upstream will see `Host: %s`, which is the name of the upstream block", host),
				Detail: "set `proxy_set_header Host $host;`, or $http_host, which keeps the port",
			})
		case l.proof(p).door.port() != "" && host == l.proof(p).door.host && !said[line.Name.Pos]:
			said[line.Name.Pos] = true
			found := diag.Diagnostic{
				Pos: line.Args[1].Pos, Code: "host-without-port",
				Msg:    fmt.Sprintf("the upstream will see `Host: %s` for a request to %s: `%s` drops the port", host, l.proof(p).query.Host, arg(line, 1)),
				Detail: "$http_host keeps it: applications make links and compare origins with it",
			}
			if arg(line, 1) == "$host" {
				found.Fix = &diag.Fix{Title: "write $http_host", Edits: []diag.Edit{diag.Replace(line.Args[1].Pos, line.Args[1].Raw, "$http_host")}}
			}
			l.hint(found)
		}
	}
}

// setHost is the line among those in force that sets Host, or nil.
func setHost(f spec.Effect) *parser.Directive {
	for _, g := range f.Given {
		if g.Directive != nil && strings.EqualFold(arg(g.Directive, 0), "Host") {
			return g.Directive
		}
	}
	return nil
}

// discards reports whether a line about a field is lost for a block.
func (l *linter) discards(s *spec.Scope, name string) bool {
	for _, x := range s.EffectOf("proxy_set_header").Lost {
		if strings.EqualFold(arg(x.Directive, 0), name) {
			return true
		}
	}
	return false
}

// upstream is the upstream block of a name, or nil.
func (l *linter) upstream(name string) *spec.Group {
	for _, g := range l.groups() {
		if g.Explicit && strings.EqualFold(g.Name, name) {
			return g
		}
	}
	return nil
}

// groups are the upstreams of the http block.
func (l *linter) groups() []*spec.Group {
	if len(l.servers) == 0 {
		return nil
	}
	return l.servers[0].scope.Upstreams()
}

// overwrittenScheme finds an X-Forwarded-Proto that a proxy in front has set and that is
// overwritten with the scheme of the last connection. Only a configuration that says in
// another place that there is such a proxy is told.
func overwrittenScheme(l *linter) {
	behind := ""
	words(l.tree.Directives, func(d *parser.Directive, w parser.Word) {
		if d.Name.Text == "set_real_ip_from" || strings.Contains(w.Text, "$http_x_forwarded_proto") {
			behind = quoted(d)
		}
	})
	if behind == "" {
		return
	}
	said := map[diag.Pos]bool{}
	for _, p := range l.places {
		_, fields, ok := l.asks(p, [2]string{"X-Forwarded-Proto", "https"})
		value, _ := field(fields, "x-forwarded-proto")
		if !ok || value != "http" {
			continue
		}
		for _, g := range p.scope.EffectOf("proxy_set_header").Given {
			if g.Directive == nil || !strings.EqualFold(arg(g.Directive, 0), "X-Forwarded-Proto") || said[g.Pos()] {
				continue
			}
			said[g.Pos()] = true
			l.hint(diag.Diagnostic{
				Pos: g.Directive.Args[1].Pos, Code: "scheme-overwritten",
				Msg: "`X-Forwarded-Proto: https` of a proxy in front becomes `http` here: applications then redirect to https for ever",
				Detail: "there is such a proxy, says " + behind + "; pass its word on with a map:\n" +
					"  map $http_x_forwarded_proto $forwarded_proto { default $http_x_forwarded_proto; '' $scheme; }",
			})
		}
	}
}
