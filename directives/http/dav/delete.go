package dav

import (
	"errors"
	"os"
	"syscall"

	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// delete removes a file, or a collection with all that is in it.
// (ngx_http_dav_delete_handler)
func (h *handler) delete(r *httpd.Request) httpd.Status {
	if hasBody(r, "DELETE with body is") {
		return 415
	}
	if d := h.shallow(r.URI); d >= 0 {
		r.Errorf(logs.Error, "insufficient URI depth:%d to DELETE", d)
		return 409
	}
	path := r.Path(r.URI)
	if path == nil {
		return 500
	}
	info, err := os.Lstat(string(path))
	if err != nil {
		missing := httpd.Status(404)
		if errors.Is(err, syscall.ENOTDIR) {
			missing = 409
		}
		return failed(r, err, missing, "lstat()", path)
	}
	switch d := depthOf(r, infinity); {
	case info.IsDir() && !collection(r.URI):
		r.Errorf(logs.Error, "DELETE \"%s\" failed%s", path, httpd.Errno(syscall.EISDIR))
		return 409
	case info.IsDir() && d != infinity:
		r.Errorf(logs.Error, "\"Depth\" header must be infinity")
		return 400
	case d != infinity && d != 0:
		r.Errorf(logs.Error, "\"Depth\" header must be 0 or infinity")
		return 400
	}
	if info.IsDir() {
		path = folder(path)
	}
	if st := remove(r, path, info.IsDir()); st != httpd.OK {
		return st
	}
	return 204
}

// shallow returns how many elements a path has if that is too few, else -1.
func (h *handler) shallow(uri []byte) int {
	if h.minDepth == 0 {
		return -1
	}
	d := 0
	for i, c := range uri {
		if c == '/' {
			if d++; d >= h.minDepth && i+1 < len(uri) {
				return -1
			}
		}
	}
	return d
}

// remove removes what path names. (ngx_http_dav_delete_path)
func remove(r *httpd.Request, path []byte, dir bool) httpd.Status {
	call := "unlink()"
	if dir {
		call = "rmdir()"
		if !(&tree{r: r, file: unlink, special: unlink, after: rmdir}).walk(string(path)) {
			return 500
		}
	}
	if err := os.Remove(string(path)); err != nil {
		return failed(r, err, 404, call, path)
	}
	return httpd.OK
}

// Of what is in a collection that is removed, failures are only logged.

func unlink(t *tree, path string, _ os.FileInfo) {
	if err := os.Remove(path); err != nil {
		failed(t.r, err, 0, "unlink()", []byte(path))
	}
}

func rmdir(t *tree, path string, _ os.FileInfo) {
	if err := os.Remove(path); err != nil {
		failed(t.r, err, 0, "rmdir()", []byte(path))
	}
}

// A depth is what a Depth field says (RFC 4918 section 10.2).
type depth int

const (
	infinity depth = -1
	invalid  depth = -2
)

// depthOf returns the depth that a request asks for. (ngx_http_dav_depth)
func depthOf(r *httpd.Request, otherwise depth) depth {
	v := r.Head.Get(header.Depth)
	if v == nil {
		return otherwise
	}
	switch string(v) {
	case "0":
		return 0
	case "1":
		return 1
	case "infinity":
		return infinity
	}
	r.Errorf(logs.Error, "client sent invalid \"Depth\" header: \"%s\"", v)
	return invalid
}

// failed logs a failed system call, and returns the status that says so; missing
// is that for something that is not there. (ngx_http_dav_error)
func failed(r *httpd.Request, err error, missing httpd.Status, call string, path []byte) httpd.Status {
	level, st := logs.Error, missing
	switch {
	case errors.Is(err, syscall.ENOENT) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG):
	case errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM):
		st = 403
	case errors.Is(err, syscall.EEXIST):
		st = 405
	case errors.Is(err, syscall.ENOSPC):
		level, st = logs.Crit, 507
	default:
		level, st = logs.Crit, 500
	}
	r.Errorf(level, "%s \"%s\" failed%s", call, path, httpd.Errno(err))
	return st
}
