package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"understudy/runtime/certs"
	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/hostnames"
	"understudy/runtime/logs"
)

// A Security is what a server says about TLS.
type Security = certs.Security[*Request]

// A secured is the TLS layer of a connection.
type secured struct {
	*certs.Conn
	server *Server // the one that the client named, or the default
	name   []byte  // as the client named it; nil unless that chose the server
}

// security returns the connection's TLS layer, or nil.
func (r *Request) security() *secured {
	if r.Client == nil {
		return nil
	}
	s, _ := r.Client.NetConn().(*secured)
	return s
}

// TLS returns the client's TLS connection, nil if it has none.
func (r *Request) TLS() *certs.Conn {
	s := r.security()
	if s == nil {
		return nil
	}
	return s.Conn
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
	s.StatusTimeout = timeout
	s.Log = func(level slog.Level, text string) {
		s.server.Root.ErrorLog.LogAttrs(logContext(k.c), level, text, slog.Uint64("connection", k.c.Serial))
	}
	k.c.Secure(s)
	k.c.SetWriteTimeout(timeout)
	if err := s.Handshake(); err != nil {
		k.unshaken(err)
		return false
	}
	k.c.SetWriteTimeout(0)
	k.c.SetRecord(s.server.TLS.Record)
	if k.debugging(logs.DebugEvent) {
		k.debugf(logs.DebugEvent, "SSL_do_handshake: 1")
		if name := s.ConnectionState().ServerName; name != "" {
			k.debugf(logs.DebugEvent, "SSL server name: \"%s\"", name)
		}
	}
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
	if host, _, err := h1.AppendHost(nil, []byte(name)); err == nil {
		if m := k.h.Mapping; m != nil {
			host = m.server(host)
		}
		if found, how, st := k.a.Find(nil, host); st == OK && how != hostnames.None {
			s.server, s.name = found, host
		}
	}
	x, from := s.server.TLS.Context, s.server
	if x == nil {
		from = k.a.Default
		if from.TLS.Context == nil {
			return nil, errors.New("no certificate")
		}
		x = from.TLS.Context.ForOther()
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
	if r.trace != nil && r.Parent == nil {
		return r.unexplained()
	}
	if r.Client == nil || !r.Addr.SSL || r.Parent != nil {
		return OK
	}
	c := r.TLS()
	if c == nil {
		r.Errorf(logs.Info, "client sent plain HTTP request to HTTPS port while reading client request headers")
		return 497
	}
	switch why, missing := c.Refusal(r.Server.TLS.Verify); {
	case missing:
		r.Errorf(logs.Info, "%s while reading client request headers", why)
		return 496
	case why != "":
		r.Errorf(logs.Info, "%s while reading client request headers", why)
		return 495
	}
	return OK
}

// misdirected reports whether the request is for a server that asks for
// certificates of clients, and the handshake was made with another one.
func (r *Request) misdirected(host []byte, s *Server) bool {
	t := r.security()
	return t != nil && t.name != nil && !bytes.Equal(t.name, host) && s.TLS.Verify != certs.VerifyOff
}
