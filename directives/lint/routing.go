package lint

import (
	"fmt"
	"strings"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
)

// contents are the directives that say what a location answers with.
var contents = []string{"root", "alias", "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass", "return", "try_files"}

// answers describes what the requests of a block are answered with.
func (l *linter) answers(s *spec.Scope) string {
	var b strings.Builder
	for _, name := range contents {
		if d := l.given(s, name); d != nil {
			b.WriteString(d.Written() + ";")
		}
	}
	return b.String()
}

// refuses reports whether a location is there to keep clients out.
func refuses(s *spec.Scope) bool {
	status := arg(own(s, "return"), 0)
	return strings.HasPrefix(status, "4") || arg(own(s, "deny"), 0) == "all"
}

// shadowed finds regular expressions that take from prefix locations what these would
// answer otherwise.
func shadowed(l *linter) {
	for _, q := range l.places {
		if q.loc.Match != httpd.Regex || refuses(q.scope) || len(q.server.doors) == 0 {
			continue
		}
		var lines []string
		var d diag.Diagnostic
		for _, p := range l.siblings[q.scope.Parent] {
			if p.loc.Match != httpd.Prefix || len(p.loc.Name) < 2 || l.answers(q.scope) == l.answers(p.scope) {
				continue
			}
			target, ok := l.takes(q, p)
			if !ok {
				continue
			}
			at := p.scope.At.Args[len(p.scope.At.Args)-1]
			if d.Fix == nil {
				d = diag.Diagnostic{
					Pos: q.loc.Pos, Code: "regex-shadows-prefix",
					Msg: fmt.Sprintf("`%s` wins over `%s` at line %d for %s", q.title(), p.title(), p.loc.Pos.Line, target),
					Fix: &diag.Fix{Title: "make the prefixes win"},
				}
			}
			lines = append(lines, fmt.Sprintf("write `location ^~ %s` at line %d if the prefix should win for %s", p.loc.Name, p.loc.Pos.Line, target))
			d.Fix.Edits = append(d.Fix.Edits, diag.Insert(at.Pos, "^~ "))
		}
		if lines == nil {
			continue
		}
		if n := len(lines); n > 4 {
			lines = append(lines[:3], fmt.Sprintf("and %d more", n-3))
		}
		d.Detail = strings.Join(lines, "\n")
		l.hint(d)
	}
}

// takes asks the engine whether the expression of q gets a request that p would have.
func (l *linter) takes(q, p *place) (target string, ok bool) {
	tail, anchored, ok := sample(q.loc.Name)
	if !ok || anchored || strings.Contains(tail, strings.TrimSuffix(p.loc.Name, "/")) {
		return "", false // it means the prefix
	}
	target = escape(strings.TrimSuffix(p.loc.Name, "/") + "/app" + strings.TrimPrefix(tail, "/"))
	d := p.server.doors[0]
	a, ok := l.ask(witness{d, d.query(target)})
	return target, ok && a.found() == q.loc.Pos
}

// everything are the expressions that match each URI.
var everything = map[string]bool{
	".*": true, "^.*": true, "^.*$": true, ".*$": true, "^": true, "^/": true, "/": true, ".": true,
	"^/.*": true, "^/.*$": true, "/.*": true, "^(.*)$": true, "^/(.*)$": true, "(.*)": true, "^/(.*)": true,
}

// unreachable finds locations that no request ends in: an expression before them takes
// everything, or is the same.
func unreachable(l *linter) {
	for _, p := range l.places {
		if p.loc.Match > httpd.Regex || p.loc.Match == httpd.Exact || p.loc.Match == httpd.NoRegex || len(p.server.doors) == 0 || l.nests(p) {
			continue
		}
		after := false
		for _, q := range l.siblings[p.scope.Parent] {
			after = after || q == p
			same := q.loc.Name == p.loc.Name && q.loc.Modifier == p.loc.Modifier
			switch {
			case q == p || q.loc.Match != httpd.Regex, p.loc.Match == httpd.Regex && after,
				!everything[q.loc.Name] && !(same && p.loc.Match == httpd.Regex):
				continue
			}
			if target, ok := l.loses(p, q); ok {
				l.warn(diag.Diagnostic{
					Pos: p.loc.Pos, Code: "unreachable-location",
					Msg:    fmt.Sprintf("no request gets to `%s`: `%s` at line %d takes all of them, such as %s", p.title(), q.title(), q.loc.Pos.Line, target),
					Detail: "put the more special expression first, or use `^~` or `=`",
				})
				break
			}
		}
	}
}

// nests reports whether there are locations in p.
func (l *linter) nests(p *place) bool {
	for _, c := range p.scope.Children {
		if c.In == spec.Location {
			return true
		}
	}
	return false
}

// loses asks the engine about a request that p would have but for q.
func (l *linter) loses(p, q *place) (target string, ok bool) {
	d := p.server.doors[0]
	for _, target := range targets(p.loc) {
		if a, ok := l.ask(witness{d, d.query(target)}); ok && a.found() == q.loc.Pos {
			return target, true
		}
	}
	return "", false
}
