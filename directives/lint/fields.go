package lint

import (
	"fmt"
	"slices"
	"strings"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
)

// guards are the fields of responses that nobody gives up on purpose.
var guards = []string{
	"content-security-policy", "strict-transport-security", "x-frame-options", "x-content-type-options", "referrer-policy", "permissions-policy",
}

// A loss is a list of a directive that one block discards.
type loss struct {
	effect spec.Effect
	scope  *spec.Scope
	by     *parser.Directive
	lines  []*parser.Directive // those that nothing in the block takes the place of
	names  []string            // their first arguments
}

// A discarder is a block that hides lists of the blocks around it.
type discarder struct {
	scope   *spec.Scope
	effects []spec.Effect
}

// discarding are the blocks that do so, in the order of the text, but for those that
// only return something.
func (l *linter) discarding() []discarder {
	if l.discarders != nil {
		return l.discarders
	}
	l.discarders = []discarder{}
	for _, s := range l.blocks() {
		if s.In == spec.HTTP || s.At == nil || own(s, "return") != nil && s.In != spec.Server {
			continue
		}
		if fs := s.Discards(); len(fs) > 0 {
			l.discarders = append(l.discarders, discarder{s, fs})
		}
	}
	return l.discarders
}

// losses returns what blocks discard of a directive.
func (l *linter) losses(name string) []loss {
	var out []loss
	for _, b := range l.discarding() {
		s := b.scope
		for _, f := range b.effects {
			if f.Entry.Name != name {
				continue
			}
			x := loss{effect: f, scope: s}
			kept := map[string]bool{}
			for _, g := range f.Given {
				kept[strings.ToLower(arg(g.Directive, 0))] = true
			}
			for _, lost := range f.Discarded(s) {
				key := arg(lost.Directive, 0)
				if lost.Directive == nil || kept[strings.ToLower(key)] || slices.ContainsFunc(x.names, func(n string) bool { return strings.EqualFold(n, key) }) {
					continue
				}
				x.by = lost.By.Directive
				x.lines, x.names = append(x.lines, lost.Directive), append(x.names, key)
			}
			if x.by != nil {
				out = append(out, x)
			}
		}
	}
	return out
}

// copies are the lost lines as they would have to be repeated.
func (x *loss) copies() string {
	var b strings.Builder
	for _, d := range x.lines {
		fmt.Fprintf(&b, "\n  %s;", d.Written())
	}
	return b.String()
}

