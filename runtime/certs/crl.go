package certs

import (
	"crypto/x509"
	"encoding/asn1"
)

// parseRevocations reads a certificate revocation list (RFC 5280, section 5.1).
// Those of version 1, which have no version field and no extensions, are not
// known to crypto/x509, yet openssl makes them unless it is told not to.
func parseRevocations(der []byte) (*x509.RevocationList, error) {
	var outer struct{ TBS, Algorithm, Signature asn1.RawValue }
	if _, err := asn1.Unmarshal(der, &outer); err != nil || !outer.TBS.IsCompound {
		return x509.ParseRevocationList(der) // whose error is the better one
	}
	var first asn1.RawValue
	if _, err := asn1.Unmarshal(outer.TBS.Bytes, &first); err != nil || first.Tag == asn1.TagInteger {
		return x509.ParseRevocationList(der)
	}
	// The list is read as if it had the version, and its signature checked as
	// it has not.
	signed := outer.TBS.FullBytes
	version := []byte{asn1.TagInteger, 1, 1}
	outer.TBS = asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: append(version, outer.TBS.Bytes...)}
	second, err := asn1.Marshal(outer)
	if err != nil {
		return nil, err
	}
	l, err := x509.ParseRevocationList(second)
	if err != nil {
		return nil, err
	}
	l.Raw, l.RawTBSRevocationList = der, signed
	return l, nil
}
