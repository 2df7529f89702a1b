// Package certs is the server's side of TLS: certificates and keys, who may
// use which protocols and ciphers, session tickets, client certificates. It
// stands for what nginx does with OpenSSL, on crypto/tls, and words errors as
// OpenSSL does. HTTP and stream servers share it.
package certs

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

// Protocols is a set of protocol versions.
type Protocols uint8

// The versions that ssl_protocols names.
const (
	SSLv2 Protocols = 1 << iota
	SSLv3
	TLSv1
	TLSv1_1
	TLSv1_2
	TLSv1_3
)

// Verify says what is asked of clients (ssl_verify_client).
type Verify uint8

const (
	VerifyOff Verify = iota
	VerifyOn
	VerifyOptional
	VerifyOptionalNoCA // any certificate is taken whose issuer is unknown
)

// Settings are what the directives of a server say. File names are absolute;
// a certificate or key may also be its own text, after "data:".
type Settings struct {
	Certificates, Keys []string
	Passwords          [][]byte // to try on encrypted keys
	Names              []string // of the server, for certificates that stand in
	Context            []string // names of certificates that are not known yet: its sessions differ from others'

	Protocols Protocols
	Ciphers   string // as OpenSSL has them, for TLS 1.2 and before
	OwnOrder  bool   // of ciphers counts, not the client's (ssl_prefer_server_ciphers)
	Curves    string // names with ":" between them, or "auto"

	Verify   Verify
	Depth    int    // how many intermediate certificates a client may need
	ClientCA string // a file of authorities, whose names clients are told
	Trusted  string // a file of more of them
	CRL      string // a file of revocation lists

	Tickets    bool
	TicketKeys [][]byte      // what is in the files; the first makes tickets
	Timeout    time.Duration // of sessions
	Cache      *Cache        // nil: sessions are in tickets only
	NoSessions bool          // ssl_session_cache off

	Status *StatusCheck // of clients' certificates; nil: responders are not asked

	ALPN     []string
	Commands [][2]string // ssl_conf_command: name and value
	Reject   bool        // every handshake (ssl_reject_handshake)
}

// A Context is what one server says about TLS.
type Context struct {
	Verify Verify

	names []string // of the files of certificates; "" of one that stands in for another

	base      *tls.Config
	store     *verifier // what is trusted, whether clients are verified or not
	staples   []*staple // for each certificate, nil if it has none; nil: no responses are fetched
	status    *StatusCheck
	sessions  *sessions
	ownOrder  bool
	reject    bool
	certified bool // it has certificates, which need not be loaded yet
}

// New makes the context of a server. What crypto/tls cannot do as it is asked
// to is in warnings.
func New(s Settings, l *Loader) (x *Context, warnings []string, err error) {
	x = &Context{Verify: s.Verify, status: s.Status, ownOrder: s.OwnOrder, reject: s.Reject, certified: len(s.Certificates)+len(s.Context) > 0}
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	// The size of records is the caller's choice (ssl_buffer_size).
	c := &tls.Config{NextProtos: s.ALPN, DynamicRecordSizingDisabled: true}
	if c.MinVersion, c.MaxVersion, err = s.Protocols.versions(warn); err != nil {
		return nil, warnings, err
	}
	if c.CipherSuites, err = parseCiphers(s.Ciphers, warn); err != nil {
		return nil, warnings, err
	}
	if c.MinVersion <= tls.VersionTLS12 && len(c.CipherSuites) == 0 {
		warn(`"ssl_ciphers %s": none of them can be offered, and TLSv1.2 or older not be used`, s.Ciphers)
		c.MinVersion = tls.VersionTLS13
		if c.MaxVersion < tls.VersionTLS13 {
			return nil, warnings, fmt.Errorf(`none of the ciphers of "%s" is supported`, s.Ciphers)
		}
	}
	id := []byte(strings.Join(s.Context, "\x00"))
	for i, name := range s.Certificates {
		cert, err := l.Pair(name, s.Keys[i], s.Passwords)
		file := name
		if err != nil && l.StandIn != nil {
			cert, err = l.StandIn(name, s.Keys[i], s.Names, err)
			file = ""
		}
		if err == errOtherKind {
			warn(`the key "%s" is not of the kind of the certificate "%s", which cannot be used`, s.Keys[i], name)
			continue
		}
		if err != nil {
			return nil, warnings, err
		}
		c.Certificates, x.names = append(c.Certificates, *cert), append(x.names, file)
		id = append(id, cert.Certificate[0]...)
	}
	if err := x.clients(c, &s, l); err != nil {
		return nil, warnings, err
	}
	if c.CurvePreferences, err = parseCurves(s.Curves, warn); err != nil {
		return nil, warnings, err
	}
	if err := applyCommands(c, s.Commands, commandsOf{&s.Tickets, &x.ownOrder, s.Passwords, l}, warn); err != nil {
		return nil, warnings, err
	}
	for _, ca := range x.authorities() {
		id = append(id, ca.RawSubject...)
	}
	sum := sha256.Sum256(id)
	x.sessions = newSessions(&s, sum)
	c.SessionTicketsDisabled = x.sessions == nil
	x.base = c
	return x, warnings, nil
}

