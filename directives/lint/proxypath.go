package lint

import (
	"fmt"
	"strings"

	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
)

// A passed is a URL of proxy_pass in its parts.
type passed struct{ scheme, host, port, uri string }

// parsePassed splits a URL; ok is false for unix sockets and for what begins with a
// variable.
func parsePassed(text string) (u passed, ok bool) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || strings.HasPrefix(rest, "unix:") {
		return u, false
	}
	u.scheme = strings.ToLower(scheme)
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		rest, u.uri = rest[:i], rest[i:]
	}
	u.host = rest
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasSuffix(rest, "]") {
		u.host, u.port = rest[:i], rest[i+1:]
	}
	return u, true
}

// prefixPass is the proxy_pass of a prefix location itself.
func prefixPass(p *place) *parser.Directive {
	if p.loc.Match > httpd.NoRegex || p.loc.Name == "" || len(p.server.doors) == 0 {
		return nil
	}
	return own(p.scope, "proxy_pass")
}

// joinedPath finds a slash at the end of a location and not of its proxy_pass, or the
// other way round.
func joinedPath(l *linter) {
	for _, p := range l.places {
		d := prefixPass(p)
		u, ok := parsePassed(arg(d, 0))
		if !ok || u.uri == "" || strings.ContainsAny(arg(d, 0), "$?") {
			continue
		}
		last := u.uri[len(u.uri)-1]
		inner, outer := strings.HasSuffix(p.loc.Name, "/"), last == '/'
		switch {
		case inner == outer:
			continue
		case inner && (!wordly(last) || strings.Contains(u.uri[strings.LastIndexByte(u.uri, '/'):], ".")):
			continue // it may be meant to be joined
		}
		table, bad := l.mapping(p, p.loc.Name, strings.TrimSuffix(p.loc.Name, "/")+"/users", strings.TrimSuffix(p.loc.Name, "/")+"/users?id=1")
		if len(bad) < 2 {
			continue
		}
		want := strings.TrimSuffix(u.uri, "/") + "/users"
		if bad[1] == want {
			continue
		}
		found := diag.Diagnostic{
			Pos: d.Args[0].Pos, Code: "joined-path",
			Msg:    fmt.Sprintf("`%s` and `%s`: %s/users becomes %s", p.title(), d.Written(), strings.TrimSuffix(p.loc.Name, "/"), bad[1]),
			Detail: "add the trailing slash on both or on neither\n" + table,
			Fix:    &diag.Fix{Title: "write a slash on both"},
		}
		if outer {
			found.Fix.Edits = []diag.Edit{withSlash(p.scope.At.Args[len(p.scope.At.Args)-1])}
			l.hint(found)
			continue
		}
		found.Fix.Edits = []diag.Edit{withSlash(d.Args[0])}
		l.warn(found)
	}
}

// withSlash adds a slash at the end of a word, within its quotation marks if it has them.
func withSlash(w parser.Word) diag.Edit {
	end := len(w.Raw)
	if strings.ContainsAny(w.Raw[:1], `"'`) {
		end--
	}
	return diag.Replace(w.Pos, w.Raw, w.Raw[:end]+"/"+w.Raw[end:])
}

// wordly reports whether a byte is a letter or digit.
func wordly(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// mapping asks the engine what becomes of request targets at a place, and returns a
// table of it, and what it became.
func (l *linter) mapping(p *place, from ...string) (table string, to []string) {
	d := p.server.doors[0]
	var lines []string
	for _, target := range from {
		a, ok := l.ask(witness{d, d.query(target)})
		if !ok || a.found() != p.loc.Pos || a.trace.Location != p.loc {
			return "", nil
		}
		got, _, ok := a.upstream()
		if !ok {
			return "", nil
		}
		to = append(to, got)
		lines = append(lines, fmt.Sprintf("  %-20s → %s", target, got))
	}
	return strings.Join(lines, "\n"), to
}

// replacedURI finds a proxy_pass whose variables make it replace the whole URI, where
// a location without them would keep what follows its name.
func replacedURI(l *linter) {
	for _, p := range l.places {
		d := prefixPass(p)
		text := arg(d, 0)
		if !strings.Contains(text, "$") {
			continue
		}
		base := strings.TrimSuffix(p.loc.Name, "/")
		table, to := l.mapping(p, base+"/one", base+"/two")
		if len(to) < 2 || to[0] != to[1] {
			continue
		}
		l.hint(diag.Diagnostic{
			Pos: d.Args[0].Pos, Code: "replaced-uri",
			Msg:    fmt.Sprintf("all requests of `%s` become %s: with variables the URI in proxy_pass replaces the whole one", p.title(), to[0]),
			Detail: "write $request_uri behind it, or a rewrite … break before it and no URI\n" + table,
		})
	}
}
