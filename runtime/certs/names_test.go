package certs

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"
)

func asn1Name(t *testing.T) ([]byte, error) {
	t.Helper()
	at := func(n int, v string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, n}, Value: v}
	}
	return asn1.Marshal(pkix.RDNSequence{{at(6, "DE")}, {at(10, "#1"), at(11, "x")}, {at(3, "a,b é ")}})
}

// TestNames has what openssl x509 -nameopt RFC2253 and compat print.
func TestNames(t *testing.T) {
	der, err := asn1Name(t)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := NameRFC2253(der), `CN=a\,b \C3\A9\ ,O=\#1+OU=x,C=DE`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := NameOneline(der), `/C=DE/OU=x+O=#1/CN=a,b \xC3\xA9 `; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
