package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"understudy/directives"
	"understudy/directives/lint"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
)

// isPart reports whether a tree is a part of a configuration, such as a file of conf.d:
// it has what stands in the blocks of one, and nothing that stands outside of them only. A
// file without any directive is one unless it has the name of a whole configuration.
func (s *source) isPart(tree *parser.Tree) bool {
	inside := len(tree.Directives) == 0 && len(s.asides) == 0 && !s.named()
	for _, d := range tree.Directives {
		if d.Err != nil {
			continue
		}
		switch in := contextsOf(directives.Table, d); {
		case in&(anyHTTP|anyStream) != 0:
			inside = inside || in&spec.Main == 0
		case in&spec.Main != 0:
			return false
		}
	}
	return inside
}

// named reports whether the file has the name of a whole configuration.
func (s *source) named() bool { return filepath.Base(s.conf) == filepath.Base(candidates[0]) }

// hintsOfPart makes hints of the errors that a part gets if nginx reads it as a whole:
// one of that name may have been meant to be one.
func hintsOfPart(found diag.List) (hints diag.List) {
	for _, d := range found {
		if d.Code == "no-events" || d.Code == "context" && d.Detail != "" {
			d.Severity = diag.Hint
			hints = append(hints, d)
		}
	}
	return hints
}

// An aside is what is done about a part of a configuration, or about a file that it
// includes, because the rest is not here.
type aside struct {
	code string
	text string // of the notice that run gives of all of a kind, with %s for the first
	item string
	msg  string // of the finding that check has
	at   diag.Pos

	beside bool // it may be missing by mistake
}

// missing is told of an included file that cannot be read, and reports whether it is
// passed over: it belongs to the server's system. One beside a whole configuration is
// missed; a part says only where it is from the folder of the absent rest.
func (s *source) missing(name string, at diag.Pos, why error) bool {
	if !s.lenient || !errors.Is(why, fs.ErrNotExist) {
		return false
	}
	a := aside{
		code: "absent-file", at: at,
		text: "included files of the server that are not here are passed over: %s", item: name,
		msg: fmt.Sprintf("%q is not here: the include is passed over", name),
	}
	if !filepath.IsAbs(name) || strings.HasPrefix(name, filepath.Dir(s.conf)+"/") {
		if s.whole {
			return false
		}
		a.beside = true
	}
	s.asides = append(s.asides, a)
	return true
}

// passOver takes out of a part what uses a zone that it does not declare: the absent
// rest does. A log whose format is declared there is in another.
func (s *source) passOver(tree *parser.Tree) {
	zones, formats := lint.Zones(tree), []string{"combined"}
	unknown := map[*parser.Directive]bool{}
	lint.Uses(tree.Directives, func(d *parser.Directive, w *parser.Word, zone string) {
		if d.Name.Text == "zone" || slices.Contains(zones, zone) {
			return
		}
		unknown[d] = true
		s.elsewhere(w.Pos, fmt.Sprintf("zone %q", zone), d.Name.Text+" is passed over")
	})
	var walk func(ds []*parser.Directive) []*parser.Directive
	walk = func(ds []*parser.Directive) []*parser.Directive {
		for _, d := range ds {
			switch {
			case d.Err != nil:
			case d.Name.Text == "log_format" && len(d.Args) > 0:
				formats = append(formats, d.Args[0].Text)
			case d.Name.Text == "access_log" && len(d.Args) > 1 && d.Args[0].Text != "off" && !strings.Contains(d.Args[1].Text, "=") && !slices.Contains(formats, d.Args[1].Text):
				unknown[d] = s.otherFormat(d)
			}
			if d.Block != nil {
				d.Block = walk(d.Block)
			}
		}
		return slices.DeleteFunc(ds, func(d *parser.Directive) bool { return unknown[d] })
	}
	tree.Directives = walk(tree.Directives)
}

// around says which configuration has what a part lacks; "" if none is known.
func (s *source) around() string {
	if outer := s.outer(); outer != "" {
		return fmt.Sprintf("%s includes %s: understudy check %[1]s, or run, has all of it", outer, s.conf)
	}
	return ""
}

