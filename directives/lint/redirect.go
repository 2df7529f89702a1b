package lint

import (
	"fmt"
	"net/url"
	"strings"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
)

// lostPort finds redirects that forget the port of the request, and redirects to a
// port of TLS on which nobody listens.
func lostPort(l *linter) {
	said := map[diag.Pos]bool{}
	for _, s := range l.servers {
		for _, d := range s.doors {
			if d.port() != "" && !d.addr.SSL && moves(s.scope) {
				l.redirects(witness{d, d.query("/")}, said)
			}
		}
	}
	for _, p := range l.places {
		if len(p.server.doors) == 0 || p.server.doors[0].port() == "" {
			continue
		}
		if moves(p.scope) {
			if w := l.proof(p); w != nil {
				l.redirects(*w, said)
			}
		}
		if p.loc.Slash && !p.loc.PortInRedirect && len(p.loc.Name) > 1 {
			d := p.server.doors[0]
			l.redirects(witness{d, d.query(escape(strings.TrimSuffix(p.loc.Name, "/")))}, said)
		}
	}
}

// moves reports whether a block may redirect.
func moves(s *spec.Scope) bool {
	if s.At == nil {
		return false
	}
	for _, d := range s.At.Block {
		if d.Err == nil && (d.Name.Text == "return" && strings.ContainsAny(arg(d, len(d.Args)-1), "/$") || d.Name.Text == "rewrite" || d.Name.Text == "if") {
			return true
		}
	}
	return false
}

// redirects asks for a witness and looks where it is sent.
func (l *linter) redirects(w witness, said map[diag.Pos]bool) {
	a, ok := l.ask(w)
	if !ok {
		return
	}
	to := headField(a.trace.Head, "location")
	u, err := url.Parse(to)
	if to == "" || err != nil || u.Host == "" || u.Port() != "" || !strings.EqualFold(u.Hostname(), w.door.host) {
		return
	}
	at, text := a.Request.Loc.Pos, ""
	for _, e := range a.trace.Events {
		if e.Name == "return" || e.Name == "rewrite" {
			at, text = e.Pos, e.Name
		}
	}
	d := diag.Diagnostic{Pos: at, Code: "lost-port"}
	switch tls := l.tlsPort(w.door.host); {
	case (u.Scheme == "https") == w.door.addr.SSL:
		d.Msg = fmt.Sprintf("redirect `Location: %s` loses the port %s of a request for %s%s", to, w.door.port(), w.query.Host, w.query.Target)
		d.Detail = "`absolute_redirect off;` keeps it"
		if text != "" {
			d.Detail = "write $http_host for $host, or a path alone and `absolute_redirect off;`"
		}
	case u.Scheme == "https" && tls != "":
		d.Msg = fmt.Sprintf("redirect `Location: %s` goes to port 443, and the servers of this configuration speak TLS on %s only", to, tls)
		d.Detail = fmt.Sprintf("write https://$host%s, unless port 443 is mapped to %s", tls, tls[1:])
	default:
		return
	}
	if !said[at] {
		said[at] = true
		l.hint(d)
	}
}

// tlsPort is the one port on which a host is served by TLS, ":8443"; "" if there is
// none, or 443 is among them.
func (l *linter) tlsPort(host string) string {
	port := ""
	for _, s := range l.servers {
		for _, d := range s.doors {
			switch {
			case !d.addr.SSL:
			case d.port() == "":
				return ""
			case strings.EqualFold(d.host, host) || !d.named:
				port = d.port()
			}
		}
	}
	return port
}

// headField is a field of a response head.
func headField(head []byte, name string) string {
	for line := range strings.SplitSeq(string(head), "\r\n") {
		if n, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(n, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// quoted is a directive in a message, with its line.
func quoted(d *parser.Directive) string {
	return fmt.Sprintf("`%s` at line %d", d.Written(), d.Name.Pos.Line)
}
