package certs

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
)

// A Loader reads files, each once: for one configuration, in which several
// servers may name the same ones, and files may be pipes.
type Loader struct {
	ConfName func(string) string // makes names in ssl_conf_command absolute; nil: they are

	// Objects are what earlier configurations read; nil: nothing is kept.
	Objects *Objects

	// StandIn makes a certificate for names where the one that is configured, or
	// its key, cannot be loaded because of why; nil: that is an error.
	StandIn func(cert, key string, names []string, why error) (*tls.Certificate, error)

	// Missing reports whether a file that cannot be read is done without: one of
	// parameters, authorities or revocation lists. Nil: none is.
	Missing func(name string, why error) bool

	files map[string]file
}

// Without reports whether a file that cannot be read is done without.
func (l *Loader) Without(name string, why error) bool {
	return l.Missing != nil && l.Missing(name, why)
}

// absent is Without for what is read from name.
func (l *Loader) absent(name string) bool {
	if l.Missing == nil || strings.HasPrefix(name, "data:") {
		return false
	}
	_, err := l.Read(name)
	return err != nil && l.Without(name, err)
}

func (l *Loader) conf(name string) string {
	if l.ConfName == nil {
		return name
	}
	return l.ConfName(name)
}

type file struct {
	text []byte
	err  error
}

// Read returns the contents of a file.
func (l *Loader) Read(name string) ([]byte, error) {
	f, ok := l.files[name]
	if !ok {
		if l.files == nil {
			l.files = map[string]file{}
		}
		f.text, f.err = l.Objects.read(name)
		if st, err := os.Stat(name); f.err != nil && err == nil && st.IsDir() {
			f.err = nil // it can be opened, and has nothing in it
		}
		l.files[name] = f
	}
	return f.text, f.err
}

// source returns what a certificate or key is read from.
func (l *Loader) source(what, name string) ([]byte, error) {
	if text, ok := strings.CutPrefix(name, "data:"); ok {
		return []byte(text), nil
	}
	text, err := l.Read(name)
	if err != nil {
		return nil, failed(fmt.Sprintf(`cannot load %s "%s": BIO_new_file() failed`, what, name), openFailed(name, "r", err)...)
	}
	return text, nil
}

// Pair loads a certificate with its chain, and its key.
func (l *Loader) Pair(cert, key string, passwords [][]byte) (*tls.Certificate, error) {
	c, err := l.chain(cert)
	if err != nil {
		return nil, err
	}
	if c.PrivateKey, _, err = l.key(key, passwords); err != nil {
		return nil, err
	}
	if err = fits(c); err == errMismatch {
		err = mismatch(key)
	}
	return c, err
}

// chain loads a certificate with its chain.
func (l *Loader) chain(cert string) (*tls.Certificate, error) {
	text, err := l.source("certificate", cert)
	if err != nil {
		return nil, err
	}
	out := &tls.Certificate{}
	for {
		der, rest, code := nextBlock(text, "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
		call := "PEM_read_bio_X509()"
		if len(out.Certificate) == 0 {
			call = "PEM_read_bio_X509_AUX()"
		}
		if code == noStartLine {
			if len(out.Certificate) > 0 {
				return out, nil
			}
			code += ":Expecting: TRUSTED CERTIFICATE"
		}
		if code != "" {
			return nil, failed(fmt.Sprintf(`cannot load certificate "%s": %s failed`, cert, call), code)
		}
		x, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, failed(fmt.Sprintf(`cannot load certificate "%s": %s failed`, cert, call), err.Error())
		}
		if out.Leaf == nil {
			out.Leaf = x
		}
		out.Certificate = append(out.Certificate, der)
		text = rest
	}
}

// errOtherKind says that a key is of another kind than its certificate, which
// OpenSSL does not take for a mistake: it has a place for each kind.
var errOtherKind = errors.New("key of another kind")

func publicOf(key crypto.PrivateKey) crypto.PublicKey {
	if s, ok := key.(crypto.Signer); ok {
		return s.Public()
	}
	return nil
}

// errMismatch says that a key is not its certificate's.
var errMismatch = errors.New("key values mismatch")

func mismatch(key string) error {
	return failed(`SSL_CTX_use_PrivateKey("`+key+`") failed`, "error:05800074:x509 certificate routines::key values mismatch")
}

// fits compares a certificate and its key.
func fits(c *tls.Certificate) error {
	pub := publicOf(c.PrivateKey)
	if reflect.TypeOf(c.Leaf.PublicKey) != reflect.TypeOf(pub) {
		return errOtherKind
	}
	if p, ok := pub.(interface{ Equal(crypto.PublicKey) bool }); !ok || !p.Equal(c.Leaf.PublicKey) {
		return errMismatch
	}
	return nil
}

