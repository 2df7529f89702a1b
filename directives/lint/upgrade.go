package lint

import (
	"fmt"
	"slices"
	"strings"

	"understudy/parser"
	"understudy/parser/diag"
)

// The fields of a request for a WebSocket (RFC 6455 section 4.1).
var webSocket = [][2]string{
	{"Connection", "Upgrade"}, {"Upgrade", "websocket"},
	{"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
}

// sockets are the parts of paths under which people put nothing but WebSockets.
var sockets = []string{"ws", "wss", "websocket", "websockets", "socket.io", "sockjs-node", "cable", "webpack-hmr"}

// looksLikeSocket reports whether the name of a location has one of them.
func looksLikeSocket(name string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(name, func(c rune) bool { return c == '/' || c == '^' || c == '$' || c == '(' || c == ')' }),
		func(part string) bool { return slices.Contains(sockets, part) })
}

// upgrades asks what an upstream gets of a request for a WebSocket, and of another.
func upgrades(l *linter) {
	said := map[diag.Pos]bool{}
	for _, p := range l.places {
		d := l.given(p.scope, "proxy_pass")
		if d == nil || l.proof(p) == nil {
			continue
		}
		line := l.setsUpgrade(p)
		if line == nil && !looksLikeSocket(p.loc.Name) {
			continue
		}
		_, fields, ok := l.asks(p, webSocket...)
		if !ok || said[d.Name.Pos] {
			continue
		}
		said[d.Name.Pos] = true
		if missing := lacks(fields); missing != nil {
			at := d.Name.Pos
			if line != nil {
				at = line.Name.Pos
			}
			l.warn(diag.Diagnostic{
				Pos: at, Code: "upgrade-not-forwarded",
				Msg:    fmt.Sprintf("the upgrade to WebSocket is not forwarded from `%s`: the upstream gets %s", p.title(), gets(fields)),
				Detail: "add: " + strings.Join(missing, " ") + "\nwith, in http {}: " + connectionUpgrade,
			})
			continue
		}
		_, plain, ok := l.asks(p)
		connection, _ := field(plain, "connection")
		if _, upgrade := field(plain, "upgrade"); ok && !upgrade && strings.EqualFold(connection, "upgrade") {
			l.hint(diag.Diagnostic{
				Pos: l.sets(p, "Connection"), Code: "upgrade-always",
				Msg:    fmt.Sprintf("each request to `%s` is sent with `Connection: %s`, also those that upgrade to nothing: some upstreams refuse that, and no connection is used again", p.title(), connection),
				Detail: "use a map in http {}: " + connectionUpgrade + "\nand here: proxy_set_header Connection $connection_upgrade;",
			})
		}
	}
}

// setsUpgrade is the line that passes the field on, or nil.
func (l *linter) setsUpgrade(p *place) *parser.Directive {
	for _, g := range p.scope.EffectOf("proxy_set_header").Given {
		if g.Directive != nil && strings.EqualFold(arg(g.Directive, 0), "Upgrade") && arg(g.Directive, 1) != "" {
			return g.Directive
		}
	}
	return nil
}

// sets is where a field of requests is set in force at a place.
func (l *linter) sets(p *place, name string) diag.Pos {
	for _, g := range p.scope.EffectOf("proxy_set_header").Given {
		if g.Directive != nil && strings.EqualFold(arg(g.Directive, 0), name) {
			return g.Pos()
		}
	}
	return p.loc.Pos
}

// lacks are the lines that are missing for a request to be an upgrade.
func lacks(fields [][2]string) (lines []string) {
	if v, _ := field(fields, version); v != "HTTP/1.1" {
		lines = append(lines, "proxy_http_version 1.1;")
	}
	if v, _ := field(fields, "upgrade"); !strings.EqualFold(v, "websocket") {
		lines = append(lines, "proxy_set_header Upgrade $http_upgrade;")
	}
	if v, _ := field(fields, "connection"); !strings.Contains(strings.ToLower(v), "upgrade") {
		lines = append(lines, "proxy_set_header Connection $connection_upgrade;")
	}
	return lines
}

// gets describes what the upstream sees of an upgrade.
func gets(fields [][2]string) string {
	v, _ := field(fields, version)
	parts := []string{v}
	for _, name := range []string{"Upgrade", "Connection"} {
		if v, ok := field(fields, strings.ToLower(name)); ok {
			parts = append(parts, fmt.Sprintf("`%s: %s`", name, v))
		} else {
			parts = append(parts, "no "+name)
		}
	}
	return parts[0] + ", " + parts[1] + " and " + parts[2]
}

// upgradeTimeout finds tunnels that end after a minute of silence because nobody has
// said anything else.
func upgradeTimeout(l *linter) {
	said := map[diag.Pos]bool{}
	for _, p := range l.places {
		d := l.given(p.scope, "proxy_pass")
		if d == nil || l.proof(p) == nil || l.setsUpgrade(p) == nil || said[d.Name.Pos] {
			continue
		}
		if f := p.scope.EffectOf("proxy_read_timeout"); !f.Default() {
			continue
		}
		_, fields, ok := l.asks(p, webSocket...)
		if !ok || lacks(fields) != nil {
			continue
		}
		said[d.Name.Pos] = true
		l.hint(diag.Diagnostic{
			Pos: d.Name.Pos, Code: "upgrade-timeout",
			Msg:    fmt.Sprintf("a WebSocket through `%s` is closed after 60s without data from the upstream: proxy_read_timeout has its default", p.title()),
			Detail: "add `proxy_read_timeout 1h;`, or let the application ping more often",
			Fix:    &diag.Fix{Title: "wait for an hour", Edits: []diag.Edit{diag.Insert(d.Name.Pos, "proxy_read_timeout 1h;"+l.newLine(d))}},
		})
	}
}
