package lint

import (
	"fmt"
	"strings"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
)

// aliasSlash finds a slash at the end of a location and not of its alias, or the other
// way round.
func aliasSlash(l *linter) {
	for _, p := range l.places {
		d := own(p.scope, "alias")
		path, name := arg(d, 0), p.loc.Name
		if d == nil || p.loc.Match > httpd.NoRegex || strings.Contains(path, "$") || path == "" {
			continue
		}
		word := p.scope.At.Args[len(p.scope.At.Args)-1]
		switch inner, outer := strings.HasSuffix(name, "/"), strings.HasSuffix(path, "/"); {
		case !inner && outer:
			l.warn(diag.Diagnostic{
				Pos: word.Pos, Code: "alias-slash",
				Msg:    fmt.Sprintf("with nginx %s../x is the file %s../x, outside of the folder (understudy answers 404): the slash at the end of `%s` is missing", name, path, p.title()),
				Detail: fmt.Sprintf("write `location %s/`", p.loc.Title()),
				Fix:    &diag.Fix{Title: "add the slash", Edits: []diag.Edit{withSlash(word)}},
			})
		case inner && !outer && wordly(path[len(path)-1]):
			l.warn(diag.Diagnostic{
				Pos: d.Args[0].Pos, Code: "alias-slash",
				Msg:    fmt.Sprintf("%sx is the file %sx: the slash at the end of `%s` is missing", name, path, d.Written()),
				Detail: fmt.Sprintf("write `alias %s/;`", path),
				Fix:    &diag.Fix{Title: "add the slash", Edits: []diag.Edit{withSlash(d.Args[0])}},
			})
		}
	}
}

// replacedTypes finds a types block that takes the place of all the types around it.
func replacedTypes(l *linter) {
	for _, s := range l.blocks() {
		d := own(s, "types")
		if d == nil || len(d.Block) == 0 {
			continue
		}
		lost := map[string]string{}
		for _, x := range s.EffectOf("types").Lost {
			extensions(x.Directive, lost)
		}
		kept := map[string]string{}
		for _, c := range s.At.Block {
			if c.Err == nil && c.Name.Text == "types" {
				extensions(c, kept)
			}
		}
		if len(lost) < 10 || len(kept) > len(lost)/2 {
			continue
		}
		var gone []string
		for _, x := range []string{"html", "css", "js", "mjs", "json", "png", "svg", "jpg"} {
			if lost[x] != "" && kept[x] == "" && l.untyped(s, x) {
				gone = append(gone, "."+x)
			}
		}
		if len(gone) == 0 {
			continue
		}
		l.hint(diag.Diagnostic{
			Pos: d.Name.Pos, Code: "types-replaced",
			Msg:    fmt.Sprintf("these types replace all %d of the block around: %s have the default type here", len(lost), strings.Join(gone, ", ")),
			Detail: "add `include mime.types;` beside them, or put them beside the include in http {}",
		})
	}
}

// extensions adds what a types block says, by the extension.
func extensions(d *parser.Directive, to map[string]string) {
	for _, c := range d.Block {
		if c.Err != nil {
			continue
		}
		for _, a := range c.Args {
			to[a.Text] = c.Name.Text
		}
	}
}

// untyped asks the compiled location whether it has no type for an extension.
func (l *linter) untyped(s *spec.Scope, extension string) bool {
	for loc, p := range l.byLoc {
		if p.scope == s {
			return loc.Types[extension] == nil
		}
	}
	return false
}

// blocks are all blocks of http, in the order of the text.
func (l *linter) blocks() []*spec.Scope {
	var out []*spec.Scope
	var walk func(*spec.Scope)
	walk = func(s *spec.Scope) {
		if s.In&(spec.HTTP|spec.Server|spec.Location|spec.LocationIf|spec.ServerIf|spec.LimitExcept) != 0 {
			out = append(out, s)
		}
		for _, c := range s.Children {
			walk(c)
		}
	}
	for _, c := range l.c.Main.Children {
		if c.In == spec.HTTP {
			walk(c)
		}
	}
	return out
}
