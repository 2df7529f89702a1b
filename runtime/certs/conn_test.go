package certs

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// issued is a certificate and its key.
type issued struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

// issue makes a certificate that by signs, or that signs itself.
func issue(t *testing.T, name string, by *issued, change func(*x509.Certificate)) issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<40))
	tmpl := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: strings.HasPrefix(name, "ca"),
	}
	if change != nil {
		change(tmpl)
	}
	signer := &issued{tmpl, key}
	if by != nil {
		signer = by
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, signer.Certificate, &key.PublicKey, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return issued{c, key}
}

func chain(cs ...issued) (list []*x509.Certificate) {
	for _, c := range cs {
		list = append(list, c.Certificate)
	}
	return list
}

// TestVerify has the results of openssl verify -purpose sslclient for such chains.
func TestVerify(t *testing.T) {
	ca := issue(t, "ca", nil, nil)
	inter := issue(t, "ca inter", &ca, nil)
	leaf := issue(t, "leaf", &inter, nil)
	direct := issue(t, "direct", &ca, nil)
	self := issue(t, "self", nil, nil)
	old := issue(t, "old", &ca, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	young := issue(t, "young", &ca, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })
	server := issue(t, "server", &ca, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	notCA := issue(t, "middle", &ca, nil)
	below := issue(t, "below", &notCA, nil)
	crl := func(by issued, next time.Time, serials ...*big.Int) []*x509.RevocationList {
		tmpl := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: next}
		for _, n := range serials {
			tmpl.RevokedCertificateEntries = append(tmpl.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: n, RevocationTime: time.Now()})
		}
		c := *by.Certificate
		c.KeyUsage |= x509.KeyUsageCRLSign
		der, err := x509.CreateRevocationList(rand.Reader, tmpl, &c, by.key)
		if err != nil {
			t.Fatal(err)
		}
		l, err := x509.ParseRevocationList(der)
		if err != nil {
			t.Fatal(err)
		}
		return []*x509.RevocationList{l}
	}
	soon := time.Now().Add(time.Hour)
	for _, tt := range []struct {
		name  string
		v     verifier
		chain []*x509.Certificate
		want  VerifyResult
	}{
		{"direct", verifier{trusted: chain(ca), depth: 1}, chain(direct), VerifyOK},
		{"direct, depth 0", verifier{trusted: chain(ca)}, chain(direct), VerifyOK},
		{"intermediate sent", verifier{trusted: chain(ca), depth: 1}, chain(leaf, inter), VerifyOK},
		{"intermediate trusted", verifier{trusted: chain(inter, ca), depth: 1}, chain(leaf), VerifyOK},
		{"too deep", verifier{trusted: chain(ca)}, chain(leaf, inter), noLocalIssuer},
		{"only intermediate", verifier{trusted: chain(inter), depth: 1}, chain(leaf), noIssuer},
		{"nobody trusted", verifier{depth: 1}, chain(leaf), cannotVerifyLeaf},
		{"chain to nobody", verifier{depth: 1}, chain(leaf, inter), noLocalIssuer},
		{"chain to a stranger", verifier{depth: 1}, chain(leaf, inter, ca), selfSignedInChain},
		{"signed itself", verifier{trusted: chain(ca), depth: 1}, chain(self), selfSigned},
		{"trusted itself", verifier{trusted: chain(self), depth: 1}, chain(self), VerifyOK},
		{"expired", verifier{trusted: chain(ca), depth: 1}, chain(old), expired},
		{"not yet", verifier{trusted: chain(ca), depth: 1}, chain(young), notYetValid},
		{"for servers", verifier{trusted: chain(ca), depth: 1}, chain(server), wrongPurpose},
		{"issuer that is none", verifier{trusted: chain(ca), depth: 1}, chain(below, notCA), invalidCA},
		{"revoked", verifier{trusted: chain(ca), depth: 1, crls: crl(ca, soon, direct.SerialNumber)}, chain(direct), revoked},
		{"other revoked", verifier{trusted: chain(ca), depth: 1, crls: crl(ca, soon, leaf.SerialNumber)}, chain(direct), VerifyOK},
		{"no list", verifier{trusted: chain(ca), depth: 1, crls: crl(ca, soon)}, chain(leaf, inter), noCRL},
		{"old list", verifier{trusted: chain(ca), depth: 1, crls: crl(ca, time.Now().Add(-time.Minute))}, chain(direct), crlExpired},
	} {
		if _, got := tt.v.verify(tt.chain); got != tt.want {
			t.Errorf("%s: %d (%v), want %d (%v)", tt.name, got, got, tt.want, tt.want)
		}
	}
}

