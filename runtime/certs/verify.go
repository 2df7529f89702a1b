package certs

import (
	"bytes"
	"crypto/x509"
	"slices"
	"time"
)

// A VerifyResult is what came of a check, as OpenSSL numbers it (X509_V_…).
type VerifyResult int

const (
	VerifyOK          VerifyResult = 0
	noIssuer          VerifyResult = 2
	noCRL             VerifyResult = 3
	badSignature      VerifyResult = 7
	notYetValid       VerifyResult = 9
	expired           VerifyResult = 10
	crlExpired        VerifyResult = 12
	selfSigned        VerifyResult = 18
	selfSignedInChain VerifyResult = 19
	noLocalIssuer     VerifyResult = 20
	cannotVerifyLeaf  VerifyResult = 21
	revoked           VerifyResult = 23
	wrongPurpose      VerifyResult = 26
	invalidCA         VerifyResult = 79
)

var verifyTexts = map[VerifyResult]string{
	VerifyOK:          "ok",
	noIssuer:          "unable to get issuer certificate",
	noCRL:             "unable to get certificate CRL",
	badSignature:      "certificate signature failure",
	notYetValid:       "certificate is not yet valid",
	expired:           "certificate has expired",
	crlExpired:        "CRL has expired",
	selfSigned:        "self-signed certificate",
	selfSignedInChain: "self-signed certificate in certificate chain",
	noLocalIssuer:     "unable to get local issuer certificate",
	cannotVerifyLeaf:  "unable to verify the first certificate",
	revoked:           "certificate revoked",
	wrongPurpose:      "unsuitable certificate purpose",
	invalidCA:         "invalid CA certificate",
}

func (r VerifyResult) String() string { return verifyTexts[r] }

// Optional reports whether ssl_verify_client optional_no_ca overlooks the
// result: that the issuer is not known.
func (r VerifyResult) Optional() bool {
	return r == selfSigned || r == selfSignedInChain || r == noLocalIssuer || r == cannotVerifyLeaf
}

// A verifier checks the certificates of clients, or of servers.
type verifier struct {
	trusted []*x509.Certificate
	crls    []*x509.RevocationList
	depth   int
	servers bool // it checks servers' certificates, not clients'

	anyPurpose bool // certificates may be for anything
}

// verify checks a chain that a client sent, its own certificate first. It
// works in the order of OpenSSL, which goes on after an error: the last one
// counts. A trusted certificate ends a chain only if it signed itself. The chain that
// was checked is returned as well.
func (v *verifier) verify(sent []*x509.Certificate) (chain []*x509.Certificate, result VerifyResult) {
	chain, result = v.build(sent)
	for i, c := range chain {
		if i > 0 && !isCA(c) {
			result = invalidCA
		} else if i == 0 && !v.fits(c) {
			result = wrongPurpose
		}
	}
	if len(v.crls) > 0 {
		for i, c := range chain {
			issuer := c
			if i+1 < len(chain) {
				issuer = chain[i+1]
			}
			if r := v.revoked(c, issuer); r != VerifyOK {
				result = r
			}
		}
	}
	now := time.Now()
	for i, c := range slices.Backward(chain) {
		switch last := i == len(chain)-1; {
		case !last && chain[i+1].CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) != nil:
			result = badSignature
		case last && i == 0 && !signedItself(c):
			result = cannotVerifyLeaf
		}
		if now.Before(c.NotBefore) {
			result = notYetValid
		}
		if now.After(c.NotAfter) {
			result = expired
		}
	}
	return chain, result
}

// build follows the issuers from the client's certificate on.
func (v *verifier) build(sent []*x509.Certificate) (chain []*x509.Certificate, r VerifyResult) {
	c := sent[0]
	chain = append(chain, c)
	known := v.has(c)
	for !signedItself(c) {
		var issuer *x509.Certificate
		if len(chain) <= v.depth+1 { // else OpenSSL finds it too long, but that is not its last word
			issuer = issuerOf(c, v.trusted, chain)
			known = known || issuer != nil
			if issuer == nil {
				issuer = issuerOf(c, sent[1:], chain)
			}
		}
		if issuer == nil {
			if known {
				return chain, noIssuer
			}
			return chain, noLocalIssuer
		}
		c = issuer
		chain = append(chain, c)
	}
	switch {
	case v.has(c):
	case len(chain) == 1:
		r = selfSigned
	default:
		r = selfSignedInChain
	}
	return chain, r
}

func (v *verifier) has(c *x509.Certificate) bool {
	return slices.ContainsFunc(v.trusted, c.Equal)
}

func signedItself(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

// issuerOf finds the certificate that signed c. One that has just the name is
// taken if there is none better: its signature is then found to be wrong.
func issuerOf(c *x509.Certificate, among, not []*x509.Certificate) (found *x509.Certificate) {
	for _, x := range among {
		if !bytes.Equal(x.RawSubject, c.RawIssuer) || slices.ContainsFunc(not, x.Equal) {
			continue
		}
		if len(c.AuthorityKeyId) > 0 && len(x.SubjectKeyId) > 0 && !bytes.Equal(c.AuthorityKeyId, x.SubjectKeyId) {
			continue
		}
		if found == nil || x.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil {
			found = x
		}
	}
	return found
}

// isCA reports whether c may sign certificates. Old ones do not say so.
func isCA(c *x509.Certificate) bool {
	if c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0 {
		return false
	}
	if c.BasicConstraintsValid {
		return c.IsCA
	}
	return c.Version == 1 && signedItself(c) || c.KeyUsage&x509.KeyUsageCertSign != 0
}

// fits reports whether a certificate is of the kind that is checked.
func (v *verifier) fits(c *x509.Certificate) bool {
	switch {
	case v.anyPurpose:
		return true
	case v.servers:
		return forServers(c)
	}
	return forClients(c)
}

// forClients reports whether c is good to authenticate a client.
func forClients(c *x509.Certificate) bool {
	const usages = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement
	if c.KeyUsage != 0 && c.KeyUsage&usages == 0 {
		return false
	}
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

// revoked looks c up in the list of its issuer.
func (v *verifier) revoked(c, issuer *x509.Certificate) VerifyResult {
	now := time.Now()
	result := noCRL
	for _, l := range v.crls {
		if !bytes.Equal(l.RawIssuer, c.RawIssuer) || l.CheckSignatureFrom(issuer) != nil {
			continue
		}
		for _, e := range l.RevokedCertificateEntries {
			if e.SerialNumber.Cmp(c.SerialNumber) == 0 {
				return revoked
			}
		}
		if !l.NextUpdate.IsZero() && now.After(l.NextUpdate) {
			result = crlExpired
			continue
		}
		return VerifyOK
	}
	return result
}
