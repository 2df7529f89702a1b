package certs

import "encoding/asn1"

// Staple sends the OCSP response in a file (DER) with each certificate.
func (x *Context) Staple(file string, l *Loader) error {
	text, err := l.Read(file)
	if err != nil {
		return failed(`BIO_new_file("`+file+`") failed`, openFailed(file, "rb", err)...)
	}
	var response struct {
		Status asn1.Enumerated
		Bytes  asn1.RawValue `asn1:"optional,explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(text, &response); err != nil {
		codes := []string{"error:0680008E:asn1 encoding routines::not enough data"}
		if _, err := asn1.Unmarshal(text, new(asn1.RawValue)); err == nil {
			codes = []string{"error:068000A8:asn1 encoding routines::wrong tag", "error:0688010A:asn1 encoding routines::nested asn1 error:Type=OCSP_RESPONSE"}
		}
		return failed(`d2i_OCSP_RESPONSE_bio("`+file+`") failed`, codes...)
	}
	for i := range x.base.Certificates {
		x.base.Certificates[i].OCSPStaple = text
	}
	return nil
}
