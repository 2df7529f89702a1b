// Package tryfiles looks for the first of several files that exists.
//
// https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files
package tryfiles

import (
	"bytes"
	"strings"

	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/openfile"
)

// Module is ngx_http_try_files_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_try_files",
	Directives: []spec.Directive[conf]{{
		Name: "try_files", In: spec.Server | spec.Location, Args: spec.AtLeast(2),
		Syntax: "file ... uri | =code",
		Doc:    "Answers with the first file that exists, or as the last argument says.",
		// The try_files of a server are those of its own location, and of none inside.
		Set: spec.Fill(func(c *conf) *spec.Value[*files] { return &c.files }, set).As(spec.Text).Inheriting(func(_, _ *conf) {}),
	}},
	Location: func(c *conf, b *spec.Builder) error {
		if f := c.files.V; f != nil {
			b.PreContent = append(b.PreContent, httpd.Step{Name: "try_files", Pos: c.files.Pos, Run: f.run})
		}
		return nil
	},
}

type conf struct{ files spec.Value[*files] }

// files are the arguments of one try_files.
type files struct {
	try  []file // the last is the fallback
	code httpd.Status
}

type file struct {
	name     *httpd.Template
	variable bool
	dir      bool // it must be a folder
}

func set(to **files, call *spec.Call) error {
	if *to != nil {
		return spec.ErrDuplicate
	}
	f, last := &files{}, len(call.Args)-1
	for i, a := range call.Args {
		name, dir := a.Text, false
		if i < last {
			name, dir = strings.CutSuffix(name, "/")
		}
		t, err := call.TemplateOf(name, i)
		if err != nil {
			return err
		}
		_, literal := t.Literal()
		f.try = append(f.try, file{t, !literal, dir})
	}
	if text := call.Args[last].Text; text[:min(1, len(text))] == "=" {
		n, ok := spec.ParseNumber(text[1:])
		if !ok || n > 999 {
			if f.try[last].variable {
				text = text[:len(text)-1] // so says nginx
			}
			return call.Errorf(last, `invalid code "%s"`, text)
		}
		f.code = httpd.Status(n)
	}
	*to = f
	return nil
}

// kind is what the file is to be.
func (f *file) kind() string {
	if f.dir {
		return "dir"
	}
	return "file"
}

// run makes the URI that of the first file there is. What follows the document
// root in its name is the URI, except below an alias. (ngx_http_try_files_handler)
func (f *files) run(r *httpd.Request) httpd.Status {
	base, uri := r.Base(r.URI)
	if base == nil && uri == nil {
		return 500
	}
	of := 0
	if r.Loc.Alias {
		of = r.Loc.AliasOf
	}
	last := len(f.try) - 1
	for i := range f.try {
		t := &f.try[i]
		name := r.Eval(t.name)
		if of > 0 && t.variable && len(r.URI) >= of && bytes.HasPrefix(name, r.URI[:of]) {
			name = name[of:] // $uri begins with what the alias replaces
		}
		if i == last {
			return f.fallback(r, name)
		}
		path := append(append(r.Alloc(len(base)+len(name)+1), base...), name...)
		if r.Debugging(logs.DebugHTTP) {
			r.Debugf(logs.DebugHTTP, "trying to use %s: \"%s\" \"%s\"", t.kind(), name, path)
		}
		info, err := r.StatFile(path)
		if err != nil {
			if r.Explaining() {
				r.Note("%s is not there", path)
			}
			if e := err.(*openfile.Error); !e.Missing() {
				r.Errorf(logs.Crit, "%s \"%s\" failed%s", e.Call, path, httpd.Errno(err))
			}
			continue
		}
		if t.dir != (info.Kind == openfile.Dir) {
			if r.Explaining() {
				r.Note("%s is no %s", path, t.kind())
			}
			continue
		}
		if r.Explaining() {
			r.Note("%s is there", path)
		}
		f.found(r, path[len(base):], t.dir, of)
		return httpd.Declined
	}
	return httpd.Declined
}

// found makes name the URI, which unlike a rewrite leaves the request as the
// client sent it valid.
func (f *files) found(r *httpd.Request, name []byte, dir bool, of int) {
	switch {
	case of == 0:
		r.URI = name
	case of > 0:
		r.URI = append(append(r.Alloc(of+len(name)), r.URI[:of]...), name...)
	case !dir:
		r.URI, r.UnderAlias = name, true
	}
}

// fallback does what the last argument says.
func (f *files) fallback(r *httpd.Request, to []byte) httpd.Status {
	switch {
	case f.code != 0:
		return f.code
	case len(to) > 0 && to[0] == '@':
		return r.Enter(to)
	}
	uri, args := h1.SplitArgs(to)
	return r.Redirect(uri, args)
}
