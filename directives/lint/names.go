package lint

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"understudy/parser"
	"understudy/parser/diag"
)

// A use is a place where a host is named that is looked up once, when nginx starts.
type use struct {
	host  string
	port  string // "": none is written
	at    parser.Word
	block string // the upstream block it is a server of; "": it is passed to
}

// hosts are the uses of names in the http block, in the order of the text.
func (l *linter) hosts() []use {
	var out []use
	for _, g := range l.groups() {
		if !g.Explicit || g.Scope == nil || g.Scope.At == nil {
			continue
		}
		for _, d := range g.Scope.At.Block {
			if d.Err != nil || d.Name.Text != "server" || slices.ContainsFunc(d.Args, func(w parser.Word) bool { return w.Text == "resolve" }) {
				continue
			}
			if u, ok := parsePassed("http://" + arg(d, 0)); ok {
				out = append(out, use{u.host, u.port, d.Args[0], g.Name})
			}
		}
	}
	words(l.tree.Directives, func(d *parser.Directive, w parser.Word) {
		switch d.Name.Text {
		case "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass":
		default:
			return
		}
		text := w.Text
		if !strings.Contains(text, "://") {
			text = "http://" + text
		}
		if u, ok := parsePassed(text); ok && !strings.Contains(u.host+u.port, "$") && l.upstream(u.host) == nil && inHTTP(d) {
			out = append(out, use{u.host, u.port, w, ""})
		}
	})
	return slices.DeleteFunc(out, func(u use) bool {
		_, err := netip.ParseAddr(strings.Trim(u.host, "[]"))
		return err == nil || u.host == "" || strings.HasPrefix(u.host, "unix:")
	})
}

func inHTTP(d *parser.Directive) bool {
	for ; d != nil; d = d.Parent {
		if d.Name.Text == "stream" && d.Parent == nil {
			return false
		}
	}
	return true
}

// resolvedOnce finds names whose addresses are kept for the life of the process.
func resolvedOnce(l *linter) {
	said := map[string]bool{}
	for _, u := range l.hosts() {
		if u.host == "localhost" || said[u.host] {
			continue
		}
		said[u.host] = true
		fix := "write it with a variable and give a resolver: set $to http://" + u.host + "; proxy_pass $to;"
		if !l.older("1.27.3") {
			fix = fmt.Sprintf("in an upstream block with a zone: `server %s resolve;`, and a resolver around it", u.at.Text)
			if u.block == "" {
				fix = fmt.Sprintf("make it an upstream block with a zone and `server %s resolve;`, and give a resolver, or write it with a variable", u.host)
			}
		}
		l.hint(diag.Diagnostic{
			Pos: u.at.Pos, Code: "resolved-once",
			Msg:    fmt.Sprintf("`%s` is looked up once, when nginx starts: it answers 502 after that host has got another address", u.host),
			Detail: fix,
		})
	}
}

// localhost finds a name that has two addresses.
func localhost(l *linter) {
	for _, u := range l.hosts() {
		if u.host != "localhost" {
			continue
		}
		l.hint(diag.Diagnostic{
			Pos: u.at.Pos, Code: "localhost-addresses",
			Msg:    "`localhost` is ::1 as well as 127.0.0.1 on most machines: where only one listens, every other request is refused first",
			Detail: "write 127.0.0.1",
			Fix:    &diag.Fix{Title: "write 127.0.0.1", Edits: []diag.Edit{diag.Replace(u.at.Pos, u.at.Raw, strings.Replace(u.at.Raw, "localhost", "127.0.0.1", 1))}},
		})
	}
}

