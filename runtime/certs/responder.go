package certs

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ocsp"

	"understudy/runtime/conn"
)

// A Responder is where the status of certificates is asked for (OCSP, RFC 6960).
type Responder struct {
	Host  string // without the port
	Port  int
	URI   string           // "" is "/"
	Addrs []netip.AddrPort // those known when the configuration was read
}

// A Lookup finds the addresses of a responder's host. Its error has nginx's words.
type Lookup func(ctx context.Context, host string) ([]netip.Addr, error)

// A logger writes a line about what is asked.
type logger func(level slog.Level, text string)

// An inquiry asks for the status of one certificate.
type inquiry struct {
	cert, issuer *x509.Certificate
	others       []*x509.Certificate // the responder's may be among them
	store        *verifier
	trust        trust

	responder *Responder
	lookup    Lookup // nil: there is no resolver
	name      string // of the certificate's file; "" if it is a client's
	log       logger
}

// responseTimeout is how long a responder may take for an answer, from the beginning
// of the connection to the end.
const responseTimeout = 60 * time.Second

// maxResponse is the size of nginx's buffer for the head and the response.
const maxResponse = 16384

// logf logs what is wrong, as ngx_ssl_ocsp_log_error words it.
func (q *inquiry) logf(level slog.Level, peer string, format string, args ...any) {
	text := fmt.Sprintf(format, args...) + " while requesting certificate status, responder: " + q.responder.Host
	if peer != "" {
		text += ", peer: " + peer
	}
	if q.name != "" {
		text += fmt.Sprintf(", certificate: %q", q.name)
	}
	q.log(level, text)
}

// ask returns the response of the responder, nil if there is none, and the
// address that it came from. Why there is none has been logged, unless it is the
// status of the answer.
func (q *inquiry) ask(ctx context.Context) (response []byte, peer string) {
	der, err := ocsp.CreateRequest(q.cert, q.issuer, nil)
	if err != nil {
		q.logf(levelCrit, "", "OCSP_cert_to_id() failed (SSL: %v)", err)
		return nil, ""
	}
	uri := q.responder.URI
	if !strings.HasSuffix(uri, "/") {
		uri += "/"
	}
	request := "GET " + uri + strings.ReplaceAll(url.QueryEscape(base64.StdEncoding.EncodeToString(der)), "+", "%20") +
		" HTTP/1.0\r\nHost: " + q.responder.Host + "\r\n\r\n"
	for _, a := range q.addresses(ctx) {
		peer = a.String()
		code, body, ok := q.get(ctx, peer, request)
		if !ok && ctx.Err() == nil {
			continue // the next one may do better
		}
		if code != 200 {
			return nil, peer
		}
		return body, peer
	}
	return nil, ""
}

// addresses are those of the responder.
func (q *inquiry) addresses(ctx context.Context) []netip.AddrPort {
	r := q.responder
	if _, err := netip.ParseAddr(strings.Trim(r.Host, "[]")); err == nil {
		return r.Addrs
	}
	if q.lookup == nil {
		level := slog.LevelWarn
		if len(r.Addrs) == 0 {
			level = slog.LevelError
		}
		q.logf(level, "", "no resolver defined to resolve %s", r.Host)
		return r.Addrs
	}
	found, err := q.lookup(ctx, r.Host)
	if err != nil {
		q.logf(slog.LevelError, "", "%v", err)
		return nil
	}
	var list []netip.AddrPort
	for _, a := range found {
		list = append(list, netip.AddrPortFrom(a, uint16(r.Port)))
	}
	return list
}

// get makes a request. It reports false if another address should be asked.
func (q *inquiry) get(ctx context.Context, peer, request string) (code int, body []byte, ok bool) {
	over := func(err error) bool { // there is no more time
		var timeout net.Error
		return ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout()
	}
	log := func(call string, err error) {
		switch {
		case ctx.Err() != nil:
		case over(err):
			q.logf(slog.LevelError, peer, "OCSP responder timed out%s", conn.ErrorText(syscall.ETIMEDOUT))
		default:
			q.logf(slog.LevelError, peer, "%s() failed%s", call, conn.ErrorText(err))
		}
	}
	d := net.Dialer{Deadline: time.Now().Add(responseTimeout)}
	nc, err := d.DialContext(ctx, "tcp", peer)
	if err != nil {
		log("connect", err)
		return 0, nil, false
	}
	defer nc.Close()
	nc.SetDeadline(d.Deadline)
	defer context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) })()
	if _, err := io.WriteString(nc, request); err != nil {
		log("send", err)
		return 0, nil, false
	}
	text, err := io.ReadAll(io.LimitReader(nc, maxResponse))
	if err != nil {
		log("recv", err)
		if over(err) {
			return 0, nil, false
		} // else what came before may do
	}
	code, body, why := parseResponse(text)
	if why != "" {
		q.logf(slog.LevelError, peer, "OCSP responder %s", why)
	}
	return code, body, why == ""
}

// parseResponse splits what a responder sent into its status and the body. If
// it cannot be, why says so.
func parseResponse(text []byte) (code int, body []byte, why string) {
	const invalid, short = "sent invalid response", "prematurely closed connection"
	line, rest, whole := cutLine(text)
	if !whole {
		return 0, nil, short
	}
	proto, status, _ := strings.Cut(line, " ")
	var major, minor int
	if n, err := fmt.Sscanf(proto, "HTTP/%d.%d", &major, &minor); n != 2 || err != nil || major < 1 || minor < 0 {
		return 0, nil, invalid
	}
	status = strings.TrimLeft(status, " ")
	if len(status) < 3 || len(status) > 3 && status[3] != ' ' && status[3] != '.' {
		return 0, nil, invalid
	}
	for _, c := range status[:3] {
		if c < '0' || c > '9' {
			return 0, nil, invalid
		}
		code = code*10 + int(c-'0')
	}
	for {
		if line, rest, whole = cutLine(rest); !whole {
			return 0, nil, short
		}
		if line == "" {
			return code, rest, ""
		}
		name, value, _ := strings.Cut(line, ":")
		if name == "" || name[0] == '-' || strings.ContainsFunc(name, func(r rune) bool {
			return r != '-' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
		}) {
			return 0, nil, invalid
		}
		value = strings.Trim(value, " ")
		if strings.EqualFold(name, "Content-Type") && !strings.EqualFold(value, "application/ocsp-response") {
			return 0, nil, fmt.Sprintf(`sent invalid "Content-Type" header: "%s"`, value)
		}
	}
}

func cutLine(text []byte) (line string, rest []byte, whole bool) {
	l, rest, whole := bytes.Cut(text, []byte("\n"))
	return strings.TrimSuffix(string(l), "\r"), rest, whole
}
