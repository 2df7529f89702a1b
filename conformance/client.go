package conformance

import (
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// A client holds the connections of a script, by the exchange that opened them.
type client struct {
	script *script
	places *places
	conns  map[string]*clientConn
}

type clientConn struct {
	net.Conn
	eof     bool
	refused bool   // the TLS handshake failed
	subject string // name in the peer's certificate
}

const (
	answerLimit = 5 * time.Second         // for an answer that has to come
	firstByte   = 1500 * time.Millisecond // for an answer that may come
	wrongIdle   = 200 * time.Millisecond  // silence that ends an answer that is wrong already
	openGrace   = 20 * time.Millisecond   // time in which a connection that stays open would have closed
)

func (c *client) close() {
	for _, conn := range c.conns {
		conn.Close()
	}
}

// refused stands for the answer where there was no TLS handshake.
const refused = "@refused\n"

// connect returns the connection of x.
func (c *client) connect(x *exchange) (*clientConn, error) {
	if x.on != "" {
		conn := c.conns[x.on]
		if conn == nil {
			return nil, fmt.Errorf("exchange %s has no connection", x.on)
		}
		c.conns[x.name] = conn
		return conn, nil
	}
	network, addr := "tcp", c.places.expand(x.to)
	if x.udp {
		network = "udp"
	}
	if strings.HasPrefix(addr, "/") {
		network = "unix"
	}
	dialer := net.Dialer{Timeout: answerLimit}
	if x.from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(x.from)}
	}
	conn, err := dialer.Dial(network, addr)
	if err != nil {
		return nil, err
	}
	opened := &clientConn{Conn: conn}
	if x.tls != "" {
		// The harness compares what nginx says, not who it is.
		secure := tls.Client(conn, &tls.Config{ServerName: x.tls, InsecureSkipVerify: true})
		opened.Conn = secure
		secure.SetDeadline(time.Now().Add(answerLimit))
		opened.refused = secure.Handshake() != nil
		secure.SetDeadline(time.Time{})
		if certs := secure.ConnectionState().PeerCertificates; len(certs) > 0 {
			opened.subject = certs[0].Subject.CommonName
		}
	}
	c.conns[x.name] = opened
	return opened, nil
}

// send obeys the orders of x. A peer that closes early is seen in the answer,
// so failing writes are not errors.
func (c *client) send(conn *clientConn, x *exchange) error {
	orders, err := parseOrders(c.places.expand(x.orders))
	if err != nil {
		return err
	}
	for _, o := range orders {
		if o.verb == "send" {
			conn.SetWriteDeadline(time.Now().Add(answerLimit))
			conn.Write(o.data)
			continue
		}
		if err := common(conn.Conn, o); err != nil && err != errClosed {
			return err
		}
	}
	return nil
}

// record returns all that comes until the connection is silent for a while.
func (c *client) record(conn *clientConn, x *exchange) string {
	if conn.refused {
		return refused
	}
	var got []byte
	wait := max(firstByte, c.script.idle)
	for !conn.eof && conn.read(&got, wait) {
		wait = c.script.idle
	}
	return c.text(got, x, conn)
}

// compare reads until what came is what is wanted, or cannot become it.
func (c *client) compare(conn *clientConn, x *exchange, last bool) string {
	if conn.refused {
		return refused
	}
	var got []byte
	open, closed := strings.CutSuffix(x.want, "@closed\n")
	deadline := time.Now().Add(answerLimit)
	for time.Now().Before(deadline) {
		text := c.text(got, x, &clientConn{subject: conn.subject})
		if text == open {
			wait := openGrace
			switch {
			case closed:
				wait = answerLimit
			case !last:
				return text
			}
			if conn.eof || !conn.read(&got, wait) {
				break
			}
			continue
		}
		if conn.eof {
			break
		}
		idle := answerLimit
		n := len(text) - 80 // a date may be complete only with the next read
		if len(text) >= len(open) || n > 0 && !strings.HasPrefix(open, text[:n]) {
			idle = wrongIdle
		}
		if !conn.read(&got, idle) {
			break
		}
	}
	return c.text(got, x, conn)
}

// read appends what arrives within wait to got. It is false if nothing did.
func (conn *clientConn) read(got *[]byte, wait time.Duration) bool {
	var buf [32 << 10]byte
	conn.SetReadDeadline(time.Now().Add(wait))
	n, err := conn.Read(buf[:])
	*got = append(*got, buf[:n]...)
	switch {
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded):
	default: // io.EOF, or reset because the peer did not want all we sent
		conn.eof = true
	}
	return n > 0 || conn.eof
}

// text is how got stands in a script.
func (c *client) text(got []byte, x *exchange, conn *clientConn) string {
	out := normalize(string(got), c.places, c.script.masks)
	tail := ""
	if x.joined {
		out = join(out)
	}
	if x.digest {
		if head, body, ok := strings.Cut(out, "\r\n\r\n"); ok {
			out = head + "\r\n\r\n"
			tail = fmt.Sprintf("@body %d bytes, SHA-256 %x\n", len(body), sha256.Sum256([]byte(body)))
		}
	}
	out = encode([]byte(out)) + tail
	if x.tls != "" {
		out = "@certificate " + conn.subject + "\n" + out
	}
	if conn.eof {
		out += "@closed\n"
	}
	return out
}

// join makes one chunk of all chunks of a response.
func join(response string) string {
	head, rest, ok := strings.Cut(response, "\r\n\r\n")
	if !ok || !strings.Contains(head, "\r\nTransfer-Encoding: chunked") {
		return response
	}
	body := ""
	for {
		size, after, ok := strings.Cut(rest, "\r\n")
		n, err := strconv.ParseUint(size, 16, 31)
		if !ok || err != nil || n == 0 || len(after) < int(n)+2 {
			break
		}
		body += after[:n]
		rest = after[n+2:]
	}
	return fmt.Sprintf("%s\r\n\r\n%x\r\n%s\r\n%s", head, len(body), body, rest)
}
