package httpd

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"understudy/runtime/certs"
	"understudy/runtime/conn"
	"understudy/runtime/hostnames"
	"understudy/runtime/logs"
)

// A Security is what a server says about TLS.
type Security struct {
	Context *certs.Context // nil: it has no certificate, nor rejects handshakes
	Verify  certs.Verify   // what it asks of clients, even without a context

	// Certificates returns those of one connection, of which r knows what
	// the client offered; nil unless their names contain variables.
	Certificates func(r *Request) ([]tls.Certificate, error)
}

// A secured is the TLS layer of a connection.
type secured struct {
	*certs.Conn
	server *Server // the one that the client named, or the default
	name   []byte  // as the client named it; nil unless that chose the server
	done   bool    // the handshake is
}

// security returns the connection's TLS layer, or nil.
func (r *Request) security() *secured {
	if r.Client == nil {
		return nil
	}
	s, _ := r.Client.NetConn().(*secured)
	return s
}

// TLS returns the client's TLS connection, nil if it has none, and whether the
// handshake is done: before that, only what the client offered is known.
func (r *Request) TLS() (c *certs.Conn, done bool) {
	s := r.security()
	if s == nil {
		return nil, false
	}
	return s.Conn, s.done
}

// base returns the server that a connection belongs to until a request says
// more.
func (r *Request) base() *Server {
	if s := r.security(); s != nil && s.server != nil {
		return s.server
	}
	return r.Addr.Default
}

// handshake makes a connection secure, unless the client speaks plainly: that
// is for its request to be told. It reports false if the connection is of no use.
func (k *client) handshake() bool {
	timeout := k.a.Default.HeaderTimeout
	k.c.SetReadTimeout(timeout)
	first, err := k.c.Peek(1)
	if len(first) == 0 {
		k.unshaken(err)
		return false
	}
	if first[0] != recordHandshake && first[0]&0x80 == 0 {
		return true
	}
	s := &secured{server: k.a.Default}
	s.Conn = certs.Server(k.c.Lower(), func(name string) (*certs.Context, error) { return k.choose(s, name) })
	k.c.Secure(s)
	k.c.SetWriteTimeout(timeout)
	if err := s.Handshake(); err != nil {
		k.unshaken(err)
		return false
	}
	k.c.SetWriteTimeout(0)
	if k.debugging(logs.DebugEvent) {
		k.debugf(logs.DebugEvent, "SSL_do_handshake: 1")
		if name := s.ConnectionState().ServerName; name != "" {
			k.debugf(logs.DebugEvent, "SSL server name: \"%s\"", name)
		}
	}
	s.done = true
	return true
}

// recordHandshake is the first byte of a TLS record of a handshake. With the
// high bit set, it is that of SSLv2.
const recordHandshake = 0x16

// unshaken logs why there was no handshake.
func (k *client) unshaken(err error) {
	level := logs.Info
	text := fmt.Sprintf("recv() failed%s", Errno(err))
	var failed *certs.HandshakeError
	switch {
	case errors.Is(err, conn.ErrInterrupted):
		return
	case errors.As(err, &failed):
		text = failed.Text
		if failed.Own {
			level = logs.Crit
		}
	case errors.Is(err, os.ErrDeadlineExceeded):
		text = "client timed out (110: Connection timed out)"
	case errors.Is(err, io.EOF):
		text = "client closed connection"
	}
	k.logf(level, text+" while SSL handshaking")
}

// logf writes a line about the connection to the log of its server.
func (k *client) logf(level slog.Level, msg string) {
	server := k.a.Default
	if s, ok := k.c.NetConn().(*secured); ok {
		server = s.server
	}
	log := server.Root.ErrorLog
	if ctx := logContext(k.c); log.Enabled(ctx, level) {
		log.LogAttrs(ctx, level, msg,
			slog.Uint64("connection", k.c.Serial), slog.String("client", k.c.RemoteText()), slog.String("server", k.a.Text))
	}
}

// choose finds the server that a client names in its handshake (SNI, RFC 6066
// section 3), and that server's context. A server without a context of its own
// has the default server's.
func (k *client) choose(s *secured, name string) (*certs.Context, error) {
	host := bytes.ToLower([]byte(name))
	if n := len(host); n > 0 && host[n-1] == '.' {
		host = host[:n-1]
	}
	if len(host) > 0 {
		if found, how, st := k.a.Find(nil, host); st == OK && how != hostnames.None {
			s.server, s.name = found, host
		}
	}
	x, from := s.server.TLS.Context, s.server
	if x == nil {
		from = k.a.Default
		x = from.TLS.Context
	}
	if x == nil {
		return nil, errors.New("no certificate")
	}
	if from.TLS.Certificates == nil {
		return x, nil
	}
	r := k.h.request()
	r.Client, r.Addr = k.c, k.a
	r.begin()
	defer r.release()
	list, err := from.TLS.Certificates(r)
	if err != nil {
		k.logf(logs.Error, err.Error()+" while SSL handshaking")
		return nil, certs.ErrNoCertificate
	}
	return x.With(list), nil
}

// admit refuses a request that came without what its address or server asks
// for: TLS, and a certificate of the client.
func (r *Request) admit() Status {
	if r.Client == nil || !r.Addr.SSL || r.Parent != nil {
		return OK
	}
	c, _ := r.TLS()
	if c == nil {
		r.Errorf(logs.Info, "client sent plain HTTP request to HTTPS port while reading client request headers")
		return 497
	}
	verify := r.Server.TLS.Verify
	if verify == certs.VerifyOff {
		return OK
	}
	if v := c.Verified(); v != certs.VerifyOK && (verify != certs.VerifyOptionalNoCA || !v.Optional()) {
		r.Errorf(logs.Info, "client SSL certificate verify error: (%d:%s) while reading client request headers", int(v), v)
		return 495
	}
	if verify == certs.VerifyOn && c.Certificate() == nil {
		r.Errorf(logs.Info, "client sent no required SSL certificate while reading client request headers")
		return 496
	}
	return OK
}

// misdirected reports whether the request is for a server that asks for
// certificates of clients, and the handshake was made with another one.
func (r *Request) misdirected(host []byte, s *Server) bool {
	t := r.security()
	return t != nil && t.name != nil && !bytes.Equal(t.name, host) && s.TLS.Verify != certs.VerifyOff
}