// key loads a private key. If it is encrypted, the passwords are tried in turn.
func (l *Loader) key(name string, passwords [][]byte) (key crypto.PrivateKey, encrypted bool, err error) {
	for _, scheme := range []string{"engine", "store"} {
		if strings.HasPrefix(name, scheme+":") {
			return nil, false, fmt.Errorf(`cannot load certificate key "%s": loading "%s:..." certificate keys is not supported`, name, scheme)
		}
	}
	text, err := l.source("certificate key", name)
	if err != nil {
		return nil, false, err
	}
	key, encrypted, codes := parseKey(text, passwords)
	if codes != nil {
		return nil, false, failed(fmt.Sprintf(`cannot load certificate key "%s": PEM_read_bio_PrivateKey() failed`, name), codes...)
	}
	return key, encrypted, nil
}

// authorities loads a file of certificates.
func (l *Loader) authorities(name string) ([]*x509.Certificate, error) {
	if l.absent(name) {
		return nil, nil
	}
	text, err := l.source("certificate", name)
	if err != nil {
		return nil, err
	}
	var list []*x509.Certificate
	for {
		der, rest, code := nextBlock(text, "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
		if code == noStartLine {
			if len(list) > 0 {
				return list, nil
			}
			code += ":Expecting: TRUSTED CERTIFICATE"
		}
		if code == "" {
			var x *x509.Certificate
			if x, err = x509.ParseCertificate(der); err == nil {
				list = append(list, x)
				text = rest
				continue
			}
			code = err.Error()
		}
		return nil, failed(`cannot load certificate "`+name+`": PEM_read_bio_X509_AUX() failed`, code)
	}
}

// revocations loads a file of certificate revocation lists.
func (l *Loader) revocations(name string) ([]*x509.RevocationList, error) {
	if l.absent(name) {
		return nil, nil
	}
	text, err := l.source("CRL", name)
	if err != nil {
		return nil, err
	}
	var list []*x509.RevocationList
	for {
		der, rest, code := nextBlock(text, "X509 CRL")
		if code == noStartLine {
			if len(list) > 0 {
				return list, nil
			}
			code += ":Expecting: X509 CRL"
		}
		if code == "" {
			var x *x509.RevocationList
			if x, err = parseRevocations(der); err == nil {
				list = append(list, x)
				text = rest
				continue
			}
			code = err.Error()
		}
		return nil, failed(`cannot load CRL "`+name+`": PEM_read_bio_X509_CRL() failed`, code)
	}
}

// ParsePasswords returns the lines of a password file, of which empty ones count for nothing.
func ParsePasswords(text []byte) [][]byte {
	var list [][]byte
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) > 0 {
			list = append(list, line)
		}
	}
	if list == nil {
		list = [][]byte{{}}
	}
	return list
}

// CheckDH reads the parameters of finite-field Diffie-Hellman, which crypto/tls
// has no use for.
func (l *Loader) CheckDH(name string) error {
	if l.absent(name) {
		return nil
	}
	text, err := l.Read(name)
	if err != nil {
		return failed(`BIO_new_file("`+name+`") failed`, openFailed(name, "r", err)...)
	}
	if _, _, code := nextBlock(text, "DH PARAMETERS", "X9.42 DH PARAMETERS"); code != "" {
		if code == noStartLine {
			code += ":Expecting: DH PARAMETERS"
		}
		return failed(`PEM_read_bio_DHparams("`+name+`") failed`, code)
	}
	return nil
}

const (
	noStartLine = "error:0480006C:PEM routines::no start line"
	badEnd      = "error:04800066:PEM routines::bad end line"
	badBase64   = "error:04800064:PEM routines::bad base64 decode"
)

// nextBlock returns the next PEM block (RFC 7468) of one of the types, skipping
// others, and what is behind it; or the code of OpenSSL's error.
func nextBlock(text []byte, types ...string) (der, rest []byte, code string) {
	for {
		i := bytes.Index(text, []byte("-----BEGIN "))
		if i < 0 || i > 0 && text[i-1] != '\n' {
			if i >= 0 {
				text = text[i+11:]
				continue
			}
			return nil, nil, noStartLine
		}
		text = text[i:]
		for _, t := range types {
			if !bytes.HasPrefix(text, []byte("-----BEGIN "+t+"-----")) {
				continue
			}
			end := bytes.Index(text, []byte("\n-----END "+t+"-----"))
			if end < 0 {
				return nil, nil, badEnd
			}
			if b, rest := pem.Decode(text); b != nil && b.Type == t {
				return b.Bytes, rest, ""
			}
			return nil, nil, badBase64
		}
		text = text[11:]
	}
}
