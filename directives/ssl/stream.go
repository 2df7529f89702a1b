package ssl

import (
	"crypto/tls"
	"errors"
	"time"

	"understudy/directives/certificates"
	"understudy/directives/spec"
	"understudy/runtime/stream"
)

type session = *stream.Session

const streamServers = spec.Stream | spec.StreamServer

// Stream is ngx_stream_ssl_module.
var Stream = spec.StreamModule[conf[session]]{
	Name:       "stream_ssl",
	Directives: append(directives[session](streamServers), onlyStream...),
	Variables:  variables(false, func(s session) *state { return s.TLS }),
	Server:     streamTLS,
}

var onlyStream = []spec.Directive[conf[session]]{{
	Name: "ssl_handshake_timeout", In: streamServers, Syntax: "time", Default: "60s",
	Doc: "Limits the time for the handshake.",
	Set: spec.SetTime(func(c *conf[session]) *spec.Value[time.Duration] { return &c.handshakeTimeout }, true),
}, {
	Name: "ssl_alpn", Since: "1.21.4", In: streamServers, Args: spec.AtLeast(1), Syntax: "protocol ...",
	Doc: "Names the protocols that clients may ask for (ALPN), the ones preferred first.",
	Set: spec.Scalar(func(c *conf[session]) *spec.Value[[]string] { return &c.alpn }, spec.Words, spec.AtLeast(1), nil, parseALPN),
}}

func parseALPN(call *spec.Call) (list []string, err error) {
	for _, a := range call.Args {
		if len(a.Text) > 255 {
			return nil, errors.New("protocol too long")
		}
		list = append(list, a.Text)
	}
	return list, nil
}

func streamTLS(c *conf[session], b *spec.StreamBuilder) error {
	x, d, err := c.build(&builder{b.Scope, certificates.Loader(b.Scope)}, b.Vars, c.alpn.V)
	b.Server.HandshakeTimeout = c.handshakeTimeout.V
	b.Server.TLS = stream.Security{Context: x, Verify: c.verify.V}
	if d != nil {
		b.Server.TLS.Certificates = func(s session) ([]tls.Certificate, error) { return d.Load(s, s.Alloc, false) }
	}
	return err
}
