package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
)

// TestRevocationsV1 reads a list of version 1 that openssl ca -gencrl made.
func TestRevocationsV1(t *testing.T) {
	l := new(Loader)
	ca, err := l.authorities("testdata/crl/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	crls, err := l.revocations("testdata/crl/v1.crl")
	if err != nil {
		t.Fatal(err)
	}
	v := verifier{trusted: ca, depth: 1, crls: crls}
	for name, want := range map[string]VerifyResult{"good": VerifyOK, "revoked": revoked} {
		certs, err := l.authorities("testdata/crl/" + name + ".pem")
		if err != nil {
			t.Fatal(err)
		}
		if _, got := v.verify(certs); got != want {
			t.Errorf("%s: %d (%v), want %d (%v)", name, got, got, want, want)
		}
	}
}

// TestRevocationsV1Altered changes a list that was signed.
func TestRevocationsV1Altered(t *testing.T) {
	ca, err := new(Loader).authorities("testdata/crl/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	der := readCRL(t)
	i := bytes.Index(der, []byte{2, 2, 0x10, 0}) // the number of the revoked certificate
	if i < 0 {
		t.Fatal("the number is not in the list")
	}
	der[i+3]++
	l, err := parseRevocations(der)
	if err != nil {
		t.Fatal(err)
	}
	if l.CheckSignatureFrom(ca[0]) == nil {
		t.Error("the signature is taken for good")
	}
	if got := (&verifier{crls: []*x509.RevocationList{l}}).revoked(ca[0], ca[0]); got != noCRL {
		t.Errorf("%v, want that the list counts for nothing", got)
	}
}

func FuzzParseRevocations(f *testing.F) {
	f.Add(readCRL(f))
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, der []byte) {
		l, err := parseRevocations(der)
		if (l == nil) == (err == nil) {
			t.Errorf("%v, %v", l, err)
		}
	})
}

func readCRL(t testing.TB) []byte {
	text, err := os.ReadFile(filepath.Join("testdata", "crl", "v1.crl"))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := pem.Decode(text)
	return b.Bytes
}
