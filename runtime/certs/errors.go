package certs

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
)

// failed is an error as nginx logs it: what failed, and OpenSSL's errors.
func failed(what string, codes ...string) error {
	return errors.New(what + " (SSL: " + strings.Join(codes, " ") + ")")
}

// openFailed is OpenSSL's story of a file that cannot be opened.
func openFailed(name, mode string, err error) []string {
	var no syscall.Errno
	if !errors.As(err, &no) {
		return []string{err.Error()}
	}
	text := no.Error()
	if text != "" {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	why := "error:10080002:BIO routines::system lib"
	if errors.Is(err, fs.ErrNotExist) {
		why = "error:10000080:BIO routines::no such file"
	}
	return []string{"error:8" + hex7(int(no)) + ":system library::" + text + ":calling fopen(" + name + ", " + mode + ")", why}
}

func hex7(n int) string {
	const digits = "0123456789ABCDEF"
	b := []byte("0000000")
	for i := 6; n > 0 && i >= 0; i, n = i-1, n>>4 {
		b[i] = digits[n&15]
	}
	return string(b)
}

// ErrNoCertificate is for a server whose certificates cannot be loaded when
// they are needed. Why has been logged.
var ErrNoCertificate = errors.New("certificate callback failed")

// A HandshakeError is why a handshake failed.
type HandshakeError struct {
	Err  error
	Text string // as nginx logs it
	Own  bool   // it is the server's failure, not the client's
}

func (e *HandshakeError) Error() string { return e.Text }
func (e *HandshakeError) Unwrap() error { return e.Err }

// reasons are OpenSSL's errors for those of crypto/tls, found by a part of their
// text: it has no types for them.
var reasons = []struct{ part, code string }{
	{"client offered only unsupported versions", "0A000102:SSL routines::unsupported protocol"},
	{"certificate callback failed", "0A000179:SSL routines::cert cb error"},
	{"no cipher suite supported", "0A0000C1:SSL routines::no shared cipher"},
	{"no certificates configured", "0A0000EA:SSL routines::callback failed"},
	{"unsupported application protocols", "0A0000EB:SSL routines::no application protocol"},
	{"first record does not look like a TLS handshake", "0A00010B:SSL routines::wrong version number"},
	{"no ECDHE curve supported", "0A000065:SSL routines::no suitable key share"},
	{"no key exchanges supported", "0A000065:SSL routines::no suitable key share"},
	{"inappropriate protocol fallback", "0A000175:SSL routines::inappropriate fallback"},
	{"bad record MAC", "0A000119:SSL routines::decryption failed or bad record mac"},
	{"no supported signature algorithms", "0A000076:SSL routines::no suitable signature algorithm"},
	{"oversized record", "0A0000C6:SSL routines::packet length too long"},
	{"unexpected message", "0A0000F4:SSL routines::unexpected message"},
	{"received unexpected handshake message", "0A0000F4:SSL routines::unexpected message"},
	{"decode error", "0A000089:SSL routines::decode error"},
	{"error decoding message", "0A000089:SSL routines::decode error"},
}

// alerts are OpenSSL's errors for alerts that the client sent, by what
// crypto/tls calls them.
var alerts = map[string]string{
	"handshake failure":              "0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40",
	"bad certificate":                "0A000412:SSL routines::sslv3 alert bad certificate:SSL alert number 42",
	"unsupported certificate":        "0A000413:SSL routines::sslv3 alert unsupported certificate:SSL alert number 43",
	"revoked certificate":            "0A000414:SSL routines::sslv3 alert certificate revoked:SSL alert number 44",
	"expired certificate":            "0A000415:SSL routines::sslv3 alert certificate expired:SSL alert number 45",
	"unknown certificate":            "0A000416:SSL routines::sslv3 alert certificate unknown:SSL alert number 46",
	"illegal parameter":              "0A000417:SSL routines::sslv3 alert illegal parameter:SSL alert number 47",
	"unknown certificate authority":  "0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48",
	"access denied":                  "0A000419:SSL routines::tlsv1 alert access denied:SSL alert number 49",
	"error decrypting message":       "0A00041B:SSL routines::tlsv1 alert decrypt error:SSL alert number 51",
	"protocol version not supported": "0A00042E:SSL routines::tlsv1 alert protocol version:SSL alert number 70",
	"insufficient security level":    "0A00042F:SSL routines::tlsv1 alert insufficient security:SSL alert number 71",
	"internal error":                 "0A000438:SSL routines::tlsv1 alert internal error:SSL alert number 80",
	"unrecognized name":              "0A000458:SSL routines::tlsv1 unrecognized name:SSL alert number 112",
	"no application protocol":        "0A000460:SSL routines::reason(1120):SSL alert number 120",
}

// explain words why a handshake failed.
func explain(err error) *HandshakeError {
	const what = "SSL_do_handshake() failed"
	var no syscall.Errno
	var op *net.OpError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &HandshakeError{err, "client timed out (110: Connection timed out)", false}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &HandshakeError{err, "peer closed connection in SSL handshake", false}
	case errors.As(err, &no):
		return &HandshakeError{err, what + " (" + no.Error() + ")", false}
	case errors.As(err, &op) && op.Op == "remote error":
		if code, ok := alerts[strings.TrimPrefix(op.Err.Error(), "tls: ")]; ok {
			return &HandshakeError{err, what + " (SSL: error:" + code + ")", false}
		}
	}
	for _, r := range reasons {
		if strings.Contains(err.Error(), r.part) {
			return &HandshakeError{err, what + " (SSL: error:" + r.code + ")", false}
		}
	}
	return &HandshakeError{err, what + " (" + err.Error() + ")", false}
}
