package ssl

import (
	"crypto/tls"

	"understudy/directives/certificates"
	"understudy/directives/spec"
	"understudy/runtime/httpd"
)

// HTTP is ngx_http_ssl_module.
var HTTP = spec.HTTPModule[conf[*httpd.Request]]{
	Name:       "http_ssl",
	Directives: append(directives[*httpd.Request](spec.HTTP|spec.Server), onlyHTTP...),
	Variables:  variables(true, func(r *httpd.Request) *state { return r.TLS() }),
	Server:     serverTLS,
}

var onlyHTTP = []spec.Directive[conf[*httpd.Request]]{{
	Name: "ssl_buffer_size", In: spec.HTTP | spec.Server, Syntax: "size", Default: "16k",
	Doc: "Sets the size of the buffer for sending, and so how much a record carries.",
	Set: spec.SetSize(func(c *conf[*httpd.Request]) *spec.Value[int64] { return &c.bufferSize }, false),
}, {
	Name: "ssl_early_data", In: spec.HTTP | spec.Server, Syntax: "on | off", Default: "off",
	Doc: "Takes requests that clients send within the handshake.",
	Set: spec.Accept(whyEarly, spec.SetFlag(func(c *conf[*httpd.Request]) *spec.Value[bool] { return &c.earlyData })),
}}

// alpn is what HTTP/1 is called (RFC 7301; IANA, ALPN Protocol IDs).
var alpn = []string{"http/1.1", "http/1.0", "http/0.9"}

func serverTLS(c *conf[*httpd.Request], b *spec.Builder) error {
	x, d, err := c.build(&builder{b.Scope, certificates.Loader(b.Scope)}, b.Vars, alpn)
	b.Srv.TLS = httpd.Security{Context: x, Verify: c.verify.V, Record: int(c.bufferSize.V)}
	if d != nil {
		b.Srv.TLS.Certificates = func(r *httpd.Request) ([]tls.Certificate, error) { return d.Load(r, r.Alloc, false) }
	}
	return err
}
