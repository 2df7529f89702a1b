package pass

import (
	"understudy/directives/certificates"
	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
)

// A TLS is what the …_ssl_… directives say in one block.
type TLS struct {
	certificates.Upstream[*httpd.Request]
}

// TLSDirectives returns the directives about TLS to the server, for the modules
// that have it. at finds the TLS in the module's configuration.
func TLSDirectives[C any](prefix string, at func(*C) *TLS) []spec.Directive[C] {
	return certificates.UpstreamDirectives(prefix, Anywhere, func(c *C) *certificates.Upstream[*httpd.Request] { return &at(c).Upstream })
}

// Client makes the TLS client of a location.
func (c *TLS) Client(prefix string, b *spec.Builder) (*gateway.TLS, error) {
	return c.TLS(prefix, b.Scope, b.Vars, func(r *httpd.Request) func(int) []byte { return r.Alloc }, b.Errorf)
}