// elsewhere puts something aside that uses what a part does not declare.
func (s *source) elsewhere(at diag.Pos, what, done string) {
	msg := fmt.Sprintf("%s is not declared here, only in the nginx.conf which includes this file: %s", what, done)
	s.asides = append(s.asides, aside{
		code: "declared-elsewhere", at: at, msg: msg,
		text: strings.ReplaceAll(msg, "%", "%%") + " (%s)", item: at.String(),
	})
}

// otherFormat has a log written in the format combined, in the place of one that is
// not declared. It reports whether there is none: a stream block has no such format.
func (s *source) otherFormat(d *parser.Directive) (none bool) {
	w := &d.Args[1]
	for p := d.Parent; p != nil; p = p.Parent {
		none = none || p.Name.Text == "stream"
	}
	done := "combined is used in its place"
	if none {
		done = "access_log is passed over"
	}
	s.elsewhere(w.Pos, fmt.Sprintf("log format %q", w.Text), done)
	if !none {
		w.Text = "combined"
	}
	return none
}

// partFolders are folders of files that an nginx.conf beside them includes.
var partFolders = []string{"conf.d", "sites-enabled", "http.d", "vhosts.d", "servers", "stream-conf.d", "stream.d"}

// inPartFolder reports whether the configuration is in one of these.
func (s *source) inPartFolder() bool {
	return slices.Contains(partFolders, filepath.Base(absolute(filepath.Dir(s.conf))))
}

// above returns a file beside a part as it is in the folder above, if it is there and
// not beside the part: names in a part are relative to the folder of the nginx.conf.
func (s *source) above(name string) string {
	dir := filepath.ToSlash(filepath.Dir(s.conf))
	rest, ok := strings.CutPrefix(name, dir+"/")
	if dir == "." && !filepath.IsAbs(name) {
		rest, ok = name, true
	}
	if !ok || !s.inPartFolder() || found(name) {
		return name
	}
	if to := filepath.ToSlash(filepath.Join(dir, "..", rest)); found(to) {
		return to
	}
	return name
}

// outer is the configuration beside the folder of a part, if it includes the part; or "".
func (s *source) outer() string {
	if !s.inPartFolder() {
		return ""
	}
	name := filepath.Join(filepath.Dir(s.conf), "..", candidates[0])
	part, err := os.Stat(s.conf)
	if err != nil || !found(name) {
		return ""
	}
	w := &source{conf: filepath.ToSlash(name), prefix: s.prefix, version: s.version, overlay: s.overlay, lenient: true}
	if w.load() != nil {
		return ""
	}
	for _, f := range w.tree.Files {
		if info, err := os.Stat(f.Name); err == nil && f.Name != w.conf && os.SameFile(info, part) {
			return filepath.ToSlash(name)
		}
	}
	return ""
}

// gatheredAsides has notices made of what was put aside.
func (s *source) gatheredAsides(gather func(text, item string)) {
	for _, a := range s.asides {
		gather(a.text, a.item)
	}
	if len(s.asides) > 0 {
		if text := s.around(); text != "" {
			gather("%s", text)
		}
	}
}

// notices are what a person is told who asks nothing of the files themselves.
func (s *source) notices() (list []string) {
	for _, name := range s.stock {
		list = append(list, stockText(name))
	}
	var all gathering
	s.gatheredAsides(all.add)
	return append(list, all.notices()...)
}

// asideFindings are the hints of check about what was put aside, one for each name.
func asideFindings(asides []aside) (list diag.List) {
	said := map[string]bool{}
	for _, a := range asides {
		if !said[a.msg] {
			said[a.msg] = true
			d := diag.Diagnostic{Pos: a.at, Severity: diag.Hint, Code: a.code, Msg: a.msg}
			if a.beside {
				d.Severity, d.Detail = diag.Warning, "the name is relative to the folder of the nginx.conf that includes this file"
			}
			list = append(list, d)
		}
	}
	return list
}
