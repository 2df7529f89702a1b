package httpd

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"syscall"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
)

// readProxyProtocol reads the PROXY protocol header that connections to an
// address begin with. It reports whether the connection can be served.
func (a *Address) readProxyProtocol(c *conn.Conn) bool {
	c.SetReadTimeout(a.Default.HeaderTimeout)
	limit := a.Default.Head.HeaderBuffer // it is read into the buffer of the head, unless TLS comes first
	if a.SSL {
		limit = conn.MaxProxyHeader
	}
	err := c.ReadProxyHeader(limit)
	var text conn.ProxyError
	switch {
	case err == nil:
		return true
	case errors.As(err, &text):
		a.connError(c, logs.Error, string(text)+" while reading PROXY protocol")
	case errors.Is(err, io.EOF):
		a.connError(c, logs.Error, `broken header: "" while reading PROXY protocol`)
	case errors.Is(err, os.ErrDeadlineExceeded):
		a.connError(c, logs.Info, "client timed out"+Errno(syscall.ETIMEDOUT)+" while reading PROXY protocol")
	}
	return false
}

// connError writes a line about a connection of which no request is known.
func (a *Address) connError(c *conn.Conn, level slog.Level, msg string) {
	log := a.Default.Root.ErrorLog
	if ctx := logContext(c); log.Enabled(ctx, level) {
		log.LogAttrs(ctx, level, msg,
			slog.Uint64("connection", c.Serial), slog.String("client", c.RemoteText()), slog.String("server", a.Text))
	}
}
