package certs

import (
	"crypto/tls"
	"slices"
)

// crypto/tls chooses ciphers and certificates in an order of its own. For TLS 1.2
// and before there is another: that of the client's list, or of the server's
// (ssl_prefer_server_ciphers); the certificate follows the cipher. The ciphers of
// TLS 1.3 are left to crypto/tls.

// everyCipher is what crypto/tls has, for the question whether a client could use
// a certificate: whether it may is asked elsewhere.
var everyCipher = func() (ids []uint16) {
	for _, c := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		ids = append(ids, c.ID)
	}
	return ids
}()

// cipher returns the cipher for a client; 0 if crypto/tls is to choose.
func (x *Context) cipher(h *tls.ClientHelloInfo) uint16 {
	if x.base.MinVersion >= tls.VersionTLS13 ||
		x.base.MaxVersion >= tls.VersionTLS13 && slices.Contains(h.SupportedVersions, tls.VersionTLS13) {
		return 0
	}
	first, second := h.CipherSuites, x.base.CipherSuites
	if x.ownOrder {
		first, second = second, first
	}
	for _, id := range first {
		if slices.Contains(second, id) && x.suits(h, id) >= 0 {
			return id
		}
	}
	return 0
}

// suits returns the number of the first certificate that a client can use with a
// cipher of its list, or with any if that is 0; -1 if there is none. That it may
// not be for the name the client asked for makes no difference.
func (x *Context) suits(h *tls.ClientHelloInfo, cipher uint16) int {
	q := *h
	q.ServerName = ""
	if i := slices.IndexFunc(q.SupportedVersions, func(v uint16) bool { return v > x.base.MaxVersion }); i >= 0 {
		q.SupportedVersions = slices.DeleteFunc(slices.Clone(q.SupportedVersions), func(v uint16) bool { return v > x.base.MaxVersion })
	}
	if cipher != 0 {
		q.CipherSuites = []uint16{cipher}
	}
	for i := range x.base.Certificates {
		if q.SupportsCertificate(&x.base.Certificates[i]) == nil {
			return i
		}
	}
	return -1
}
