// Package ssl gives servers TLS.
//
// https://nginx.org/en/docs/http/ngx_http_ssl_module.html
// https://nginx.org/en/docs/stream/ngx_stream_ssl_module.html
package ssl

import (
	"time"

	"understudy/directives/certificates"
	"understudy/directives/spec"
	"understudy/runtime/certs"
	"understudy/runtime/vars"
)

// A conf is what a block says about TLS.
type conf[S vars.Subject] struct {
	certificates, keys spec.Value[[]certificates.Name]
	passwords          spec.Value[[][]byte]
	protocols          spec.Value[certs.Protocols]
	ciphers, curve     spec.Value[string]
	dhparam            spec.Value[string]
	bufferSize         spec.Value[int64]
	preferServer       spec.Value[bool]

	verify                    spec.Value[certs.Verify]
	depth                     spec.Value[int]
	client, trusted, crl      spec.Value[string]
	ocsp                      spec.Value[int]
	ocspResponder             spec.Value[string]
	ocspCache                 spec.Value[*certs.StatusCache] // nil: off
	stapling, staplingVerify  spec.Value[bool]
	staplingFile, staplingURL spec.Value[string]

	cache      spec.Value[sessionCache]
	tickets    spec.Value[bool]
	ticketKeys spec.Value[[]string]
	timeout    spec.Value[time.Duration]

	certCache   spec.Value[certificates.Cache]
	ech         spec.Value[[]string]
	compression spec.Value[bool]
	earlyData   spec.Value[bool]
	commands    spec.Value[[][2]string]

	// of stream only
	handshakeTimeout spec.Value[time.Duration]
	alpn             spec.Value[[]string]

	reject spec.Value[bool]
}

// A sessionCache is what ssl_session_cache says.
type sessionCache struct {
	off    bool
	inside bool         // sessions are to be kept
	shared *certs.Cache // nil: for the server alone
}
