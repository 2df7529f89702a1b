package coding

import (
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/openfile"
)

// A When says to whom files are sent that were compressed beforehand.
type When int8

// The words of gzip_static.
const (
	Never  When = iota
	Taken       // those who take the coding
	Always      // all: gunzip, say, makes it right
)

// A Static answers requests for files with files that were compressed beforehand.
type Static struct {
	Name   []byte // in Content-Encoding
	Suffix string // of their names
	When   When
	Takes  func(*httpd.Request) bool // the client takes the coding
}

// Run is the Run of a step. (ngx_http_gzip_static_handler)
func (s *Static) Run(r *httpd.Request) httpd.Status {
	if r.MethodID&(httpd.GET|httpd.HEAD) == 0 || len(r.URI) > 0 && r.URI[len(r.URI)-1] == '/' {
		return httpd.Declined
	}
	takes := s.When == Always || s.Takes(r)
	if !takes && !r.Loc.Gzip.Vary {
		return httpd.Declined
	}
	path := r.Path(r.URI)
	if path == nil {
		return 500
	}
	path = append(append(r.Alloc(len(path)+len(s.Suffix)), path...), s.Suffix...)
	f, info, err := r.OpenFile(path)
	if err != nil {
		return failed(r, path, err.(*openfile.Error))
	}
	if f != nil {
		defer f.Close()
	}
	if s.When == Taken {
		r.Resp.GzipVary = r.Loc.Gzip.Vary
	}
	if !takes || f == nil {
		return httpd.Declined
	}
	if info.Kind != openfile.Regular {
		r.Errorf(logs.Crit, "\"%s\" is not a regular file", path)
		return 404
	}
	return r.RespondFile(f, path, info, s.Name)
}

// failed leaves the request to others; that there is no compressed file is
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
