package main

import (
	"fmt"
	"regexp"
	"strings"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
)

// bom is the byte order mark that some editors put before a text.
const bom = "\uFEFF"

// decorate adds to the findings about a tree what a person is likely to have
// meant: configurations are pasted from web pages, with typographic quotes and
// with placeholders that somebody should have filled in.
func decorate(tree *parser.Tree, found diag.List) diag.List {
	r := &recogniser{at: map[diag.Pos]*parser.Directive{}, has: map[diag.Pos]*parser.Directive{}, found: found}
	r.walk(tree.Directives)
	for i := range r.found {
		d := &r.found[i]
		if d.Code == "no-events" && !d.Pos.IsValid() {
			d.Pos = diag.Pos{File: tree.Name, Line: 1, Col: 1}
			d.Detail = "nginx does not run without this line outside all other blocks: events {}"
		}
		if at := r.at[d.Pos]; at != nil {
			explainContext(d, at)
			explainSemicolon(d, at)
		} else if at := r.has[d.Pos]; at != nil {
			explainSemicolon(d, at)
		}
	}
	return r.found
}

type recogniser struct {
	at    map[diag.Pos]*parser.Directive // by the place of the name
	has   map[diag.Pos]*parser.Directive // by the places of the arguments
	found diag.List
}

func (r *recogniser) walk(ds []*parser.Directive) {
	for _, d := range ds {
		if d.Err != nil {
			continue
		}
		if len(r.found) > 0 {
			r.at[d.Name.Pos] = d
		}
		if d.Name.Pos.IsValid() {
			r.word(d, d.Name, true)
			for _, w := range d.Args {
				if len(r.found) > 0 {
					r.has[w.Pos] = d
				}
				r.word(d, w, false)
			}
		}
		r.walk(d.Block)
	}
}

func (r *recogniser) word(d *parser.Directive, w parser.Word, name bool) {
	switch {
	case strings.HasPrefix(w.Raw, bom) && w.Pos.Line == 1 && w.Pos.Col == 1:
		r.say(w.Pos, diag.Error, "byte-order-mark", "the file begins with a byte order mark, which nginx takes for a part of the first word",
			"save it as UTF-8 without BOM", r.replace(w, "remove it", bom, ""))
	case strings.ContainsAny(w.Raw, invisible) && w.Raw[0] != '"' && w.Raw[0] != '\'':
		r.say(w.Pos, diag.Error, "invisible-space", fmt.Sprintf("%s contains a space that nginx takes for a letter", quoteWord(w.Raw)),
			"write ordinary spaces: it was probably copied from a web page", nil)
	}
	if straight, ok := straighten(w.Raw); ok {
		r.say(w.Pos, diag.Error, "typographic-quote", fmt.Sprintf("%s has typographic quotation marks, which nginx takes for ordinary letters", w.Raw),
			"write "+straight, r.replace(w, "write "+straight, w.Raw, straight))
	}
	if !name && hasPlaceholder[d.Name.Text] {
		if p := placeholder(w.Text); p != "" {
			severity := diag.Error
			if d.Name.Text == "server_name" { // any name will do
				severity = diag.Warning
			}
			r.say(w.Pos, severity, "placeholder", fmt.Sprintf("%s is a placeholder that nobody has filled in", p),
				fmt.Sprintf("write in its place what %q shall be", strings.Trim(p, "<>{} ")), nil)
		}
	}
}

// say explains the error that there is about the place, or makes one.
func (r *recogniser) say(at diag.Pos, severity diag.Severity, code, msg, detail string, fix *diag.Fix) {
	for i := range r.found {
		if d := &r.found[i]; d.Pos == at && d.Severity == diag.Error {
			d.Detail, d.Fix = msg+"\n"+detail, fix
			if code == "byte-order-mark" { // the word is right but for it
				d.Code = code
			}
			return
		}
	}
	r.found = append(r.found, diag.Diagnostic{Pos: at, Severity: severity, Code: code, Msg: msg, Detail: detail, Fix: fix})
}

