package streamproxy

import (
	"errors"
	"slices"

	"understudy/directives/certificates"
	"understudy/directives/spec"
	"understudy/runtime/stream"
	"understudy/runtime/upstream"
)

// tlsDirectives are the directives about TLS to proxied servers.
var tlsDirectives = slices.Concat([]spec.Directive[conf]{{
	Name: "proxy_ssl", In: anywhere, Syntax: "on | off", Default: "off",
	Doc: "Speaks TLS to proxied servers.",
	Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.ssl }),
}, {
	Name: "proxy_ssl_alpn", Since: "1.31.0", In: anywhere, Args: spec.AtLeast(1), Syntax: "protocol ...",
	Doc: "Names the protocols that proxied servers are asked for (ALPN).",
	Set: spec.Scalar(func(c *conf) *spec.Value[[]*stream.Template] { return &c.alpn }, spec.Words, spec.AtLeast(1), nil, parseALPN),
}}, certificates.UpstreamDirectives("proxy_", anywhere, func(c *conf) *certificates.Upstream[*stream.Session] { return &c.tls }))

func parseALPN(call *spec.Call) (list []*stream.Template, err error) {
	for i := range call.Args {
		t, err := call.StreamTemplate(i)
		if err != nil {
			return nil, err
		}
		if text, ok := t.Literal(); ok && len(text) > 255 {
			return nil, errors.New("protocol too long")
		}
		list = append(list, t)
	}
	return list, nil
}

// client makes the TLS client of a server.
func (c *conf) client(b *spec.StreamBuilder) (*upstream.TLS[*stream.Session], error) {
	x, err := c.tls.TLS("proxy_", b.Scope, b.Vars, func(s *stream.Session) func(int) []byte { return s.Alloc }, b.Errorf)
	if x != nil {
		x.ALPN = c.alpn.V
	}
	return x, err
}
