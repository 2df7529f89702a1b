// Package index looks for the file that stands for a folder.
//
// https://nginx.org/en/docs/http/ngx_http_index_module.html
package index

import (
	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/openfile"
)

// Module is ngx_http_index_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_index",
	Directives: []spec.Directive[conf]{{
		Name: "index", In: spec.HTTP | spec.Server | spec.Location, Args: spec.AtLeast(1),
		Syntax: "file ...", Default: "index.html",
		Doc: "Names the files that stand for a folder. The last may be a URI.",
		Set: spec.Fill(func(c *conf) *spec.Value[[]*httpd.Template] { return &c.names }, add),
	}},
	Location: func(c *conf, b *spec.Builder) error {
		x := &index{names: c.names.V}
		b.Contents = append(b.Contents, httpd.Step{Name: "index", Pos: c.names.Pos, Run: x.run})
		return nil
	},
}

type conf struct {
	names spec.Value[[]*httpd.Template]
}

func add(names *[]*httpd.Template, call *spec.Call) error {
	for i, a := range call.Args {
		if i < len(call.Args)-1 && len(a.Text) > 0 && a.Text[0] == '/' {
			call.Warnf(i, "index-not-last", `only the last index in "index" directive should be absolute`)
		}
		if a.Text == "" {
			return call.Errorf(i, `index "%s" in "index" directive is invalid`, a.Text)
		}
		t, err := call.Template(i)
		if err != nil {
			return err
		}
		*names = append(*names, t)
	}
	return nil
}

// An index is the index directives of one location.
type index struct{ names []*httpd.Template }

const methods = httpd.GET | httpd.HEAD | h1.POST

// run redirects to the first name there is. The folder itself is looked at only
// when the first name is missing: requests that can be answered should be fast.
// (ngx_http_index_handler)
func (x *index) run(r *httpd.Request) httpd.Status {
	if n := len(r.URI); n == 0 || r.URI[n-1] != '/' || r.MethodID&methods == 0 {
		return httpd.Declined
	}
	var dir []byte
	tested := false
	for _, t := range x.names {
		name := r.Eval(t)
		if len(name) > 0 && name[0] == '/' {
			return r.Redirect(name, r.Args)
		}
		if dir == nil {
			if dir = r.Path(r.URI); dir == nil {
				return 500
			}
		}
		path := append(append(r.Alloc(len(dir)+len(name)), dir...), name...)
		if r.Debugging(logs.DebugHTTP) {
			r.Debugf(logs.DebugHTTP, "open index \"%s\"", path)
		}
		_, err := r.StatFile(path)
		if err == nil {
			return r.Redirect(append(append(r.Alloc(len(r.URI)+len(name)), r.URI...), name...), r.Args)
		}
		if r.Explaining() {
			r.Note("%s is not there", path)
		}
		if st := missing(r, path, dir, err.(*openfile.Error), &tested); st != httpd.OK {
			return st
		}
	}
	return httpd.Declined
}

// missing answers for a name that cannot be opened, or says OK to go on with
// the next.
func missing(r *httpd.Request, path, dir []byte, err *openfile.Error, tested *bool) httpd.Status {
	switch {
	case err.Linked():
		return 403
	case err.Forbidden() || err.Missing() && !err.NotExist():
		return refuse(r, path, err)
	}
	if !*tested {
		if st := testDir(r, dir, path); st != httpd.OK {
			return st
		}
		*tested = true
	}
	if err.NotExist() {
		return httpd.OK
	}
	r.Errorf(logs.Crit, "%s \"%s\" failed%s", err.Call, path, httpd.Errno(err))
	return 500
}

// testDir answers for a folder that is none. The log names path, the first
// index, as nginx does. (ngx_http_index_test_dir)
func testDir(r *httpd.Request, dir, path []byte) httpd.Status {
	if n := len(dir); n > 1 && dir[n-1] == '/' {
		dir = dir[:n-1]
	}
	info, e := r.StatFile(dir)
	if e != nil {
		err := e.(*openfile.Error)
		switch {
		case err.Linked():
			return 403
		case err.NotExist():
			return refuse(r, path, err)
		case err.Forbidden():
			// The first index was looked for, so the folder may be searched.
			return httpd.OK
		}
		r.Errorf(logs.Crit, "%s \"%s\" failed%s", err.Call, dir, httpd.Errno(err))
		return 500
	}
	if info.Kind != openfile.Dir {
		r.Errorf(logs.Alert, "\"%s\" is not a directory", path)
		return 500
	}
	return httpd.OK
}

// refuse answers for an index that is not there or not for us.
func refuse(r *httpd.Request, path []byte, err *openfile.Error) httpd.Status {
	if err.Forbidden() {
		r.Errorf(logs.Error, "\"%s\" is forbidden%s", path, httpd.Errno(err))
		return 403
	}
	if r.Loc.LogNotFound {
		r.Errorf(logs.Error, "\"%s\" is not found%s", path, httpd.Errno(err))
	}
	return 404
}
