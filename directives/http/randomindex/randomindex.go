// Package randomindex answers the request for a folder with one of its files.
//
// https://nginx.org/en/docs/http/ngx_http_random_index_module.html
package randomindex

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"syscall"

	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/openfile"
)

// Module is ngx_http_random_index_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_random_index",
	Directives: []spec.Directive[conf]{{
		Name: "random_index", In: spec.Location,
		Syntax: "on | off", Default: "off",
		Doc: "Answers the request for a folder with one of its files, by chance.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.on }),
	}},
	Location: func(c *conf, b *spec.Builder) error {
		if c.on.V {
			b.Contents = append(b.Contents, httpd.Step{Name: "random_index", Pos: c.on.Pos, Run: run})
		}
		return nil
	},
}

type conf struct{ on spec.Value[bool] }

const methods = httpd.GET | httpd.HEAD | h1.POST

// run redirects to a file of the folder. Names that begin with a dot do not
// count. (ngx_http_random_index_handler)
func run(r *httpd.Request) httpd.Status {
	if n := len(r.URI); n == 0 || r.URI[n-1] != '/' || r.MethodID&methods == 0 {
		return httpd.Declined
	}
	path := r.Path(r.URI)
	if len(path) == 0 {
		return 500
	}
	dir := string(path[:len(path)-1])
	entries, st := read(r, dir)
	if st != httpd.OK {
		return st
	}
	var names []string
	for _, e := range entries {
		if e.Name()[0] == '.' {
			continue
		}
		regular, err := isFile(dir+"/"+e.Name(), e)
		if err != nil {
			r.Errorf(logs.Crit, "%s \"%s\" failed%s", "stat()", dir+"/"+e.Name(), httpd.Errno(err))
			return 500
		}
		if regular {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return httpd.Declined
	}
	name := names[rand.IntN(len(names))]
	return r.Redirect(append(append(r.Alloc(len(r.URI)+len(name)), r.URI...), name...), r.Args)
}

// read lists a folder.
func read(r *httpd.Request, dir string) ([]fs.DirEntry, httpd.Status) {
	entries, err := os.ReadDir(dir)
	if err == nil {
		return entries, httpd.OK
	}
	var p *fs.PathError
	if errors.As(err, &p) && p.Op != "open" && !errors.Is(err, syscall.ENOTDIR) {
		r.Errorf(logs.Crit, "readdir() \"%s\" failed%s", dir, httpd.Errno(err))
		return nil, 500
	}
	e := openfile.Error{Call: "opendir()", Err: err}
	level, st := logs.Crit, httpd.Status(500)
	switch {
	case e.Missing():
		level, st = logs.Error, 404
	case e.Forbidden():
		level, st = logs.Error, 403
	}
	r.Errorf(level, "%s \"%s\" failed%s", e.Call, dir, httpd.Errno(err))
	return nil, st
}

// isFile reports whether an entry is a file, or a link to one.
func isFile(name string, e fs.DirEntry) (bool, error) {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.Type().IsRegular(), nil
	}
	fi, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // a link to nothing
	}
	return err == nil && fi.Mode().IsRegular(), err
}
