package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"slices"
)

// ClientSettings are what the directives about TLS to upstream servers say
// (proxy_ssl_…). File names are absolute.
type ClientSettings struct {
	Protocols Protocols
	Ciphers   string

	Certificate, Key string // what we show; "" is nothing
	Passwords        [][]byte

	Verify  bool
	Depth   int
	Trusted string // a file of authorities
	CRL     string

	Commands [][2]string // …_ssl_conf_command: name and value

	Reuse bool // resume sessions
}

// A Client is the client's side of TLS with the servers of one location.
type Client struct {
	base  *tls.Config
	check *verifier // nil unless servers are verified
}

// NewClient makes a client. What crypto/tls cannot do as it is asked to is in
// warnings.
func NewClient(s ClientSettings, l *Loader) (c *Client, warnings []string, err error) {
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	// Verification is ours: in OpenSSL's order, and against the name of
	// proxy_ssl_name, which need not be that of the SNI.
	c = &Client{base: &tls.Config{InsecureSkipVerify: true, DynamicRecordSizingDisabled: true}}
	if c.base.MinVersion, c.base.MaxVersion, err = s.Protocols.versions(warn); err != nil {
		return nil, warnings, err
	}
	if c.base.CipherSuites, err = parseCiphers(s.Ciphers, warn); err != nil {
		return nil, warnings, err
	}
	if s.Certificate != "" {
		cert, err := l.Pair(s.Certificate, s.Key, s.Passwords)
		if err != nil && l.StandIn != nil {
			cert, err = l.StandIn(s.Certificate, s.Key, nil, err)
		}
		if err != nil {
			return nil, warnings, err
		}
		c.base.Certificates = []tls.Certificate{*cert}
	}
	if s.Verify {
		c.check = &verifier{depth: s.Depth, servers: true}
		if c.check.trusted, err = l.authorities(s.Trusted); err != nil {
			return nil, warnings, err
		}
		if s.CRL != "" {
			if c.check.crls, err = l.revocations(s.CRL); err != nil {
				return nil, warnings, err
			}
		}
	}
	tickets := s.Reuse
	if err = applyCommands(c.base, s.Commands, commandsOf{&tickets, new(bool), s.Passwords, l}, warn); err != nil {
		return nil, warnings, err
	}
	if tickets {
		c.base.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	}
	return c, warnings, nil
}

// A Hello is what differs between connections of one client.
type Hello struct {
	Name         string // the server's, which its certificate must have
	SNI          bool   // tell the server its name, unless that is an address
	ALPN         []string
	Certificates []tls.Certificate // instead of the client's; nil: those
}

// Over returns the client's side of a connection. The handshake is the caller's
// to do; its error has nginx's words by HandshakeText.
func (c *Client) Over(nc net.Conn, h Hello) *tls.Conn {
	cfg := c.base.Clone()
	name := h.Name
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err != nil && h.SNI {
		cfg.ServerName = name
	}
	cfg.NextProtos = h.ALPN
	if h.Certificates != nil {
		cfg.Certificates = h.Certificates
	}
	if c.check != nil {
		cfg.VerifyConnection = func(st tls.ConnectionState) error {
			if _, r := c.check.verify(st.PeerCertificates); r != VerifyOK {
				return fmt.Errorf("upstream SSL certificate verify error: (%d:%s)", int(r), r)
			}
			if !named(st.PeerCertificates[0], name) {
				return fmt.Errorf("upstream SSL certificate does not match \"%s\"", name)
			}
			return nil
		}
	}
	return tls.Client(nc, cfg)
}

// named reports whether a certificate is for name. As for OpenSSL, the common
// name counts if there are no alternative names.
func named(cert *x509.Certificate, name string) bool {
	if cert.VerifyHostname(name) == nil {
		return true
	}
	if len(cert.DNSNames)+len(cert.IPAddresses) > 0 {
		return false
	}
	cn := strings.ToLower(cert.Subject.CommonName)
	name = strings.ToLower(name)
	if rest, ok := strings.CutPrefix(cn, "*."); ok {
		_, domain, _ := strings.Cut(name, ".")
		return domain == rest
	}
	return cn == name
}

// HandshakeText words why a handshake with a server failed, as nginx does.
func HandshakeText(err error) string {
	if s := err.Error(); strings.HasPrefix(s, "upstream SSL certificate") {
		return s
	}
	return explain(err).Text
}

// forServers reports whether a certificate may be a server's.
func forServers(c *x509.Certificate) bool {
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageServerAuth) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}
