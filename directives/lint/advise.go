package lint

import (
	"fmt"
	"slices"
	"strings"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
)

// Advise adds to what compilation has found what was probably meant, and what to write
// for it.
func Advise(tree *parser.Tree, c *directives.Compiled, found diag.List) {
	a := &adviser{tree: tree, c: c}
	for i := range found {
		d := &found[i]
		switch d.Code {
		case "unknown-variable":
			a.variable(d)
		case "unknown-directive":
			a.directive(d)
		case "unknown-format":
			a.named(d, "log_format", "format")
		case "unknown-zone":
			a.zone(d)
		case "listen-http2":
			a.http2(d)
		}
	}
}

type adviser struct {
	tree *parser.Tree
	c    *directives.Compiled
}

// connectionUpgrade is the map that everybody copies the use of, and not the block.
const connectionUpgrade = "map $http_upgrade $connection_upgrade { default upgrade; '' close; }"

// between is the first text between quotation marks.
func between(msg string) string {
	_, rest, _ := strings.Cut(msg, `"`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

func (a *adviser) variable(d *diag.Diagnostic) {
	name := between(d.Msg)
	if name == "connection_upgrade" {
		d.Detail = "it is not built in; add to http {}: " + connectionUpgrade
		for _, h := range a.tree.Directives {
			if h.Err == nil && h.Name.Text == "http" && h.Name.Pos.IsValid() && len(h.Block) > 0 && h.Block[0].Err == nil && h.Block[0].Name.Pos.File == h.Name.Pos.File {
				d.Fix = &diag.Fix{Title: "add the map", Safe: true, Edits: []diag.Edit{diag.Insert(
					diag.Pos{File: h.End.File, Line: h.End.Line, Col: h.End.Col + 1}, "\n    "+connectionUpgrade)}}
			}
		}
		return
	}
	names := a.c.Main.Vars().Names()
	if stream(a.c.Main, d.Pos) {
		names = a.c.Main.StreamVars().Names()
	}
	slices.Sort(names)
	near := nearest(name, names)
	if near == "" {
		near = family(name, names)
	}
	if list := spec.Near(name, names); near == "" && len(list) > 0 && len(name) > 6 {
		near = list[0]
	}
	if near == "" || strings.Contains(near, "*") {
		d.Detail = "it is not built in, and no map, set, geo or named capture makes it"
		return
	}
	d.Detail = fmt.Sprintf("did you mean $%s?", near)
	if w, ok := a.word(d.Pos); ok && strings.Count(w.Raw, "$"+name) == 1 && oneSlip(name, near) {
		d.Fix = &diag.Fix{Title: "write $" + near, Edits: []diag.Edit{diag.Replace(w.Pos, w.Raw, strings.Replace(w.Raw, "$"+name, "$"+near, 1))}}
	}
}

// family is a name that begins as one of a family does but for a typing error.
func family(name string, names []string) string {
	for i := 2; i < len(name); i++ {
		if name[i] != '_' {
			continue
		}
		for _, n := range names {
			if prefix, ok := strings.CutSuffix(n, "_*"); ok && oneSlip(name[:i], prefix) && len(prefix) > 2 {
				return prefix + name[i:]
			}
		}
	}
	return ""
}

// stream reports whether a place is in the stream block.
func stream(main *spec.Scope, at diag.Pos) bool {
	for _, s := range main.Children {
		if s.In == spec.Stream && s.At != nil && at.File == s.At.Name.Pos.File && at.Line >= s.At.Name.Pos.Line && at.Line <= s.At.Close.Line {
			return true
		}
	}
	return false
}

// word is the word at a place.
func (a *adviser) word(at diag.Pos) (w parser.Word, ok bool) {
	each(a.tree.Directives, func(d *parser.Directive) {
		for _, x := range append([]parser.Word{d.Name}, d.Args...) {
			if x.Pos == at {
				w, ok = x, true
			}
		}
	})
	return w, ok
}

func (a *adviser) directive(d *diag.Diagnostic) {
	_, rest, ok := strings.Cut(d.Detail, `did you mean "`)
	near, _, _ := strings.Cut(rest, `"`)
	if w, there := a.word(d.Pos); ok && there && w.Raw == w.Text {
		d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{diag.Replace(w.Pos, w.Raw, near)}}
	}
}

// named suggests one of the names that a directive defines with its first argument.
func (a *adviser) named(d *diag.Diagnostic, definer, what string) {
	var names []string
	words(a.tree.Directives, func(x *parser.Directive, w parser.Word) {
		if x.Name.Text == definer && w.Pos == x.Args[0].Pos {
			names = append(names, w.Text)
		}
	})
	a.suggest(d, between(d.Msg), names, what)
}

func (a *adviser) suggest(d *diag.Diagnostic, name string, names []string, what string) {
	if slices.Contains(names, name) {
		d.Detail = "it is defined below: nginx reads from top to bottom"
		return
	}
	near := nearest(name, names)
	switch {
	case near != "":
		d.Detail = fmt.Sprintf("did you mean %q?", near)
		if w, ok := a.word(d.Pos); ok && strings.Count(w.Raw, name) == 1 {
			d.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{diag.Replace(w.Pos, w.Raw, strings.Replace(w.Raw, name, near, 1))}}
		}
	case len(names) > 0 && len(names) < 8:
		d.Detail = fmt.Sprintf("known %ss: %s", what, strings.Join(names, ", "))
	}
}

