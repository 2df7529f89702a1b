package certs

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"log/slog"
	"math/big"
	"slices"
	"strconv"
	"time"

	"golang.org/x/crypto/ocsp"
)

// levelCrit is the level of nginx's "crit".
const levelCrit = 10

// A trust says whose responses are believed.
type trust uint8

const (
	trustStore  trust = iota // of responders that the store's authorities stand for
	trustOthers              // also of those whose certificates we have ourselves
	trustAny                 // of any: clients check them
)

// skew is how far a responder's clock may be off.
const skew = 300 * time.Second

// status asks for the status of the certificate. If there is none that can be
// believed, it returns nil; why has been logged.
func (q *inquiry) status(ctx context.Context) *ocsp.Response {
	raw, peer := q.ask(ctx)
	if raw == nil {
		return nil
	}
	r, err := q.read(raw, time.Now())
	if err != nil {
		q.logf(slog.LevelError, peer, "%v", err)
		return nil
	}
	return r
}

// read reads and checks a response, in the order of ngx_ssl_ocsp_verify.
func (q *inquiry) read(raw []byte, now time.Time) (*ocsp.Response, error) {
	r, err := ocsp.ParseResponseForCert(raw, q.cert, nil)
	var refused ocsp.ResponseError
	switch {
	case errors.As(err, &refused):
		return nil, responseError(refused.Status)
	case errors.Is(err, ocsp.ParseError("no response matching the supplied certificate")):
		return nil, errNoStatus
	case err != nil:
		return nil, failed("d2i_OCSP_RESPONSE() failed", err.Error())
	}
	if err := q.believe(r); err != nil {
		return nil, err
	}
	if !q.about(r) {
		return nil, errNoStatus
	}
	switch {
	case r.ThisUpdate.After(now.Add(skew)):
		return nil, failed("OCSP_check_validity() failed", "error:1380007E:OCSP routines::status not yet valid")
	case !r.NextUpdate.IsZero() && r.NextUpdate.Before(now.Add(-skew)):
		return nil, failed("OCSP_check_validity() failed", "error:1380007D:OCSP routines::status expired")
	case !r.NextUpdate.IsZero() && r.NextUpdate.Before(r.ThisUpdate):
		return nil, failed("OCSP_check_validity() failed", "error:1380007C:OCSP routines::nextupdate before thisupdate")
	}
	return r, nil
}

var errNoStatus = errors.New("certificate status not found in the OCSP response")

func responseError(n ocsp.ResponseStatus) error {
	name, ok := map[ocsp.ResponseStatus]string{
		ocsp.Malformed: "malformedrequest", ocsp.InternalError: "internalerror", ocsp.TryLater: "trylater",
		ocsp.SignatureRequired: "sigrequired", ocsp.Unauthorized: "unauthorized",
	}[n]
	if !ok {
		name = "(UNKNOWN)"
	}
	return errors.New("OCSP response not successful (" + strconv.Itoa(int(n)) + ": " + name + ")")
}

// believe checks who signed a response (RFC 6960, section 4.2.2.2), as
// OCSP_basic_verify does.
func (q *inquiry) believe(r *ocsp.Response) error {
	const what = "OCSP_basic_verify() failed"
	signer, own := q.signer(r)
	if signer == nil {
		return failed(what, "error:13800076:OCSP routines::signer certificate not found")
	}
	if r.CheckSignatureFrom(signer) != nil {
		return failed(what, "error:13800075:OCSP routines::signature failure")
	}
	if q.trust == trustAny || q.trust == trustOthers && own {
		return nil
	}
	// Any certificate may be a responder's; its issuer says more below.
	v := &verifier{trusted: q.store.trusted, crls: q.store.crls, depth: 100, anyPurpose: true}
	chain, result := v.verify(append([]*x509.Certificate{signer}, q.others...))
	if result != VerifyOK {
		return failed(what, "error:13800065:OCSP routines::certificate verify error:Verify error: "+result.String())
	}
	issues := func(c *x509.Certificate) bool {
		return bytes.Equal(c.RawSubject, q.issuer.RawSubject) && bytes.Equal(c.RawSubjectPublicKeyInfo, q.issuer.RawSubjectPublicKeyInfo)
	}
	switch {
	case issues(signer):
		return nil
	case len(chain) > 1 && issues(chain[1]):
		if slices.Contains(signer.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) {
			return nil
		}
		return failed(what, "error:13800067:OCSP routines::missing ocspsigning usage")
	}
	return failed(what, "error:13800070:OCSP routines::root ca not trusted")
}

// signer finds the certificate of the responder, and reports whether it is one
// of ours and did not come with the response.
func (q *inquiry) signer(r *ocsp.Response) (c *x509.Certificate, own bool) {
	is := func(c *x509.Certificate) bool {
		if r.RawResponderName != nil {
			return bytes.Equal(c.RawSubject, r.RawResponderName)
		}
		sum := sha1.Sum(publicKey(c))
		return bytes.Equal(sum[:], r.ResponderKeyHash)
	}
	if i := slices.IndexFunc(q.others, is); i >= 0 {
		return q.others[i], true
	}
	if r.Certificate != nil && is(r.Certificate) {
		return r.Certificate, false
	}
	return nil, false
}

// publicKey returns the bits of a certificate's key, without its algorithm.
func publicKey(c *x509.Certificate) []byte {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil {
		return nil
	}
	return info.Key.RightAlign()
}

// about reports whether the response is about a certificate of this issuer:
// another one may have given the same number.
func (q *inquiry) about(r *ocsp.Response) bool {
	var data struct {
		Version   asn1.RawValue `asn1:"optional,explicit,tag:0"`
		Responder asn1.RawValue
		Produced  time.Time `asn1:"generalized"`
		Responses []struct {
			ID struct {
				Algorithm pkix.AlgorithmIdentifier
				Name, Key []byte
				Serial    *big.Int
			}
		}
	}
	if _, err := asn1.Unmarshal(r.TBSResponseData, &data); err != nil || !r.IssuerHash.Available() {
		return false
	}
	sum := func(b []byte) []byte {
		h := r.IssuerHash.New()
		h.Write(b)
		return h.Sum(nil)
	}
	for _, s := range data.Responses { // the first of that number is the one that was read
		if s.ID.Serial.Cmp(r.SerialNumber) == 0 {
			return bytes.Equal(s.ID.Name, sum(q.issuer.RawSubject)) && bytes.Equal(s.ID.Key, sum(publicKey(q.issuer)))
		}
	}
	return false
}
