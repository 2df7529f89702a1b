// Package http2 accepts that HTTP/2 is asked for. Clients are offered HTTP/1.1
// only, which all that speak HTTP/2 speak too.
//
// https://nginx.org/en/docs/http/ngx_http_v2_module.html
package http2

import (
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

// Module is ngx_http_v2_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_v2",
	Directives: []spec.Directive[conf]{{
		Name: "http2", Since: "1.25.1", In: servers, Syntax: "on | off", Default: "off",
		Doc: "Enables HTTP/2.",
		Set: spec.Accept(why, spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.on })),
	}, {
		Name: "http2_recv_buffer_size", In: spec.HTTP, Syntax: "size", Default: "256k",
		Doc: "Sets the size of a worker's buffer for reading.",
		Set: size(func(c *conf) *spec.Value[int64] { return &c.receive }, func(call *spec.Call, n int64) error {
			if n <= stateBuffer {
				return errTooSmall
			}
			return nil
		}),
	}, {
		Name: "http2_pool_size", In: servers, Syntax: "size", Default: "4k",
		Doc: "Sets how much memory is taken for a stream at once.",
		Set: size(func(c *conf) *spec.Value[int64] { return &c.pool }, func(call *spec.Call, n int64) error {
			switch {
			case n < minPool:
				return call.Errorf(-1, "the pool size must be no less than %d", minPool)
			case n%poolAlignment != 0:
				return call.Errorf(-1, "the pool size must be a multiple of %d", poolAlignment)
			}
			return nil
		}),
	}, {
		Name: "http2_max_concurrent_streams", In: servers, Syntax: "number", Default: "128",
		Doc: "Limits the streams of a connection.",
		Set: spec.Accept(why, spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.streams }, 0, 0)),
	}, {
		Name: "http2_body_preread_size", In: servers, Syntax: "size", Default: "64k",
		Doc: "Sets how much of a request's body is taken before it is asked for.",
		Set: size(func(c *conf) *spec.Value[int64] { return &c.preread }, func(call *spec.Call, n int64) error {
			if n > maxWindow {
				return call.Errorf(-1, "the maximum body preread buffer size is %d", maxWindow)
			}
			return nil
		}),
	}, {
		Name: "http2_streams_index_size", In: servers, Syntax: "number", Default: "32",
		Doc: "Sets the size of the table of streams.",
		Set: spec.Accept(why, spec.Scalar(func(c *conf) *spec.Value[int] { return &c.index }, spec.Number, spec.Exactly(1), nil, powerOfTwo)),
	}, {
		Name: "http2_chunk_size", In: anywhere, Syntax: "size", Default: "8k",
		Doc: "Sets the size of the pieces that a body is sent in.",
		Set: size(func(c *conf) *spec.Value[int64] { return &c.chunk }, func(call *spec.Call, n int64) error {
			if n == 0 {
				return call.Errorf(-1, "the http2 chunk size cannot be zero")
			}
			return nil
		}),
	},
		obsolete("http2_max_concurrent_pushes", servers, ""),
		obsolete("http2_max_requests", servers, "keepalive_requests"),
		obsolete("http2_max_field_size", servers, "large_client_header_buffers"),
		obsolete("http2_max_header_size", servers, "large_client_header_buffers"),
		obsolete("http2_recv_timeout", servers, "client_header_timeout"),
		obsolete("http2_idle_timeout", servers, "keepalive_timeout"),
		obsolete("http2_push_preload", anywhere, ""),
		obsolete("http2_push", anywhere, ""),
	},
	Variables: []httpd.Variable{{
		Name: "http2", Doc: `"h2" or "h2c" in HTTP/2, which there is not yet.`,
		Get: func(*httpd.Request, string) ([]byte, bool) { return nil, false },
	}},
	Server: func(c *conf, b *spec.Builder) error {
		if c.on.V && c.on.Pos.IsValid() {
			b.Hintf(c.on.Pos, "no-http2", "%s", why)
		}
		return nil
	},
}

const (
	servers  = spec.HTTP | spec.Server
	anywhere = servers | spec.Location

	why = "there is no HTTP/2 here yet: clients are offered HTTP/1.1"

	// Limits of nginx.
	stateBuffer   = 16
	minPool       = 112
	poolAlignment = 16
	maxWindow     = 1<<31 - 1
)

type conf struct {
	on                            spec.Value[bool]
	streams, index                spec.Value[int]
	receive, pool, preread, chunk spec.Value[int64]
}