// replace is the fix that writes another text for the beginning of a word. Nobody means
// what is there.
func (r *recogniser) replace(w parser.Word, title, old, text string) *diag.Fix {
	return &diag.Fix{Title: title, Safe: true, Edits: []diag.Edit{diag.Replace(w.Pos, old, text)}}
}

// invisible is what looks like nothing or like a space, and is neither.
const invisible = "\u00A0\u2007\u202F\u200B\u2060\u3000"

func quoteWord(s string) string { return fmt.Sprintf("%+q", s) }

var quotes = strings.NewReplacer(
	"\u201C", `"`, "\u201D", `"`, "\u201E", `"`, "\u201F", `"`, "\u00AB", `"`, "\u00BB", `"`, "\u2033", `"`,
	"\u2018", "'", "\u2019", "'", "\u201A", "'", "\u201B", "'", "\u2032", "'",
)

// straighten returns a word with straight quotation marks, if it has others
// where straight ones would be: one that is quoted already may hold any.
func straighten(raw string) (string, bool) {
	if raw == "" || raw[0] == '"' || raw[0] == '\'' {
		return "", false
	}
	s := quotes.Replace(raw)
	if s == raw {
		return "", false
	}
	if s == `"` || s == "'" {
		return "''", true // two of them became one
	}
	if c := s[0]; (c == '"' || c == '\'') && s[len(s)-1] != c {
		return s + string(c), true // the mark before a ";" or a space
	}
	return s, true
}

// hasPlaceholder are the directives whose arguments are names of this world,
// where what looks like a placeholder is one.
var hasPlaceholder = map[string]bool{
	"proxy_pass": true, "fastcgi_pass": true, "uwsgi_pass": true, "scgi_pass": true, "grpc_pass": true,
	"server": true, "server_name": true, "listen": true, "root": true, "alias": true, "resolver": true,
	"ssl_certificate": true, "ssl_certificate_key": true, "ssl_trusted_certificate": true,
	"include": true, "upstream": true, "auth_basic_user_file": true, "pid": true,
}

var placeholders = regexp.MustCompile(`(^|[^?P\\])(<[A-Za-z][\w .-]*>|\{\{[^{}]*\}\})`)

// placeholder returns the first placeholder in s, or "".
func placeholder(s string) string {
	m := placeholders.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return m[2]
}

// explainContext says where a directive that is not allowed at the top belongs.
func explainContext(d *diag.Diagnostic, at *parser.Directive) {
	if d.Code != "context" || at.Parent != nil {
		return
	}
	in := contextsOf(directives.Table, at)
	switch {
	case in&spec.HTTP != 0:
		d.Detail = "put it inside http { }"
		if in&(spec.Stream) != 0 {
			d.Detail += ", or inside stream { } if it is about TCP or UDP"
		}
	case in&spec.Stream != 0:
		d.Detail = "put it inside stream { }"
	case in&spec.Server != 0:
		d.Detail = "put it inside a server { }, and that inside http { }"
	case in&spec.Upstream != 0:
		d.Detail = "put it inside an upstream { }, and that inside http { }"
	case in&spec.Location != 0:
		d.Detail = "put it inside a location { } of a server { }, and that inside http { }"
	default:
		return
	}
	d.Detail += "; understudy run supplies what is missing"
}

// explainSemicolon finds a ";" that is missing before a line break: the next
// directive is then taken for an argument.
func explainSemicolon(d *diag.Diagnostic, at *parser.Directive) {
	if d.Severity != diag.Error || d.Code == "context" {
		return
	}
	last := at.Name
	for _, w := range at.Args {
		if w.Pos.Line > last.Pos.Line && len(directives.Table.Lookup(w.Text)) > 0 {
			d.Detail = fmt.Sprintf(`a ";" is missing at the end of line %d: %q is taken for an argument of %q`, last.Pos.Line, w.Text, at.Name.Text)
			end := last.Pos
			end.Col += len(last.Raw)
			d.Fix = &diag.Fix{Title: "end the line with a semicolon", Safe: true, Edits: []diag.Edit{diag.Insert(end, ";")}}
			return
		}
		last = w
	}
}
