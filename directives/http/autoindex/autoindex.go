// Package autoindex answers the request for a folder with a list of its files.
//
// https://nginx.org/en/docs/http/ngx_http_autoindex_module.html
package autoindex

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/openfile"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_autoindex_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_autoindex",
	Directives: []spec.Directive[conf]{{
		Name: "autoindex", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Lists the files of a folder that has no index.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.on }),
	}, {
		Name: "autoindex_format", In: anywhere, Syntax: "html | xml | json | jsonp", Default: "html",
		Doc: "Sets the format of the list.",
		Set: spec.SetEnum(func(c *conf) *spec.Value[format] { return &c.format },
			map[string]format{"html": html, "xml": xml, "json": json, "jsonp": jsonp}),
	}, {
		Name: "autoindex_localtime", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Shows times in HTML in the local time zone instead of UTC.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.local }),
	}, {
		Name: "autoindex_exact_size", In: anywhere, Syntax: "on | off", Default: "on",
		Doc: "Shows sizes in HTML in bytes, or rounded to kilobytes and so on.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.exact }),
	}},
	Location: func(c *conf, b *spec.Builder) error {
		if c.on.V {
			l := &lister{format: c.format.V, local: c.local.V, exact: c.exact.V}
			b.Contents = append(b.Contents, httpd.Step{Name: "autoindex", Pos: c.on.Pos, Run: l.run})
		}
		return nil
	},
}

type conf struct {
	on     spec.Value[bool]
	format spec.Value[format]
	local  spec.Value[bool]
	exact  spec.Value[bool]
}

type format int8

const (
	html format = iota
	json
	jsonp
	xml
)

var types = [...][]byte{
	html: []byte("text/html"), json: []byte("application/json"),
	jsonp: []byte("application/javascript"), xml: []byte("text/xml"),
}

// A lister is what the directives say in one location.
type lister struct {
	format
	local bool
	exact bool
}

// An entry is a file of the folder.
type entry struct {
	name  []byte
	kind  openfile.Kind
	mtime time.Time
	size  int64
}

// run lists the folder. (ngx_http_autoindex_handler)
func (l *lister) run(r *httpd.Request) httpd.Status {
	if n := len(r.URI); n == 0 || r.URI[n-1] != '/' || r.MethodID&(httpd.GET|httpd.HEAD) == 0 {
		return httpd.Declined
	}
	r.DiscardBody()
	path := r.Path(r.URI)
	if path == nil {
		return 500
	}
	if n := len(path); n > 1 {
		path = path[:n-1]
	}
	format, callback := l.format, []byte(nil)
	if format == jsonp {
		var ok bool
		if callback, ok = callbackOf(r); !ok {
			return 400
		}
		if len(callback) == 0 {
			format = json
		}
	}
	dir, err := opendir(string(path))
	if err != nil {
		return failed(r, path, err)
	}
	defer dir.Close()
	if r.Explaining() {
		r.Note("the list of %s", path)
	}
	p := &r.Resp
	p.Status, p.ContentType, p.PlainType = 200, types[format], true
	if format == xml {
		p.Charset = utf8Name
	}
	if st := r.SendHeader(); st != httpd.OK {
		return st
	}
	if r.HeadOnly {
		r.End()
		return httpd.Done
	}
	entries, ok := read(r, dir)
	if !ok {
		return r.Broken()
	}
	var body []byte
	switch format {
	case html:
		body = l.appendHTML(r, entries)
	case xml:
		body = appendXML(entries)
	default:
		body = appendJSON(entries, callback)
	}
	if r.Write(body) != nil {
		return httpd.Aborted
	}
	r.End()
	return httpd.Done
}

// opendir opens a folder, and nothing else.
func opendir(name string) (*os.File, *openfile.Error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err == nil {
		var fi fs.FileInfo
		if fi, err = f.Stat(); err == nil && fi.IsDir() {
			return f, nil
		}
		f.Close()
		if err == nil {
			err = syscall.ENOTDIR
		}
	}
	return nil, &openfile.Error{Call: "opendir()", Err: err}
}

func failed(r *httpd.Request, path []byte, err *openfile.Error) httpd.Status {
	level, st := logs.Crit, httpd.Status(500)
	switch {
	case err.Missing():
		level, st = logs.Error, 404
	case err.Forbidden():
		level, st = logs.Error, 403
	}
	r.Errorf(level, "%s \"%s\" failed%s", err.Call, path, httpd.Errno(err))
	return st
}

// read returns the files of a folder whose name does not begin with a dot, the
// folders among them first.
func read(r *httpd.Request, dir *os.File) ([]entry, bool) {
	names, err := dir.Readdirnames(-1)
	if err != nil {
		r.Errorf(logs.Crit, "readdir() \"%s\" failed%s", dir.Name(), httpd.Errno(err))
		return nil, false
	}
	entries := make([]entry, 0, len(names))
	for _, name := range names {
		if name[0] == '.' {
			continue
		}
		path := strings.TrimSuffix(dir.Name(), "/") + "/" + name
		fi, err := os.Stat(path)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ELOOP) {
				r.Errorf(logs.Crit, "stat() \"%s\" failed%s", path, httpd.Errno(err))
				if errors.Is(err, syscall.EACCES) {
					continue
				}
				return nil, false
			}
			// A link to nothing is listed as what it is.
			if fi, err = os.Lstat(path); err != nil {
				r.Errorf(logs.Crit, "lstat() \"%s\" failed%s", path, httpd.Errno(err))
				return nil, false
			}
		}
		e := entry{name: []byte(name), mtime: fi.ModTime(), size: fi.Size()}
		switch {
		case fi.IsDir():
			e.kind = openfile.Dir
		case fi.Mode().IsRegular():
			e.kind = openfile.Regular
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if x, y := a.kind == openfile.Dir, b.kind == openfile.Dir; x != y {
			if x {
				return -1
			}
			return 1
		}
		return strings.Compare(string(a.name), string(b.name))
	})
	return entries, true
}

// callbackOf returns the name of the function that JSONP calls.
func callbackOf(r *httpd.Request) (name []byte, ok bool) {
	name, _ = h1.Arg(r.Args, "callback")
	if len(name) > 128 {
		r.Errorf(logs.Info, "client sent too long callback name: \"%s\"", name)
		return nil, false
	}
	for _, c := range name {
		if l := c | 0x20; (l < 'a' || l > 'z') && (c < '0' || c > '9') && c != '_' && c != '.' {
			r.Errorf(logs.Info, "client sent invalid callback name: \"%s\"", name)
			return nil, false
		}
	}
	return name, true
}
