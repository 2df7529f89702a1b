// Package static answers requests with files.
//
// nginx has no directives for it: it is what a location does that nothing else
// is said of.
package static

import (
	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/openfile"
)

// Module is ngx_http_static_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_static",
	Location: func(_ *conf, b *spec.Builder) error {
		b.Contents = append(b.Contents, httpd.Step{Name: "static file", Run: serve})
		return nil
	},
}

// A conf is empty: there are no directives.
type conf struct{}

const methods = httpd.GET | httpd.HEAD | h1.POST

// serve sends the file that the URI stands for. (ngx_http_static_handler)
func serve(r *httpd.Request) httpd.Status {
	if r.MethodID&methods == 0 {
		return 405
	}
	if n := len(r.URI); n > 0 && r.URI[n-1] == '/' {
		return httpd.Declined
	}
	path := r.Path(r.URI)
	if path == nil {
		return 500
	}
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "http filename: \"%s\"", path)
	}
	f, info, err := r.OpenFile(path)
	if err != nil {
		return failed(r, path, err.(*openfile.Error))
	}
	if f == nil {
		return redirect(r)
	}
	defer f.Close()
	if info.Kind != openfile.Regular {
		r.Errorf(logs.Crit, "\"%s\" is not a regular file", path)
		return 404
	}
	if r.MethodID == h1.POST {
		return 405
	}
	return r.RespondFile(f, path, info, nil)
}

// failed answers for a file that cannot be opened.
func failed(r *httpd.Request, path []byte, err *openfile.Error) httpd.Status {
	level, st := logs.Crit, httpd.Status(500)
	switch {
	case err.Missing():
		level, st = logs.Error, 404
	case err.Forbidden() || err.Linked():
		level, st = logs.Error, 403
	}
	if st != 404 || r.Loc.LogNotFound {
		r.Errorf(level, "%s \"%s\" failed%s", err.Call, path, httpd.Errno(err))
	}
	if st == 404 && r.Examined() {
		r.Blame("missing-file", "root", httpd.Fact{Name: "path", Value: string(path)})
	}
	return st
}

// redirect sends the client from the name of a folder to that with a slash.
func redirect(r *httpd.Request) httpd.Status {
	to := h1.AppendEscape(r.Alloc(3*len(r.URI)+1+1+len(r.Args)), r.URI, h1.EscapeURI)
	to = append(to, '/')
	if len(r.Args) > 0 {
		to = append(append(to, '?'), r.Args...)
	}
	r.Resp.SetLocation(to)
	return 301
}
