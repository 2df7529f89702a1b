package certs

import "crypto/tls"

// A Security is what a server says about TLS, for requests or sessions S.
type Security[S any] struct {
	Context *Context // nil: it has no certificate, nor rejects handshakes
	Verify  Verify   // what it asks of clients, even without a context
	Record  int      // the most that a record carries, in bytes (ssl_buffer_size)

	// Certificates returns those of one connection, of which s knows what
	// the client offered; nil unless their names contain variables.
	Certificates func(s S) ([]tls.Certificate, error)
}
