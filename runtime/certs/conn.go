package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"
)

// A Conn is a TLS connection of a client.
type Conn struct {
	*tls.Conn

	// What the client offered.
	ServerName string
	Ciphers    []uint16
	Curves     []tls.CurveID
	Schemes    []tls.SignatureScheme

	// StatusTimeout bounds how long the status of the client's certificate may
	// take; Log is where what goes wrong then is logged. Both are set before the
	// handshake.
	StatusTimeout time.Duration
	Log           func(level slog.Level, text string)

	context    *Context
	done       bool
	status     string // what is wrong with the certificate's status; "": nothing
	verify     VerifyResult
	sessionID  [32]byte
	hasSession bool
}

// Server returns a connection over nc. When the client has said which server
// it wants, "" if it did not, choose returns that server's context.
func Server(nc net.Conn, choose func(name string) (*Context, error)) *Conn {
	c := &Conn{}
	c.Conn = tls.Server(nc, &tls.Config{
		MinVersion: tls.VersionTLS10, CipherSuites: everyCipher,
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			c.ServerName, c.Ciphers = h.ServerName, h.CipherSuites
			c.Curves, c.Schemes = h.SupportedCurves, h.SignatureSchemes
			x, err := choose(h.ServerName)
			if err != nil {
				return nil, err
			}
			c.context = x
			return x.config(c, h), nil
		},
	})
	return c
}

// config returns the configuration of one connection.
func (x *Context) config(c *Conn, h *tls.ClientHelloInfo) *tls.Config {
	if x.reject {
		// Without a certificate, crypto/tls says "unrecognized name".
		return &tls.Config{}
	}
	cipher, choice := x.cipher(h), x.staples != nil || len(x.base.Certificates) > 1
	if x.sessions == nil && !choice && cipher == 0 {
		return x.base
	}
	cfg := x.base.Clone()
	if cipher != 0 {
		cfg.CipherSuites = []uint16{cipher}
	}
	if choice {
		cfg.Certificates, cfg.GetCertificate = nil, x.certificate
	}
	if x.sessions != nil {
		x.sessions.prepare(cfg, c)
	}
	return cfg
}

// With returns the context with other certificates: those of one connection.
func (x *Context) With(list []tls.Certificate) *Context {
	y := *x
	y.base = x.base.Clone()
	y.base.Certificates, y.staples = list, nil
	return &y
}

// Handshake does the handshake, and checks the client's certificate. An error
// is a *HandshakeError.
func (c *Conn) Handshake() error {
	if err := c.Conn.Handshake(); err != nil {
		if c.context != nil && c.context.reject {
			return &HandshakeError{err, "handshake rejected", false}
		}
		return explain(err)
	}
	if c.context.Verify != VerifyOff {
		if sent := c.Conn.ConnectionState().PeerCertificates; len(sent) > 0 {
			var chain []*x509.Certificate
			chain, c.verify = c.context.store.verify(sent)
			if err := c.askStatus(chain); err != nil {
				return explain(err)
			}
		}
	}
	c.done = true
	return nil
}

// askStatus asks what has become of a certificate that is good otherwise, with the
// chain of its issuers. An error is that it takes too long.
func (c *Conn) askStatus(chain []*x509.Certificate) error {
	x := c.context
	if x.status == nil || c.verify != VerifyOK {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.StatusTimeout)
	defer cancel()
	c.status = x.status.check(ctx, chain, x.store, c.Log)
	if ctx.Err() != nil {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// Done reports whether the handshake is done: before that, only what the client
// offered is known.
func (c *Conn) Done() bool { return c.done }

// Refusal says why a client is not let in by a server that asks for v, as nginx
// logs it; "" if it is. Missing is for a certificate that did not come.
func (c *Conn) Refusal(v Verify) (why string, missing bool) {
	switch r := c.verify; {
	case v == VerifyOff:
		return "", false
	case r != VerifyOK && (v != VerifyOptionalNoCA || !r.Optional()):
		return fmt.Sprintf("client SSL certificate verify error: (%d:%s)", int(r), r), false
	case v == VerifyOn && c.Certificate() == nil:
		return "client sent no required SSL certificate", true
	case c.status != "":
		return "client SSL certificate verify error: " + c.status, false
	}
	return "", false
}

// Fault is what is wrong with the client's certificate: "" if it is good, or
// was not asked for, or did not come.
func (c *Conn) Fault() string {
	if c.verify != VerifyOK {
		return c.verify.String()
	}
	return c.status
}

// Certificate returns the client's certificate, or nil.
func (c *Conn) Certificate() *x509.Certificate {
	if chain := c.Conn.ConnectionState().PeerCertificates; len(chain) > 0 {
		return chain[0]
	}
	return nil
}

// SessionID returns a name of the session, which is empty if it cannot be
// resumed.
func (c *Conn) SessionID() []byte {
	if !c.hasSession {
		return nil
	}
	return c.sessionID[:]
}

// ProtocolName returns the name that OpenSSL has for a version: "TLSv1.3".
func ProtocolName(version uint16) string {
	switch version {
	case tls.VersionTLS10:
		return "TLSv1"
	case tls.VersionTLS11:
		return "TLSv1.1"
	case tls.VersionTLS12:
		return "TLSv1.2"
	case tls.VersionTLS13:
		return "TLSv1.3"
	}
	return "unknown"
}
