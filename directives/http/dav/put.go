package dav

import (
	"os"
	"syscall"
	"time"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// put makes the body a file: it is received under another name, so that nobody
// sees part of it. (ngx_http_dav_put_handler)
func (h *handler) put(r *httpd.Request) httpd.Status {
	if collection(r.URI) {
		r.Errorf(logs.Error, "cannot PUT to a collection")
		return 409
	}
	if r.Head.Get(header.ContentRange) != nil {
		r.Errorf(logs.Error, "PUT with range is unsupported")
		return 501
	}
	if st := r.ReadBodyFile(); st != httpd.OK {
		return st
	}
	if r.Body.File == nil {
		r.Errorf(logs.Error, "PUT request body must be in a file")
		return 500
	}
	path := r.Path(r.URI)
	if path == nil {
		return 500
	}
	temp := r.Body.File.Name()
	status := httpd.Status(201)
	if info, err := os.Stat(string(path)); err == nil {
		status = 204
		if info.IsDir() {
			r.Errorf(logs.Error, "\"%s\" could not be created%s", path, httpd.Errno(syscall.EISDIR))
			return 409
		}
	}
	m := httpd.Move{From: temp, To: string(path), Access: h.access, PathAccess: h.access, CreatePath: h.createPath}
	if v := r.Head.Get(header.Date); v != nil {
		if date, ok := h1.ParseTime(v); ok {
			m.Mtime = time.Unix(date, 0)
		}
	}
	if !m.Run(r) {
		return 500
	}
	if status == 201 {
		location(r)
		r.Resp.Length = 0
	}
	r.Resp.Status, r.HeadOnly = status, true
	if st := r.SendHeader(); st != httpd.OK {
		return st
	}
	r.End()
	return httpd.Done
}

// mkcol makes a collection. (ngx_http_dav_mkcol_handler)
func (h *handler) mkcol(r *httpd.Request) httpd.Status {
	if hasBody(r, "MKCOL with body is") {
		return 415
	}
	if !collection(r.URI) {
		r.Errorf(logs.Error, "MKCOL can create a collection only")
		return 409
	}
	path := r.Path(r.URI)
	if path == nil {
		return 500
	}
	path = folder(path)
	if err := os.Mkdir(string(path), httpd.DirAccess(h.access)); err != nil {
		return failed(r, err, 409, "mkdir()", path)
	}
	location(r)
	return 201
}