// zone suggests one of the zones that are defined with keys_zone= or zone=.
func (a *adviser) zone(d *diag.Diagnostic) {
	name := between(d.Msg[strings.Index(d.Msg, "zone"):])
	at := d.Pos
	words(a.tree.Directives, func(x *parser.Directive, w parser.Word) {
		if x.Name.Pos == at && w.Text == name {
			d.Pos = w.Pos
		}
	})
	a.suggest(d, name, Zones(a.tree), "zone")
}

// Unsized words the errors of [zone.Set.Finish], which nginx finds when it creates the
// zones, at the places where these are used.
func Unsized(tree *parser.Tree, errs []error) (found diag.List) {
	for _, err := range errs {
		d := diag.Diagnostic{Severity: diag.Error, Code: "unknown-zone", Msg: err.Error()}
		name := between(d.Msg)
		Uses(tree.Directives, func(x *parser.Directive, w *parser.Word, zone string) {
			if zone == name && !d.Pos.IsValid() {
				d.Pos = w.Pos
				d.Detail = definition(x.Name.Text, zone)
			}
		})
		found = append(found, d)
	}
	return found
}

// Uses calls f with each directive that uses a shared zone, the word that names it, and
// the name.
func Uses(ds []*parser.Directive, f func(d *parser.Directive, w *parser.Word, zone string)) {
	for _, d := range ds {
		if w, names := directives.Table.NamedBy(d); names == spec.ZoneName && w != nil {
			f(d, w, strings.TrimPrefix(w.Text, "zone="))
		}
		Uses(d.Block, f)
	}
}

// definition is what would define the zone that a directive uses.
func definition(directive, zone string) string {
	text := ""
	switch {
	case directive == "limit_req":
		text = fmt.Sprintf("limit_req_zone $binary_remote_addr zone=%s:10m rate=10r/s;", zone)
	case directive == "limit_conn":
		text = fmt.Sprintf("limit_conn_zone $binary_remote_addr zone=%s:10m;", zone)
	case strings.HasSuffix(directive, "_cache"):
		text = fmt.Sprintf("%s_path /var/cache/nginx/%s keys_zone=%[2]s:10m;", directive, zone)
	case directive == "zone":
		return fmt.Sprintf("give it a size: zone %s 64k;", zone)
	}
	if text == "" {
		return ""
	}
	return "nothing defines it; in http {}, for example: " + text
}

// Zones are the names of the shared zones that a configuration defines.
func Zones(tree *parser.Tree) []string {
	var names []string
	words(tree.Directives, func(x *parser.Directive, w parser.Word) {
		name, size, ok := strings.Cut(w.Text, ":")
		for _, key := range []string{"keys_zone=", "zone="} {
			if n, is := strings.CutPrefix(name, key); is && ok && size != "" && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	})
	return names
}

// http2 moves the parameter of listen into a directive. A server whose listen stands in
// another file is left alone: that file may be that of several servers.
func (a *adviser) http2(d *diag.Diagnostic) {
	var listen *parser.Directive
	words(a.tree.Directives, func(x *parser.Directive, w parser.Word) {
		if x.Name.Text == "listen" && (x.Name.Pos == d.Pos || w.Pos == d.Pos) {
			listen = x
		}
	})
	if listen == nil || listen.Parent == nil || listen.Name.Pos.File != listen.Parent.Name.Pos.File || spec.Older(a.c.Main.Env().Version, "1.25.1") {
		return
	}
	var add []diag.Edit
	if !slices.ContainsFunc(listen.Parent.Block, func(x *parser.Directive) bool { return x.Err == nil && x.Name.Text == "http2" }) {
		// All listens of a server add it at the same place, so that it is added once.
		i := slices.IndexFunc(listen.Parent.Block, func(x *parser.Directive) bool { return x.Err == nil && x.Name.Pos.File == listen.Name.Pos.File })
		add = append(add, diag.Insert(listen.Parent.Block[i].Name.Pos, "http2 on; "))
	}
	for _, w := range listen.Args[1:] {
		if w.Text != "http2" {
			continue
		}
		line := before(linesOf(a.tree, w.Pos.File), w.Pos)
		gap := line[len(strings.TrimRight(line, " \t")):]
		at := w.Pos
		at.Col -= len(gap)
		d.Fix = &diag.Fix{Title: "write http2 on", Edits: append([]diag.Edit{diag.Replace(at, gap+w.Raw, "")}, add...), Safe: len(a.c.Main.Children) > 0}
	}
}