// contextOf returns a context with a certificate.
func contextOf(t *testing.T, s Settings) *Context {
	t.Helper()
	if s.Protocols == 0 {
		s.Protocols = TLSv1_2 | TLSv1_3
	}
	if s.Ciphers == "" {
		s.Ciphers = "HIGH:!aNULL"
	}
	s.Curves, s.Timeout = "auto", time.Hour
	if !s.Reject {
		s.Certificates, s.Keys = []string{"testdata/cert.pem"}, []string{"testdata/plain.key"}
	}
	x, _, err := New(s, new(Loader))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// connect makes a handshake, and returns both ends. The client reads what may
// come after it: tickets.
func connect(t *testing.T, x *Context, client *tls.Config) (*Conn, *tls.Conn, error) {
	t.Helper()
	a, b := net.Pipe()
	t.Cleanup(func() { a.Close(); b.Close() })
	s := Server(a, func(string) (*Context, error) { return x, nil })
	c := tls.Client(b, client)
	failed := make(chan error, 1)
	go func() {
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte("x"))
		}
		failed <- err
	}()
	var one [1]byte
	_, err := c.Read(one[:])
	if err != nil {
		b.Close()
	}
	return s, c, errors.Join(<-failed, err)
}

func TestSessions(t *testing.T) {
	key := [][]byte{make([]byte, 48)}
	shared := NewCache(1 << 20)
	for _, tt := range []struct {
		name     string
		one, two Settings
		want     bool
	}{
		{"tickets", Settings{Tickets: true}, Settings{Tickets: true, Timeout: 1}, true},
		{"tickets of another", Settings{Tickets: true}, Settings{Tickets: true, Context: []string{"other"}}, false},
		{"same key", Settings{Tickets: true, TicketKeys: key}, Settings{Tickets: true, TicketKeys: key}, true},
		{"shared cache", Settings{Tickets: true, Cache: shared}, Settings{Tickets: true, Cache: shared}, true},
		{"no tickets", Settings{}, Settings{}, false},
		{"no tickets, shared cache", Settings{Cache: shared}, Settings{Cache: shared}, true},
		{"other context", Settings{Cache: shared}, Settings{Cache: shared, Context: []string{"b"}}, false},
		{"off", Settings{Tickets: true, NoSessions: true}, Settings{Tickets: true}, false},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			one := contextOf(t, tt.one)
			two := one
			if tt.name != "tickets" {
				two = contextOf(t, tt.two)
			}
			cfg := &tls.Config{InsecureSkipVerify: true, MaxVersion: version, ServerName: "a", ClientSessionCache: tls.NewLRUClientSessionCache(1)}
			if _, _, err := connect(t, one, cfg); err != nil {
				t.Fatal(tt.name, err)
			}
			s, _, err := connect(t, two, cfg)
			if err != nil {
				t.Fatal(tt.name, err)
			}
			if got := s.ConnectionState().DidResume; got != tt.want {
				t.Errorf("%s, %x: resumed %t, want %t", tt.name, version, got, tt.want)
			} else if got && len(s.SessionID()) != 32 {
				t.Errorf("%s, %x: no session ID", tt.name, version)
			}
		}
	}
}

func TestHandshakeErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		server Settings
		client *tls.Config
		want   string
		alert  string
	}{
		{"rejected", Settings{Reject: true}, &tls.Config{}, "handshake rejected", "unrecognized name"},
		{"rejected 1.2", Settings{Reject: true}, &tls.Config{MaxVersion: tls.VersionTLS12}, "handshake rejected", "unrecognized name"},
		{"old client", Settings{Protocols: TLSv1_3}, &tls.Config{MaxVersion: tls.VersionTLS12}, "unsupported protocol", "protocol version"},
		{"ciphers", Settings{Protocols: TLSv1_2, Ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256"}, &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}}, "no shared cipher", "handshake failure"},
		{"ALPN", Settings{ALPN: []string{"http/1.1"}}, &tls.Config{NextProtos: []string{"x"}}, "no application protocol", "no application protocol"},
	} {
		tt.client.InsecureSkipVerify = true
		_, _, err := connect(t, contextOf(t, tt.server), tt.client)
		var h *HandshakeError
		if !errors.As(err, &h) || !tt.server.Reject && !strings.Contains(h.Text, "SSL_do_handshake() failed (SSL: error:0A") || !strings.Contains(h.Text, tt.want) || !strings.Contains(err.Error(), tt.alert) {
			t.Errorf("%s: %v, want %q and %q", tt.name, err, tt.want, tt.alert)
		}
	}
}

// TestCipherOrder has that the client's order of ciphers counts, or the server's.
func TestCipherOrder(t *testing.T) {
	const aes128, aes256 = tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
	for _, tt := range []struct {
		protocols Protocols
		own       bool
		ciphers   string
		offer     []uint16
		want      uint16
	}{
		{TLSv1_2 | TLSv1_3, false, "HIGH", []uint16{0x1302, aes256, aes128}, aes256},
		{TLSv1_2 | TLSv1_3, false, "HIGH", []uint16{aes128, aes256}, aes128},
		{TLSv1_2, true, "HIGH", []uint16{aes128, aes256}, aes256},
		{TLSv1_2, true, "AES128:HIGH", []uint16{aes256, aes128}, aes128},
		{TLSv1_2, false, "HIGH", []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, aes256, aes128}, aes256}, // there is no key for the first
		{TLSv1_2, true, "AES128:HIGH", []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, aes256}, aes256},
	} {
		x := contextOf(t, Settings{Protocols: tt.protocols, Ciphers: tt.ciphers, OwnOrder: tt.own})
		// crypto/tls offers in an order of its own, so the hello is made here.
		h := &tls.ClientHelloInfo{
			CipherSuites: tt.offer, SupportedVersions: []uint16{tls.VersionTLS12}, SupportedCurves: []tls.CurveID{tls.CurveP256},
			SupportedPoints: []uint8{0}, SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}, ServerName: "other",
		}
		if got := x.cipher(h); got != tt.want {
			t.Errorf("%q, own order %t: got %s, want %s", tt.ciphers, tt.own, CipherName(got), CipherName(tt.want))
		}
		h.SupportedVersions = append(h.SupportedVersions, tls.VersionTLS13)
		if got := x.cipher(h); tt.protocols&TLSv1_3 != 0 && got != 0 || tt.protocols&TLSv1_3 == 0 && got != tt.want {
			t.Errorf("%q with TLS 1.3: got %s", tt.ciphers, CipherName(got))
		}
	}
}

// TestCertificateByKind has that the certificate is one that the client can use,
// whatever names it is for.
func TestCertificateByKind(t *testing.T) {
	x := contextOf(t, Settings{})
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"elsewhere"}}
	der, err := x509.CreateCertificate(nil, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	x.base.Certificates = append(x.base.Certificates, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf})
	for i, schemes := range [][]tls.SignatureScheme{{tls.ECDSAWithP256AndSHA256}, {tls.Ed25519}, {tls.Ed25519, tls.ECDSAWithP256AndSHA256}, {tls.PSSWithSHA256}} {
		h := &tls.ClientHelloInfo{SupportedVersions: []uint16{tls.VersionTLS13}, SignatureSchemes: schemes, ServerName: "other"}
		got, err := x.certificate(h)
		if want := &x.base.Certificates[map[int]int{1: 1}[i]]; err != nil || got != want {
			t.Errorf("%v: got %v, %v", schemes, got.Leaf.DNSNames, err)
		}
	}
}
