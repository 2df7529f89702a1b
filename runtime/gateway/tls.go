package gateway

import (
	"bytes"
	"time"

	"understudy/runtime/certs"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A TLS is how connections to peers are encrypted (proxy_ssl_…).
type TLS struct {
	Client *certs.Client
	Name   *httpd.Template // of the server; nil: the host of the pass directive
	SNI    bool            // tell the server its name
}

// secure puts TLS over the connection to the peer, which was just made.
func (s *State) secure(r *httpd.Request, to Target, set *Settings) *failure {
	t, name := to.TLS, s.Host
	if name == nil {
		name = []byte(to.Name)
	}
	if t.Name != nil {
		name = r.Eval(t.Name)
	}
	name = withoutPort(name)
	c := s.conn
	upper := t.Client.Over(c.Lower(), string(name), t.SNI)
	c.Secure(upper)
	c.SetReadTimeout(set.Connect)
	c.SetWriteTimeout(set.Connect)
	began := time.Now()
	watching := watched(r, set)
	if watching {
		s.watchClient(r)
	}
	err := upper.Handshake()
	if watching && s.unwatch() {
		return aborted(r, "SSL handshaking to upstream")
	}
	c.SetReadTimeout(0)
	switch {
	case err == nil:
		return nil
	case isTimeout(err) || set.Connect > 0 && time.Since(began) >= set.Connect:
		r.Errorf(logs.Error, "upstream timed out (110: Connection timed out) while SSL handshaking to upstream")
		return &failure{OnTimeout, 504}
	}
	r.Errorf(logs.Error, "%s while SSL handshaking to upstream", certs.HandshakeText(err))
	return &failure{OnError, 502}
}

// withoutPort cuts the port off a host, as nginx does for proxy_ssl_name.
func withoutPort(host []byte) []byte {
	if bytes.HasPrefix(host, []byte("[")) {
		if i := bytes.IndexByte(host, ']'); i >= 0 {
			return host[:i+1]
		}
		return host
	}
	if i := bytes.LastIndexByte(host, ':'); i >= 0 {
		return host[:i]
	}
	return host
}