// OnlyRejects reports whether every handshake is rejected, and there is no
// certificate for those that other servers might accept.
func (x *Context) OnlyRejects() bool { return x.reject && !x.certified }

// ForOther returns the context as another server of the address has it that has
// none of its own: whether a handshake is rejected, that server says.
func (x *Context) ForOther() *Context {
	if !x.reject {
		return x
	}
	y := *x
	y.reject = false
	return &y
}

// clients says what is asked of clients.
func (x *Context) clients(c *tls.Config, s *Settings, l *Loader) error {
	v := &verifier{depth: s.Depth}
	x.store = v
	if s.Verify != VerifyOff {
		// A client that fails is let in, and told so with an answer.
		c.ClientAuth = tls.RequestClientCert
		c.ClientCAs = x509.NewCertPool()
		if s.ClientCA != "" {
			list, err := l.authorities(s.ClientCA)
			if err != nil {
				return err
			}
			v.trusted = list
			for _, ca := range list {
				c.ClientCAs.AddCert(ca)
			}
		}
	}
	if s.Trusted != "" {
		list, err := l.authorities(s.Trusted)
		if err != nil {
			return err
		}
		v.trusted = append(v.trusted, list...)
	}
	if s.CRL != "" {
		var err error
		v.crls, err = l.revocations(s.CRL)
		return err
	}
	return nil
}

// authorities are those that client certificates are checked with.
func (x *Context) authorities() []*x509.Certificate {
	if x.Verify == VerifyOff {
		return nil
	}
	return x.store.trusted
}

// versions returns the range of versions. crypto/tls has no gaps in it, and
// nothing before TLS 1.0.
func (p Protocols) versions(warn func(string, ...any)) (lo, hi uint16, err error) {
	if p&(SSLv2|SSLv3) != 0 {
		warn(`"ssl_protocols": SSLv2 and SSLv3 are not supported, ignored`)
	}
	gap := false
	for i, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		if p&(TLSv1<<i) == 0 {
			continue
		}
		gap = gap || hi != 0 && hi != v-1
		if lo == 0 {
			lo = v
		}
		hi = v
	}
	if hi == 0 {
		return 0, 0, fmt.Errorf(`"ssl_protocols": none of the protocols is supported`)
	}
	if gap {
		// As OpenSSL does when a version in the middle is missing, but from
		// above: the newer versions are the ones to keep.
		for lo = hi; lo > tls.VersionTLS10 && p&(TLSv1<<(lo-1-tls.VersionTLS10)) != 0; lo-- {
		}
		warn(`"ssl_protocols": versions must follow each other, those below the gap are not used`)
	}
	return lo, hi, nil
}
