package dav

import (
	"bytes"
	"errors"
	"os"
	"syscall"
	"time"

	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A transfer is a COPY or MOVE that has been found valid.
type transfer struct {
	r         *httpd.Request
	dest      []byte // as the client sent it
	from, to  []byte // file names, the latter without a slash at its end
	slash     bool   // the destination is a collection
	overwrite bool
}

// copyOrMove copies or moves a file or a collection.
// (ngx_http_dav_copy_move_handler)
func (h *handler) copyOrMove(r *httpd.Request) httpd.Status {
	if hasBody(r, "COPY and MOVE with body are") {
		return 415
	}
	t := &transfer{r: r, dest: r.Head.Get(header.Destination)}
	if t.dest == nil {
		r.Errorf(logs.Error, "client sent no \"Destination\" header")
		return 400
	}
	uri, st := t.destination()
	if st != httpd.OK {
		return st
	}
	if collection(r.URI) != collection(t.dest) {
		r.Errorf(logs.Error, "both URI \"%s\" and \"Destination\" URI \"%s\" should be either collections or non-collections", r.URI, t.dest)
		return 409
	}
	if r.Loc.Alias && r.Loc.AliasOf > len(uri) {
		return t.invalid()
	}
	if r.Outside(uri) != httpd.OK {
		return 403 // where nothing may be written
	}
	switch d := depthOf(r, infinity); {
	case d == infinity || d == 0 && r.MethodID == h1.COPY:
	case r.MethodID == h1.COPY:
		r.Errorf(logs.Error, "\"Depth\" header must be 0 or infinity")
		return 400
	default:
		r.Errorf(logs.Error, "\"Depth\" header must be infinity")
		return 400
	}
	if !t.mayOverwrite() {
		return 400
	}
	if t.from = mergeSlashes(r.Path(r.URI)); t.from == nil {
		return 500
	}
	if t.to = mergeSlashes(r.Path(uri)); t.to == nil {
		return 500
	}
	t.slash, t.to = collection(t.to), folder(t.to)
	if !t.apart() {
		return 403
	}
	return t.run(h)
}

// run looks at both places and does what can be done.
func (t *transfer) run(h *handler) httpd.Status {
	r, to := t.r, string(t.to)
	old, err := os.Lstat(to)
	switch {
	case errors.Is(err, syscall.ENOENT):
	case err != nil:
		return failed(r, err, 404, "lstat()", t.to)
	case old.IsDir() && !t.slash:
		t.couldNot()
		return 409
	case !t.overwrite:
		r.Errorf(logs.Error, "\"%s\" could not be created%s", to, httpd.Errno(syscall.EEXIST))
		return 412
	}
	exists := err == nil
	info, err := os.Lstat(string(t.from))
	if err != nil {
		return failed(r, err, 404, "lstat()", t.from)
	}
	if !info.IsDir() {
		return t.file(h, info)
	}
	if !collection(r.URI) {
		r.Errorf(logs.Error, "\"%s\" is collection", r.URI)
		return 400
	}
	if exists {
		if st := remove(r, t.to, old.IsDir()); st != httpd.OK {
			return st
		}
	}
	return t.folder(info)
}

// file copies or moves a file.
func (t *transfer) file(h *handler, info os.FileInfo) httpd.Status {
	ok := false
	if t.r.MethodID == h1.MOVE {
		ok = (&httpd.Move{From: string(t.from), To: string(t.to), PathAccess: h.access, CreatePath: true}).Run(t.r)
	} else {
		ok = httpd.CopyFile(t.r, string(t.from), string(t.to), info)
	}
	if !ok {
		return 500
	}
	return 204
}

// folder copies or moves a collection.
func (t *transfer) folder(info os.FileInfo) httpd.Status {
	r := t.r
	t.from = folder(t.from)
	from, to := string(t.from), string(t.to)
	if r.MethodID == h1.MOVE && os.Rename(from, to) == nil {
		return 201
	}
	if err := os.Mkdir(to, info.Mode().Perm()); err != nil {
		return failed(r, err, 404, "mkdir()", t.to)
	}
	c := &tree{r: r, before: makeCopy, after: copyTime, file: copyIn, from: from, to: to}
	if !c.walk(from) {
		return 500
	}
	if r.MethodID == h1.MOVE {
		if st := remove(r, t.from, true); st != httpd.OK {
			return st
		}
	}
	return 201
}

// there is where the copy of path goes.
func (t *tree) there(path string) string { return t.to + path[len(t.from):] }

func makeCopy(t *tree, path string, info os.FileInfo) {
	to := t.there(path)
	if err := os.Mkdir(to, httpd.DirAccess(info.Mode().Perm())); err != nil {
		failed(t.r, err, 0, "mkdir()", []byte(to))
	}
}

func copyTime(t *tree, path string, info os.FileInfo) {
	to := t.there(path)
	if err := os.Chtimes(to, time.Now(), info.ModTime().Truncate(time.Second)); err != nil {
		t.r.Errorf(logs.Alert, "utimes() \"%s\" failed%s", to, httpd.Errno(err))
	}
}

func copyIn(t *tree, path string, info os.FileInfo) { httpd.CopyFile(t.r, path, t.there(path), info) }

// mayOverwrite reads the Overwrite field (RFC 4918 section 10.6), and reports
// whether it is one.
func (t *transfer) mayOverwrite() bool {
	v := t.r.Head.Get(header.Overwrite)
	switch string(v) {
	case "T", "t":
		t.overwrite = true
	case "F", "f":
	default:
		if v != nil {
			t.r.Errorf(logs.Error, "client sent invalid \"Overwrite\" header: \"%s\"", v)
			return false
		}
		t.overwrite = true
	}
	return true
}

// apart reports whether both names are of different places, neither within the
// other. (ngx_http_dav_validate_paths)
func (t *transfer) apart() bool {
	from := folder(t.from)
	if bytes.Equal(from, t.to) {
		t.r.Errorf(logs.Error, "both URI \"%s\" and \"Destination\" URI \"%s\" point to the same location", t.r.URI, t.dest)
		return false
	}
	n := min(len(from), len(t.to))
	longer := t.to
	if len(from) > n {
		longer = t.from
	}
	if t.slash && bytes.Equal(from[:n], t.to[:n]) && longer[n] == '/' {
		t.couldNot()
		return false
	}
	return true
}

// couldNot logs that something cannot be put in the place of a collection.
func (t *transfer) couldNot() {
	t.r.Errorf(logs.Error, "\"%s\" could not be %sed to collection \"%s\"", t.r.URI, t.r.Method, t.dest)
}

func (t *transfer) invalid() httpd.Status {
	t.r.Errorf(logs.Error, "client sent invalid \"Destination\" header: \"%s\"", t.dest)
	return 400
}

// destination returns the path of the Destination field (RFC 4918 section 10.3),
// a URI of this host, or a path.
func (t *transfer) destination() ([]byte, httpd.Status) {
	r, path := t.r, t.dest
	if len(path) == 0 || path[0] != '/' {
		if len(r.Host) == 0 {
			r.Errorf(logs.Error, "client sent no \"Host\" header")
			return nil, 400
		}
		scheme := []byte("http://")
		if r.Secure() {
			scheme = []byte("https://")
		}
		host, ok := bytes.CutPrefix(path, scheme)
		if !ok {
			return nil, t.invalid()
		}
		rest, ok := bytes.CutPrefix(host, r.Host)
		if !ok {
			r.Errorf(logs.Error, "\"Destination\" URI \"%s\" is handled by different repository than the source URI", t.dest)
			return nil, 400
		}
		slash := bytes.IndexByte(rest, '/')
		if slash < 0 {
			return nil, t.invalid()
		}
		path = rest[slash:]
	}
	_, uri, _, ok := h1.AppendSafeURI(nil, path)
	if !ok {
		r.Errorf(logs.Error, "unsafe URI \"%s\" was detected", uri)
		return nil, t.invalid()
	}
	return uri, httpd.OK
}

// mergeSlashes makes several slashes one: no server did that to a destination.
func mergeSlashes(path []byte) []byte {
	if path == nil {
		return nil
	}
	out := path[:0]
	for i, c := range path {
		if c != '/' || i == 0 || path[i-1] != '/' {
			out = append(out, c)
		}
	}
	return out
}
