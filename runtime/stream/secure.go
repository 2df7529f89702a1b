package stream

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"os"

	"understudy/runtime/certs"
	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/hostnames"
	"understudy/runtime/logs"
)

// A Security is what a server says about TLS.
type Security = certs.Security[*Session]

// secure makes the connection with the client secure, and lets the client go on
// if the server that it named likes its certificate. (ngx_stream_ssl_handler)
func (s *Session) secure() Status {
	if s.Client == nil {
		return s.foreseen()
	}
	s.Action = "SSL handshaking"
	if st := s.noDelay(); st != OK {
		return st
	}
	c := s.Client
	s.TLS = certs.Server(c.Lower(), s.choose)
	c.SetReadTimeout(s.Server.HandshakeTimeout)
	c.SetWriteTimeout(s.Server.HandshakeTimeout)
	s.TLS.StatusTimeout = s.Server.HandshakeTimeout
	s.TLS.Log = func(level slog.Level, text string) {
		s.Server.ErrorLog.LogAttrs(s.logContext(), level, text, slog.Uint64("connection", c.Serial))
	}
	c.Secure(s.TLS)
	err := s.TLS.Handshake()
	c.SetReadTimeout(0)
	c.SetWriteTimeout(0)
	if err != nil {
		s.unshaken(err)
		return Internal
	}
	if why, _ := s.TLS.Refusal(s.Server.TLS.Verify); why != "" {
		s.Errorf(logs.Info, "%s", why)
		return Internal
	}
	return OK
}

// unshaken logs why there was no handshake; nginx says nothing of one that took
// too long.
func (s *Session) unshaken(err error) {
	var failed *certs.HandshakeError
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed), errors.Is(err, conn.ErrCanceled):
	case errors.Is(err, io.EOF):
		s.Errorf(logs.Info, "peer closed connection in SSL handshake")
	case errors.As(err, &failed) && failed.Own:
		s.Errorf(logs.Crit, "%s", failed.Text)
	default:
		s.Errorf(logs.Info, "%v", err)
	}
}

// choose finds the server that a client names in its handshake (SNI, RFC 6066
// section 3), with which the session goes on, and that server's context. A
// server without a context of its own has the default server's.
func (s *Session) choose(name string) (*certs.Context, error) {
	if host, _, err := h1.AppendHost(nil, []byte(name)); err == nil {
		found, how, err := s.Addr.Find(host, s)
		if err != nil {
			return nil, err
		}
		if how != hostnames.None {
			s.Server = found
		}
	}
	t := &s.Server.TLS
	x := t.Context
	if x == nil {
		if t = &s.Addr.Default.TLS; t.Context == nil {
			return nil, certs.ErrNoCertificate
		}
		x = t.Context.ForOther()
	}
	if t.Certificates == nil {
		return x, nil
	}
	list, err := t.Certificates(s)
	if err != nil {
		s.Errorf(logs.Error, "%v", err)
		return nil, certs.ErrNoCertificate
	}
	return x.With(list), nil
}