// likeUpstream finds hosts that are almost the name of an upstream block.
func likeUpstream(l *linter) {
	var names []string
	for _, g := range l.groups() {
		if g.Explicit {
			names = append(names, g.Name)
		}
	}
	for _, u := range l.hosts() {
		if u.block != "" || u.port != "" || strings.Contains(u.host, ".") || u.host == "localhost" {
			continue
		}
		near := nearest(u.host, names)
		if near == "" {
			continue
		}
		l.warn(diag.Diagnostic{
			Pos: u.at.Pos, Code: "like-upstream",
			Msg:    fmt.Sprintf("there is no upstream `%s`: nginx looks for a host of that name, and does not start without one", u.host),
			Detail: fmt.Sprintf("did you mean the upstream %q?", near),
			Fix:    &diag.Fix{Title: "write " + near, Edits: []diag.Edit{diag.Replace(u.at.Pos, u.at.Raw, strings.Replace(u.at.Raw, u.host, near, 1))}},
		})
	}
}

// noResolver finds names that nginx has to look up while it runs and cannot.
func noResolver(l *linter) {
	said := map[diag.Pos]bool{}
	for _, p := range l.places {
		d := l.given(p.scope, "proxy_pass")
		if !strings.Contains(arg(d, 0), "$") || said[d.Name.Pos] || l.proof(p) == nil {
			continue
		}
		a, ok := l.ask(*l.proof(p))
		if !ok {
			continue
		}
		for _, line := range a.log {
			_, rest, ok := strings.Cut(line, "no resolver defined to resolve ")
			if !ok {
				continue
			}
			host, _, _ := strings.Cut(rest, " ")
			said[d.Name.Pos] = true
			l.warn(diag.Diagnostic{
				Pos: d.Args[0].Pos, Code: "no-resolver",
				Msg: fmt.Sprintf("proxy_pass with variables needs a resolver for `%s`: nginx starts, and answers 502 to %s", host, l.proof(p).query.Target),
				Detail: "add `resolver ADDRESS;` (127.0.0.11 in a container of Docker), or an upstream block of that name\n" +
					"nginx asks only the resolver: /etc/hosts does not count here",
			})
			break
		}
	}
}

// serverNameIndication finds TLS connections to a host that do not say its name.
func serverNameIndication(l *linter) {
	said := map[diag.Pos]bool{}
	for _, p := range l.places {
		d := l.given(p.scope, "proxy_pass")
		u, ok := parsePassed(arg(d, 0))
		if !ok || u.scheme != "https" || strings.Contains(u.host, "$") || l.upstream(u.host) != nil || said[d.Name.Pos] {
			continue
		}
		if _, err := netip.ParseAddr(strings.Trim(u.host, "[]")); err == nil || u.host == "localhost" || !strings.Contains(u.host, ".") {
			continue
		}
		if f := p.scope.EffectOf("proxy_ssl_server_name"); !f.Default() {
			continue
		}
		said[d.Name.Pos] = true
		l.hint(diag.Diagnostic{
			Pos: d.Args[0].Pos, Code: "no-sni",
			Msg:    fmt.Sprintf("the TLS handshake with %s does not say its name (proxy_ssl_server_name is off by default): a host with several names may refuse it", u.host),
			Detail: "add `proxy_ssl_server_name on;`",
			Fix:    &diag.Fix{Title: "say the name", Edits: []diag.Edit{diag.Insert(d.Name.Pos, "proxy_ssl_server_name on;"+l.newLine(d))}},
		})
	}
}

// newLine is a line break and what stands before d in its line.
func (l *linter) newLine(d *parser.Directive) string {
	if blank := before(l.lines(d.Name.Pos.File), d.Name.Pos); d.Name.Pos.Line > 0 && strings.TrimSpace(blank) == "" {
		return "\n" + blank
	}
	return " "
}

// lines are those of a file, none if it is not at hand.
func (l *linter) lines(file string) []string {
	list, ok := l.texts[file]
	if !ok {
		list = linesOf(l.tree, file)
		l.texts[file] = list
	}
	return list
}

func linesOf(tree *parser.Tree, file string) []string {
	for _, f := range tree.Files {
		if f.Name == file {
			return strings.Split(string(f.Src), "\n")
		}
	}
	return nil
}

// before is what stands before a place in its line.
func before(lines []string, at diag.Pos) string {
	if at.Line < 1 || at.Line > len(lines) {
		return ""
	}
	line := lines[at.Line-1]
	return line[:min(max(at.Col-1, 0), len(line))]
}