// repeat is the fix that writes the lost lines again.
func (l *linter) repeat(x *loss) *diag.Fix {
	text := ""
	for _, d := range x.lines {
		text += d.Written() + ";" + l.newLine(x.by)
	}
	return &diag.Fix{Title: "repeat the lines that are lost", Edits: []diag.Edit{diag.Insert(x.by.Name.Pos, text)}}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// discardedFields finds blocks in which one add_header discards all of those around it.
func discardedFields(l *linter) {
	for _, x := range l.losses("add_header") {
		if l.present(x) {
			continue
		}
		d := diag.Diagnostic{
			Pos: x.by.Name.Pos, Code: "fields-discarded",
			Msg: fmt.Sprintf("`add_header %s` here discards %s: %s", arg(x.by, 0), plural(len(x.names), "inherited field", "inherited fields"), strings.Join(x.names, ", ")),
			Fix: l.repeat(&x),
		}
		if l.older("1.29.3") {
			d.Detail = "a block inherits add_header only if it has none itself; repeat them:" + x.copies()
		} else {
			d.Detail = "a block inherits add_header only if it has none itself; add `add_header_inherit merge;`, or repeat them:" + x.copies()
			d.Fix = &diag.Fix{Title: "inherit them", Edits: []diag.Edit{diag.Insert(x.by.Name.Pos, "add_header_inherit merge;"+l.newLine(x.by))}}
		}
		if slices.ContainsFunc(x.names, func(n string) bool { return slices.Contains(guards, strings.ToLower(n)) }) {
			l.warn(d)
			continue
		}
		l.hint(d)
	}
}

// present asks the engine whether a response of the block has a field that should be lost.
func (l *linter) present(x loss) bool {
	for _, p := range l.places {
		if p.scope != x.scope || l.proof(p) == nil {
			continue
		}
		a, ok := l.ask(*l.proof(p))
		if !ok || a.trace.Location != p.loc {
			return false
		}
		for _, f := range a.trace.Fields {
			if slices.ContainsFunc(x.names, func(n string) bool { return strings.EqualFold(n, f.Name) }) {
				return true
			}
		}
	}
	return false
}

// notAlways finds permissions for other origins that errors do not have.
func notAlways(l *linter) {
	for _, s := range l.blocks() {
		if s.At == nil || own(s, "return") != nil {
			continue
		}
		for _, d := range s.At.Block {
			if d.Err != nil || d.Name.Text != "add_header" || !strings.EqualFold(arg(d, 0), "Access-Control-Allow-Origin") || len(d.Args) != 2 {
				continue
			}
			l.hint(diag.Diagnostic{
				Pos: d.Name.Pos, Code: "cors-not-always",
				Msg:    "`add_header Access-Control-Allow-Origin` without `always`: 401, 404 and 5xx lack it, and browsers then report CORS in place of the status",
				Detail: "write `" + d.Written() + " always;`",
				Fix:    &diag.Fix{Title: "add always", Edits: []diag.Edit{diag.Insert(d.End, " always")}},
			})
		}
	}
}

// otherLists are the lists of which people expect that a block adds to them.
var otherLists = []string{"fastcgi_param", "uwsgi_param", "scgi_param", "grpc_set_header", "proxy_hide_header", "sub_filter", "limit_req", "limit_conn"}

// discardedLists finds blocks that discard the lists of requests and others.
func discardedLists(l *linter) {
	for _, x := range l.losses("proxy_set_header") {
		p := l.passes(x.scope)
		if p == nil {
			continue
		}
		seen := ""
		if _, fields, ok := l.asks(p); ok && slices.ContainsFunc(x.names, func(n string) bool { return strings.EqualFold(n, "Host") }) {
			host, _ := field(fields, "host")
			seen = fmt.Sprintf("; the upstream will see `Host: %s`", host)
		}
		l.warn(diag.Diagnostic{
			Pos: x.by.Name.Pos, Code: "proxy-fields-discarded",
			Msg:    fmt.Sprintf("`proxy_set_header %s` here discards %s: %s%s", arg(x.by, 0), plural(len(x.names), "inherited field", "inherited fields"), strings.Join(x.names, ", "), seen),
			Detail: "a block inherits proxy_set_header only if it has none itself; repeat them:" + x.copies(),
			Fix:    l.repeat(&x),
		})
	}
	for _, name := range otherLists {
		for _, x := range l.losses(name) {
			l.hint(diag.Diagnostic{
				Pos: x.by.Name.Pos, Code: "list-discarded",
				Msg:    fmt.Sprintf("`%s` here discards %s of the blocks around: %s", x.by.Written(), plural(len(x.names), name, name+" lines"), strings.Join(x.names, ", ")),
				Detail: "a block inherits them only if it has none itself; repeat them if they are meant to hold here:" + x.copies(),
			})
		}
	}
}

// passes is a place in a block, or the block itself, that passes requests on with the
// fields of the block; nil if there is none.
func (l *linter) passes(s *spec.Scope) *place {
	for _, p := range l.places {
		in := false
		for x := p.scope; x != nil; x = x.Parent {
			if x == s {
				in = true
				break
			}
			if own(x, "proxy_set_header") != nil {
				break
			}
		}
		if in && l.given(p.scope, "proxy_pass") != nil {
			return p
		}
	}
	return nil
}
