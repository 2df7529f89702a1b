package gateway

import (
	"time"

	"understudy/runtime/certs"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/upstream"
)

// A TLS is how connections to peers are encrypted (proxy_ssl_…).
type TLS = upstream.TLS[*httpd.Request]

// secure puts TLS over the connection to the peer, which was just made.
func (s *State) secure(r *httpd.Request, to Target, set *Settings) *failure {
	host := s.Host
	if host == nil {
		host = []byte(to.Name)
	}
	c := s.conn
	upper, err := to.TLS.Over(r, c.Conn, host, r.Alloc)
	if err != nil {
		r.Errorf(logs.Error, "%v while connecting to upstream", err)
		return &failure{0, 500}
	}
	c.SetReadTimeout(set.Connect)
	c.SetWriteTimeout(set.Connect)
	began := time.Now()
	watching := watched(r, set)
	if watching {
		s.watchClient(r)
	}
	err = upper.Handshake()
	if watching && s.unwatch() {
		return aborted(r, "SSL handshaking to upstream")
	}
	c.SetReadTimeout(0)
	switch {
	case err == nil:
		return nil
	case isTimeout(err) || set.Connect > 0 && time.Since(began) >= set.Connect:
		r.Errorf(logs.Error, "upstream timed out (110: Connection timed out) while SSL handshaking to upstream")
		s.blameTimeout(r, "_connect_timeout", "the TLS handshake with", set.Connect)
		return &failure{OnTimeout, 504}
	}
	r.Errorf(logs.Error, "%s while SSL handshaking to upstream", certs.HandshakeText(err))
	s.blameHandshake(r, err)
	return &failure{OnError, 502}
}
