package upstream

import (
	"bytes"
	"crypto/tls"

	"understudy/runtime/certs"
	"understudy/runtime/conn"
	"understudy/runtime/vars"
)

// A TLS is how connections to peers are encrypted (proxy_ssl_…), for requests or
// sessions S.
type TLS[S vars.Subject] struct {
	Client *certs.Client
	Name   *vars.Template[S]   // of the server; nil: the host of the pass directive
	SNI    bool                // tell the server its name
	ALPN   []*vars.Template[S] // protocols to ask for

	// Certificates returns what is shown to the server; nil unless the names
	// of certificates contain variables.
	Certificates func(S) ([]tls.Certificate, error)
}

// Over puts TLS over a connection to a peer, which was just made; host is that
// of the pass directive. The handshake is the caller's to do.
func (t *TLS[S]) Over(s S, c *conn.Conn, host []byte, alloc func(int) []byte) (*tls.Conn, error) {
	if t.Name != nil {
		host = t.Name.Eval(s, alloc)
	}
	h := certs.Hello{Name: string(withoutPort(host)), SNI: t.SNI}
	for _, p := range t.ALPN {
		if text := p.Eval(s, alloc); len(text) > 0 {
			h.ALPN = append(h.ALPN, string(text))
		}
	}
	if t.Certificates != nil {
		var err error
		if h.Certificates, err = t.Certificates(s); err != nil {
			return nil, err
		}
	}
	upper := t.Client.Over(c.Lower(), h)
	c.Secure(upper)
	return upper, nil
}

// withoutPort cuts the port off a host, as nginx does for proxy_ssl_name.
func withoutPort(host []byte) []byte {
	if bytes.HasPrefix(host, []byte("[")) {
		if i := bytes.IndexByte(host, ']'); i >= 0 {
			return host[:i+1]
		}
		return host
	}
	if i := bytes.IndexByte(host, ':'); i >= 0 {
		return host[:i]
	}
	return host
}
