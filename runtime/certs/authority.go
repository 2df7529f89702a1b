package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// An Authority is a certificate authority of one person on one machine: it
// certifies servers that are tried out there. Nothing trusts it unless told to.
type Authority struct {
	Dir string // where it and what it issues is kept, readable by its owner only

	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

const (
	authorityFile = "ca.pem"
	authorityKey  = "ca-key.pem"

	authorityYears = 10
	issuedDays     = 397 // what browsers accept at most
	renewDays      = 30  // before the end
)

// OpenAuthority opens the authority that dir has, or makes one.
func OpenAuthority(dir string) (*Authority, error) {
	a := &Authority{Dir: dir}
	err := a.load()
	if errors.Is(err, fs.ErrNotExist) {
		if err = a.create(); err == nil {
			err = a.load()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the local certificate authority in %s cannot be used: %w", dir, err)
	}
	return a, nil
}

// File is the authority's certificate, in PEM.
func (a *Authority) File() string { return filepath.Join(a.Dir, "ca", authorityFile) }

// Certificate is the authority's certificate.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

func (a *Authority) load() error {
	text, err := os.ReadFile(a.File())
	if err != nil {
		return err
	}
	key, err := os.ReadFile(filepath.Join(a.Dir, "ca", authorityKey))
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(text, key)
	if err != nil {
		return err
	}
	var ok bool
	if a.key, ok = pair.PrivateKey.(*ecdsa.PrivateKey); !ok {
		return errors.New("its key is not one of its own making")
	}
	a.cert = pair.Leaf
	if now := time.Now(); now.After(a.cert.NotAfter) {
		return fmt.Errorf("it ended on %s: remove the folder", a.cert.NotAfter.Format(time.DateOnly))
	}
	return nil
}

// create makes a new authority. Of several processes that do so at once, one
// wins, and its is the authority of all.
func (a *Authority) create() error {
	if err := os.MkdirAll(a.Dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(a.Dir, "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	host, _ := os.Hostname()
	now := time.Now()
	t := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{Organization: []string{"understudy development CA"}, CommonName: strings.TrimSpace("understudy " + host)},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.AddDate(authorityYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return err
	}
	text, err := pemKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, authorityKey), text, 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, authorityFile), pemCertificate(der), 0o600); err != nil {
		return err
	}
	err = os.Rename(tmp, filepath.Join(a.Dir, "ca"))
	if _, found := os.Stat(a.File()); found == nil {
		return nil // ours, or that of who was faster
	}
	return err
}

// Issue returns a certificate for the names of a server, and for this machine. It
// is kept for the next time. What is no name that a certificate can have, such
// as a regular expression, is left out.
func (a *Authority) Issue(names []string) (*tls.Certificate, error) {
	dns, ips := subjects(names)
	sum := sha256.Sum256(append(fmt.Appendf(nil, "%s %s ", dns, ips), a.cert.Raw...))
	file := filepath.Join(a.Dir, "issued", hex.EncodeToString(sum[:12])+".pem")
	if text, err := os.ReadFile(file); err == nil {
		if c, err := tls.X509KeyPair(text, text); err == nil && time.Until(c.Leaf.NotAfter) > renewDays*24*time.Hour {
			return &c, nil
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	t := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{Organization: []string{"understudy development certificate"}, CommonName: commonName(dns)},
		NotBefore:    now.Add(-time.Hour), NotAfter: now.AddDate(0, 0, issuedDays),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: dns, IPAddresses: ips,
	}
	if t.NotAfter.After(a.cert.NotAfter) {
		t.NotAfter = a.cert.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	text, err := pemKey(key)
	if err != nil {
		return nil, err
	}
	text = append(pemCertificate(der), text...)
	c, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, err
	}
	_ = replace(file, text) // one that cannot be kept is made again
	return &c, nil
}

// subjects sorts the names of a server into those of DNS and addresses. The
// names of this machine are among them.
func subjects(names []string) (dns []string, ips []net.IP) {
	ips = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	add := func(name string) {
		if !slices.Contains(dns, name) {
			dns = append(dns, name)
		}
	}
	for _, n := range names {
		n = strings.ToLower(strings.TrimSuffix(n, "."))
		switch ip := net.ParseIP(strings.Trim(n, "[]")); {
		case ip != nil:
			ips = append(ips, ip)
		case strings.HasPrefix(n, ".") && isName(n[1:]):
			add(n[1:])
			add("*" + n)
		case strings.HasPrefix(n, "*.") && isName(n[2:]), isName(n):
			add(n)
		}
	}
	slices.Sort(dns)
	if !slices.Contains(dns, "localhost") {
		dns = append(dns, "localhost", "*.localhost")
	}
	return dns, ips
}

// isName reports whether s is a host name (RFC 1123 section 2.1), underscores
// allowed within it.
func isName(s string) bool {
	if s == "" || len(s) > 253 || s == "_" {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// commonName is the first name that is short enough to be one.
func commonName(dns []string) string {
	for _, n := range dns {
		if len(n) <= 64 { // ub-common-name, RFC 5280 appendix A.1
			return n
		}
	}
	return ""
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return n.Add(n, big.NewInt(1))
}

func pemCertificate(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func pemKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// replace writes a file that only its owner can read, at once.
func replace(name string, text []byte) error {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "new-") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
