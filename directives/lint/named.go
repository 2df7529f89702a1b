package lint

import (
	"fmt"
	"strings"

	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
)

// namedLocations finds names of locations that are not there, and locations whose name
// nobody uses.
func namedLocations(l *linter) {
	used := map[string]bool{}
	words(l.tree.Directives, func(d *parser.Directive, w parser.Word) {
		if d.Name.Text != "location" {
			used[w.Text] = true
		}
	})
	for _, s := range l.servers {
		var names []string
		for _, p := range l.places {
			if p.server != s || p.loc.Match != httpd.Named {
				continue
			}
			names = append(names, p.loc.Name)
			if !used[p.loc.Name] {
				l.hint(diag.Diagnostic{
					Pos: p.loc.Pos, Code: "unused-location",
					Msg:    fmt.Sprintf("nothing goes to `%s`", p.title()),
					Detail: "try_files and error_page can, and an upstream by X-Accel-Redirect",
				})
			}
		}
		if s.scope.At == nil {
			continue
		}
		words(s.scope.At.Block, func(d *parser.Directive, w parser.Word) {
			switch d.Name.Text {
			case "error_page", "try_files", "post_action":
			default:
				return
			}
			if !strings.HasPrefix(w.Text, "@") || strings.Contains(w.Text, "$") || w.Pos != d.Args[len(d.Args)-1].Pos || s.srv.Named([]byte(w.Text)) != nil {
				return
			}
			found := diag.Diagnostic{
				Pos: w.Pos, Code: "unknown-named-location",
				Msg:    fmt.Sprintf("there is no `location %s` in this server: requests that come here are answered 500", w.Text),
				Detail: "a named location has to stand in the same server, outside all other locations",
			}
			if near := nearest(w.Text, names); near != "" {
				found.Detail = fmt.Sprintf("did you mean %s?", near)
				found.Fix = &diag.Fix{Title: "write " + near, Edits: []diag.Edit{diag.Replace(w.Pos, w.Raw, near)}}
			}
			l.warn(found)
		})
	}
}

// words calls f for all arguments of directives and those in their blocks.
func words(ds []*parser.Directive, f func(*parser.Directive, parser.Word)) {
	each(ds, func(d *parser.Directive) {
		for _, w := range d.Args {
			f(d, w)
		}
	})
}

// each calls f for directives and those in their blocks.
func each(ds []*parser.Directive, f func(*parser.Directive)) {
	for _, d := range ds {
		if d.Err == nil {
			f(d)
			each(d.Block, f)
		}
	}
}
