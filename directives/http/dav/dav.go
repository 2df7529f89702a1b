// Package dav lets clients write: it takes files, makes and deletes collections,
// and copies and moves both (WebDAV, RFC 4918, without properties and locks).
//
// https://nginx.org/en/docs/http/ngx_http_dav_module.html
package dav

import (
	"bytes"
	"io/fs"

	"understudy/directives/spec"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_dav_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_dav",
	Directives: []spec.Directive[conf]{{
		Name: "dav_methods", In: anywhere, Args: spec.AtLeast(1), Default: "off",
		Syntax: "off | method ...",
		Doc:    "Allows PUT, DELETE, MKCOL, COPY and MOVE.",
		Set:    spec.SetBits(func(c *conf) *spec.Value[httpd.MethodSet] { return &c.methods }, methods),
	}, {
		Name: "create_full_put_path", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Makes the collections that a PUT needs.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.createPath }),
	}, {
		Name: "min_delete_depth", In: anywhere, Syntax: "number", Default: "0",
		Doc: "Lets DELETE remove only what has so many elements in its path.",
		Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.minDepth }, 0, 0),
	}, {
		Name: "dav_access", In: anywhere, Args: spec.Between(1, 3), Default: "user:rw",
		Syntax: "users:permissions ...",
		Doc:    "Sets the permissions of new files and collections.",
		Set:    spec.SetAccess(func(c *conf) *spec.Value[fs.FileMode] { return &c.access }),
	}},
	Location: (*conf).addTo,
}

// methods are those that may be allowed.
var methods = map[string]httpd.MethodSet{
	"off": off, "put": h1.PUT, "delete": h1.DELETE, "mkcol": h1.MKCOL, "copy": h1.COPY, "move": h1.MOVE,
}

// off is a method that stands for none.
const off = h1.Unknown

// A conf is what the directives of the module say in one block.
type conf struct {
	methods    spec.Value[httpd.MethodSet]
	createPath spec.Value[bool]
	minDepth   spec.Value[int]
	access     spec.Value[fs.FileMode]
}

// addTo adds the handler to a location that allows a method.
func (c *conf) addTo(b *spec.Builder) error {
	if c.methods.V&^off == 0 {
		return nil
	}
	h := &handler{methods: c.methods.V &^ off, createPath: c.createPath.V, minDepth: c.minDepth.V, access: c.access.V}
	b.Contents = append(b.Contents, httpd.Step{Name: "dav_methods", Pos: c.methods.Pos, Run: h.run, Explain: h.explain})
	return nil
}

// A handler is what the directives say in one location.
type handler struct {
	methods    httpd.MethodSet
	createPath bool
	minDepth   int // elements of a path that DELETE removes; 0: any
	access     fs.FileMode
}

// run does what the method says. (ngx_http_dav_handler)
func (h *handler) run(r *httpd.Request) httpd.Status {
	switch r.MethodID & h.methods {
	case h1.PUT:
		return h.put(r)
	case h1.DELETE:
		return h.delete(r)
	case h1.MKCOL:
		return h.mkcol(r)
	case h1.COPY, h1.MOVE:
		return h.copyOrMove(r)
	}
	return httpd.Declined
}

// explain says what would be done, without doing it.
func (h *handler) explain(r *httpd.Request) (string, httpd.Status) {
	if r.MethodID&h.methods == 0 {
		return "does not allow " + string(r.Method), httpd.Declined
	}
	return string(r.Method) + " " + string(r.Path(r.URI)), httpd.Done
}

// collection reports whether a path names a collection.
func collection(path []byte) bool { return len(path) > 0 && path[len(path)-1] == '/' }

// folder returns the name of a collection without its slash, which an alias may
// lack. (nginx takes the last byte off, and finds another folder then.)
func folder(path []byte) []byte { return bytes.TrimSuffix(path, []byte("/")) }

// hasBody refuses a body of a request that has no use for one.
func hasBody(r *httpd.Request, words string) bool {
	if !r.Body.Present() {
		return false
	}
	r.Errorf(logs.Error, "%s unsupported", words)
	return true
}

// location makes the response name what was created.
func location(r *httpd.Request) {
	r.Resp.SetLocation(h1.AppendEscape(r.Alloc(3*len(r.URI)), r.URI, h1.EscapeURI))
}
