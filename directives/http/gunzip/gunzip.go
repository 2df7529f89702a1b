// Package gunzip decompresses responses for clients that do not take gzip.
//
// https://nginx.org/en/docs/http/ngx_http_gunzip_module.html
package gunzip

import (
	"sync"

	"understudy/directives/spec"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

const anywhere = spec.HTTP | spec.Server | spec.Location

// Module is ngx_http_gunzip_filter_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_gunzip_filter",
	Directives: []spec.Directive[conf]{{
		Name: "gunzip", In: anywhere, Syntax: "on | off", Default: "off",
		Doc: "Decompresses gzipped responses for clients that do not take them.",
		Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.on }),
	}, {
		Name: "gunzip_buffers", In: anywhere, Args: spec.Exactly(2), Syntax: "number size", Default: "32 4k",
		Doc: "Sets the buffers for decompressed data.",
		Set: spec.Accept("what was decompressed is passed on at once, from buffers of a fixed size",
			spec.SetBuffers(func(c *conf) *spec.Value[spec.Buffers] { return &c.buffers })),
	}},
	Main: func(_ *conf, b *spec.Builder) error {
		spec.SetResult(b.Scope, new(pool))
		return nil
	},
	Location: func(c *conf, b *spec.Builder) error {
		if c.on.V {
			f := &filter{pool: spec.Result[*pool](b.Scope)}
			b.Filters = append(b.Filters, httpd.Filter{Name: "gunzip", Pos: c.on.Pos, Head: f.head})
		}
		return nil
	},
}

type conf struct {
	on      spec.Value[bool]
	buffers spec.Value[spec.Buffers]
}

// A pool is where inflaters wait to be used again.
type pool struct{ sync.Pool }

// A filter decompresses the responses of one location.
type filter struct{ pool *pool }

// head decides whether a response is decompressed.
func (f *filter) head(r *httpd.Request) (func(httpd.Writer) httpd.Writer, httpd.Status) {
	p := &r.Resp
	if !header.EqualFold(p.Headers.Get(header.ContentEncoding), "gzip") {
		return nil, httpd.OK
	}
	p.GzipVary = r.Loc.Gzip.Vary
	if r.AcceptsGzip() {
		return nil, httpd.OK
	}
	p.Headers.DelID(header.ContentEncoding)
	p.ClearLength()
	p.ClearRanges()
	r.WeakenETag()
	return func(next httpd.Writer) httpd.Writer { return &writer{f: f, r: r, next: next} }, httpd.OK
}

// A writer decompresses one body.
type writer struct {
	f      *filter
	r      *httpd.Request
	next   httpd.Writer
	z      *inflater // nil before the first byte and behind the last
	closed bool
	err    error
}

// Write implements httpd.Writer.
func (w *writer) Write(p []byte) error {
	if len(p) == 0 || w.closed || w.r.HeadOnly || w.err != nil {
		return w.err
	}
	if w.z == nil {
		if w.z, _ = w.f.pool.Get().(*inflater); w.z == nil {
			w.z = new(inflater)
		}
		w.z.reset()
	}
	if err := w.z.write(p, w.next.Write); err != nil {
		if err == errData {
			w.r.Errorf(logs.Error, "inflate() failed: 0, %v while sending to client", err)
		}
		w.err = err
		w.drop()
	}
	return w.err
}

// File implements httpd.Writer.
func (w *writer) File(f httpd.File, off, n int64) error { return w.r.WriteFile(w, f, off, n) }

// Flush implements httpd.Writer.
func (w *writer) Flush() error {
	if w.err != nil {
		return w.err
	}
	return w.next.Flush()
}

// Close implements httpd.Writer. A body that ends too early is left without an
// end, so that the client notices.
func (w *writer) Close() error {
	if w.closed || w.r.HeadOnly {
		return w.next.Close()
	}
	w.closed = true
	if w.err == nil && (w.z == nil || !w.z.done()) {
		w.r.Errorf(logs.Error, "inflate() returned -5 on response end while sending to client") // Z_BUF_ERROR
		w.err = errEnd
		if w.z != nil {
			w.next.Flush()
		}
	}
	w.drop()
	if w.err != nil {
		return w.err
	}
	return w.next.Close()
}

// drop gives the inflater back.
func (w *writer) drop() {
	if w.z != nil {
		w.f.pool.Put(w.z)
		w.z = nil
	}
}
