// Package http2 accepts that HTTP/2 is asked for. Clients are offered HTTP/1.1
// only, which all that speak HTTP/2 speak too.
//
// https://nginx.org/en/docs/http/ngx_http_v2_module.html
package http2

import "understudy/directives/spec"

// Module is ngx_http_v2_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_v2",
	Directives: []spec.Directive[conf]{{
		Name: "http2", In: spec.HTTP | spec.Server, Syntax: "on | off", Default: "off",
		Doc: "Enables HTTP/2.",
		Set: spec.Accept(why, spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.on })),
	}},
	Server: func(c *conf, b *spec.Builder) error {
		if c.on.V && c.on.Pos.IsValid() {
			b.Hintf(c.on.Pos, "http2", "%s", why)
		}
		return nil
	},
}

const why = "there is no HTTP/2 here yet: clients are offered HTTP/1.1"

type conf struct{ on spec.Value[bool] }
