// Package directives lists every module there is.
package directives

import (
	"slices"

	"understudy/directives/access"
	"understudy/directives/accesslog"
	"understudy/directives/certificates"
	"understudy/directives/core"
	"understudy/directives/geo"
	"understudy/directives/http/addition"
	"understudy/directives/http/authbasic"
	"understudy/directives/http/authrequest"
	"understudy/directives/http/autoindex"
	"understudy/directives/http/brotli"
	"understudy/directives/http/browser"
	"understudy/directives/http/byterange"
	"understudy/directives/http/charset"
	"understudy/directives/http/dav"
	"understudy/directives/http/emptygif"
	"understudy/directives/http/fastcgi"
	"understudy/directives/http/gunzip"
	"understudy/directives/http/gzip"
	"understudy/directives/http/gzipstatic"
	"understudy/directives/http/headers"
	"understudy/directives/http/http2"
	"understudy/directives/http/httpcore"
	"understudy/directives/http/index"
	"understudy/directives/http/limitreq"
	"understudy/directives/http/memcached"
	"understudy/directives/http/mirror"
	"understudy/directives/http/notmodified"
	"understudy/directives/http/proxy"
	"understudy/directives/http/randomindex"
	"understudy/directives/http/referer"
	"understudy/directives/http/rewrite"
	"understudy/directives/http/scgi"
	"understudy/directives/http/securelink"
	"understudy/directives/http/slice"
	"understudy/directives/http/ssi"
	"understudy/directives/http/static"
	"understudy/directives/http/stubstatus"
	"understudy/directives/http/sub"
	"understudy/directives/http/tryfiles"
	"understudy/directives/http/tunnel"
	"understudy/directives/http/userid"
	"understudy/directives/http/uwsgi"
	"understudy/directives/http/zstd"
	"understudy/directives/limitconn"
	"understudy/directives/mapping"
	"understudy/directives/realip"
	"understudy/directives/spec"
	"understudy/directives/splitclients"
	"understudy/directives/ssl"
	"understudy/directives/stream/sslpreread"
	"understudy/directives/stream/streamcore"
	"understudy/directives/stream/streampass"
	"understudy/directives/stream/streamproxy"
	"understudy/directives/stream/streamreturn"
	"understudy/directives/stream/streamset"
	"understudy/directives/unsupported"
	"understudy/directives/upstream"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime"
	"understudy/runtime/certs"
	"understudy/runtime/filecache"
	"understudy/runtime/httpd"
	"understudy/runtime/stream"
)

// modules stand in the order in which nginx runs their steps within a phase.
var modules = []spec.Module{
	core.Module, certificates.Core,
	httpcore.Module,
	ssl.HTTP, http2.Module,
	rewrite.Module,
	mapping.HTTP, geo.HTTP, splitclients.HTTP, referer.Module, securelink.Module, browser.Module,
	realip.HTTP, limitreq.Module, limitconn.HTTP,
	access.HTTP, authbasic.Module, authrequest.Module,
	accesslog.HTTP,
	proxy.Module, fastcgi.Module, uwsgi.Module, scgi.Module, memcached.Module, tunnel.Module,
	tryfiles.Module, mirror.Module,
	emptygif.Module, stubstatus.Module,
	randomindex.Module, index.Module, autoindex.Module, dav.Module, brotli.Static, zstd.Static, gzipstatic.Module, static.Module,
	slice.Module, notmodified.Module, headers.Module, userid.Module,
	gunzip.Module, sub.Module, addition.Module, charset.Module, ssi.Module, gzip.Accept, brotli.Module, zstd.Module, gzip.Module,
	byterange.Module,
	upstream.HTTP,
	streamcore.Module,
	mapping.Stream, geo.Stream, splitclients.Stream,
	realip.Stream, streamset.Module, limitconn.Stream,
	access.Stream,
	ssl.Stream, sslpreread.Module,
	streamproxy.Module, streamreturn.Module, streampass.Module,
	accesslog.Stream,
	upstream.Stream,
}

// Table is every directive there is, and those of nginx that no module has.
var Table = TableWith()

// TableWith is Table with more modules, whose steps come last in each phase.
func TableWith(more ...spec.Module) *spec.Table {
	return spec.NewTable(slices.Concat(modules, unsupported.Modules(modules...), more)...)
}

// Compiled is a configuration that has been read, checked and built.
type Compiled struct {
	Main   *spec.Scope
	HTTP   *httpd.HTTP    // nil without an http block
	Stream *stream.Stream // nil without a stream block
	Graph  *runtime.Graph
}

// Compile turns a configuration into a runtime graph. What it finds is in the
// order in which nginx finds it; with an error among it, nothing may run.
func Compile(tree *parser.Tree, o spec.Options) (*Compiled, diag.List) {
	c := spec.Compile(Table, tree.Directives, o)
	out := &Compiled{
		Main:   c.Main,
		HTTP:   spec.Result[*httpd.HTTP](c.Main),
		Stream: spec.Result[*stream.Stream](c.Main),
		Graph:  &runtime.Graph{},
	}
	if out.HTTP != nil {
		groups := spec.Result[*upstream.HTTPGroups](c.Main)
		out.Graph.Parts = append(out.Graph.Parts, out.HTTP, groups)
		out.Graph.Begin = append(out.Graph.Begin, groups.Begin)
		if caches := spec.Result[*filecache.Set](c.Main); caches != nil {
			out.Graph.Parts = append(out.Graph.Parts, caches)
			out.Graph.Begin = append(out.Graph.Begin, caches.Begin)
		}
	}
	out.Graph.Listen = spec.Result[httpcore.Listening](c.Main).Entries
	if out.Stream != nil {
		groups := spec.Result[*upstream.StreamGroups](c.Main)
		out.Graph.Parts = append(out.Graph.Parts, out.Stream, groups)
		out.Graph.Begin = append(out.Graph.Begin, groups.Begin)
		out.Graph.Listen = append(out.Graph.Listen, spec.Result[streamcore.Listening](c.Main).Entries...)
		out.Stream.Ports = out.Graph.Port
	}
	if f := spec.Result[*certs.Fetching](c.Main); f != nil {
		out.Graph.Parts = append(out.Graph.Parts, f)
	}
	return out, *c.Main.Diags()
}
