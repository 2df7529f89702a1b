// Package gzipstatic answers requests for files with files that were gzipped
// beforehand.
//
// https://nginx.org/en/docs/http/ngx_http_gzip_static_module.html
package gzipstatic

import (
	"understudy/directives/spec"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/openfile"
)

// Module is ngx_http_gzip_static_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_gzip_static",
	Directives: []spec.Directive[conf]{{
		Name: "gzip_static", In: spec.HTTP | spec.Server | spec.Location, Syntax: "on | off | always", Default: "off",
		Doc: "Sends file.gz for file to clients that take gzip, or to all.",
		Set: spec.SetEnum(func(c *conf) *spec.Value[when] { return &c.when },
			map[string]when{"off": never, "on": taken, "always": always}),
	}},
	Location: func(c *conf, b *spec.Builder) error {
		if c.when.V != never {
			b.Contents = append(b.Contents, httpd.Step{Name: "gzip_static", Pos: c.when.Pos, Run: c.when.V.run})
		}
		return nil
	},
}

type conf struct{ when spec.Value[when] }

// A when says to whom gzipped files are sent.
type when int8

const (
	never  when = iota
	taken       // those who take gzip
	always      // all: gunzip, say, makes it right
)

// run sends the gzipped file. (ngx_http_gzip_static_handler)
func (w when) run(r *httpd.Request) httpd.Status {
	if r.MethodID&(httpd.GET|httpd.HEAD) == 0 || len(r.URI) > 0 && r.URI[len(r.URI)-1] == '/' {
		return httpd.Declined
	}
	takes := w == always || r.AcceptsGzip()
	if !takes && !r.Loc.Gzip.Vary {
		return httpd.Declined
	}
	path := r.Path(r.URI)
	if path == nil {
		return 500
	}
	path = append(append(r.Alloc(len(path)+len(suffix)), path...), suffix...)
	f, info, err := r.OpenFile(path)
	if err != nil {
		return failed(r, path, err.(*openfile.Error))
	}
	if f != nil {
		defer f.Close()
	}
	if w == taken {
		r.Resp.GzipVary = r.Loc.Gzip.Vary
	}
	if !takes || f == nil {
		return httpd.Declined
	}
	if info.Kind != openfile.Regular {
		r.Errorf(logs.Crit, "\"%s\" is not a regular file", path)
		return 404
	}
	if r.Explaining() {
		r.Note("file %s, %d bytes", path, info.Size)
		return 200
	}
	if st := r.DiscardBody(); st != httpd.OK {
		return st
	}
	r.FileHead(info)
	r.SetType()
	r.Resp.Headers.AddID(header.ContentEncoding, encoding)
	r.Resp.AcceptRanges = true
	if st := r.SendHeader(); st != httpd.OK {
		return st
	}
	if r.SendFile(f, 0, info.Size) != nil {
		return httpd.Aborted
	}
	r.End()
	return httpd.Done
}

const suffix = ".gz"

var encoding = []byte("gzip")

// failed leaves the request to others; that there is no gzipped file is
// nothing to speak of.
func failed(r *httpd.Request, path []byte, err *openfile.Error) httpd.Status {
	level := logs.Crit
	switch {
	case err.Missing():
		return httpd.Declined
	case err.Forbidden() || err.Linked():
		level = logs.Error
	}
	r.Errorf(level, "%s \"%s\" failed%s", err.Call, path, httpd.Errno(err))
	return httpd.Declined
}
