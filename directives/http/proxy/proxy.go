// Package proxy passes requests to another HTTP server.
//
// https://nginx.org/en/docs/http/ngx_http_proxy_module.html
package proxy

import (
	"slices"

	"understudy/directives/http/pass"
	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
)

const (
	anywhere = pass.Anywhere
	passers  = spec.Location | spec.LocationIf | spec.LimitExcept
)

var kind = pass.Kind{
	Prefix: "proxy_", CacheKey: "$scheme$proxy_host$request_uri", ConvertHead: true,
	Next:   pass.HTTPReasons,
	Hidden: []string{"Date", "Server", "X-Pad", "X-Accel-Expires", "X-Accel-Redirect", "X-Accel-Limit-Rate", "X-Accel-Buffering", "X-Accel-Charset"},
}

// Module is ngx_http_proxy_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_proxy",
	Directives: slices.Concat(
		[]spec.Directive[conf]{passTo, setHeader}, requests, headers, rewriting,
		pass.Directives(kind, func(c *conf) *pass.Conf { return &c.Conf }),
		pass.TLSDirectives(kind.Prefix, func(c *conf) *pass.TLS { return &c.tls }),
	),
	Variables: variables,
	Location:  (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	pass.Conf
	tls  pass.TLS
	pass spec.Value[*target]

	set      spec.Value[[]field]
	method   spec.Value[*httpd.Template]
	body     spec.Value[*httpd.Template]
	version  spec.Value[int]
	trailers spec.Value[bool]

	redirects spec.Value[redirects]
	domains   spec.Value[[]replacement]
	paths     spec.Value[[]replacement]
	flags     spec.Value[[]cookieFlags]
}

// addTo gives a location that passes requests its content handler.
func (c *conf) addTo(b *spec.Builder) error {
	if err := c.Check(kind, b); err != nil {
		return err
	}
	t := c.pass.V
	if t == nil {
		return nil
	}
	h, err := newHandler(c, t, b)
	if err != nil {
		return err
	}
	if t.secure() {
		x, err := c.tls.Client(kind.Prefix, b)
		if err != nil {
			return err
		}
		h.tls, h.to.TLS = x, x
	}
	pass.Own(b, &c.pass)
	b.Location.Content = &httpd.Step{Name: "proxy_pass", Pos: c.pass.Pos, Bound: true, Run: h.run, Explain: h.explain}
	return nil
}

func (c *conf) settings() *gateway.Settings {
	s := c.Settings(kind)
	s.PassTrailers, s.Body = c.trailers.V, c.body.V
	return s
}
