package conformance

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A backend is a peer of the program under test that answers by a script and
// keeps every byte it received.
type backend struct {
	*backendScript
	listener net.Listener
	answers  [][]order // the last one repeats

	mu    sync.Mutex // guards what follows
	next  int        // the answer to the next request
	conns []*backendConn
	wg    sync.WaitGroup
}

type backendConn struct {
	net.Conn
	mu  sync.Mutex
	got bytes.Buffer
	eof bool // an @eof order saw the end
}

func (c *backendConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got.Write(p[:n])
	return n, err
}

func startBackend(s *backendScript, addr string, expand func(string) string) (*backend, error) {
	b := &backend{backendScript: s}
	orders, err := parseOrders(expand(s.orders))
	if err != nil {
		return nil, err
	}
	b.answers = [][]order{nil}
	for _, o := range orders {
		if o.verb == "next" {
			b.answers = append(b.answers, nil)
			continue
		}
		last := &b.answers[len(b.answers)-1]
		*last = append(*last, o)
	}
	if b.listener, err = net.Listen("tcp", addr); err != nil {
		return nil, err
	}
	b.wg.Go(b.accept)
	return b, nil
}

func (b *backend) accept() {
	for {
		c, err := b.listener.Accept()
		if err != nil {
			return
		}
		bc := &backendConn{Conn: c}
		b.mu.Lock()
		b.conns = append(b.conns, bc)
		b.mu.Unlock()
		b.wg.Go(func() { b.serve(bc) })
	}
}

func (b *backend) serve(c *backendConn) {
	defer c.Close()
	r := bufio.NewReader(c)
	for {
		if !b.raw {
			if err := skipRequest(r); err != nil {
				return
			}
		}
		if err := c.run(b.answer(), r); err != nil {
			return
		}
		if b.raw {
			io.Copy(io.Discard, r)
			return
		}
	}
}

func (b *backend) answer() []order {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.answers[min(b.next, len(b.answers)-1)]
	b.next++
	return a
}

var errClosed = errors.New("closed by the script")

func (c *backendConn) run(orders []order, r *bufio.Reader) error {
	for _, o := range orders {
		var err error
		switch o.verb {
		case "send":
			_, err = c.Write(o.data)
		case "read":
			n, e := strconv.Atoi(o.arg)
			if e != nil {
				return e
			}
			_, err = io.CopyN(io.Discard, r, int64(n))
		case "line":
			_, err = r.ReadString('\n')
		case "records", "netstring", "packet":
			err = skipFramed(r, o.verb)
		case "record":
			err = sendRecord(c, o.arg)
		case "eof":
			_, err = io.Copy(io.Discard, r)
			c.mu.Lock()
			c.eof = err == nil
			c.mu.Unlock()
		default:
			err = common(c.Conn, o)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// common obeys the orders that clients and backends share.
func common(c net.Conn, o order) error {
	switch o.verb {
	case "pause":
		d, err := time.ParseDuration(o.arg)
		time.Sleep(d)
		return err
	case "shutdown":
		if c, ok := c.(interface{ CloseWrite() error }); ok {
			return c.CloseWrite()
		}
		return errors.ErrUnsupported
	case "close":
		c.Close()
		return errClosed
	case "reset":
		if c, ok := c.(*net.TCPConn); ok {
			c.SetLinger(0)
		}
		c.Close()
		return errClosed
	}
	return errors.New("unknown order @" + o.verb)
}

// skipRequest reads one HTTP request.
func skipRequest(r *bufio.Reader) error {
	length := int64(0)
	chunked := false
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" && !first {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimSpace(value); strings.ToLower(name) {
		case "content-length":
			length, _ = strconv.ParseInt(value, 10, 64)
		case "transfer-encoding":
			chunked = strings.EqualFold(value, "chunked")
		}
	}
	if !chunked {
		_, err := io.CopyN(io.Discard, r, length)
		return err
	}
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		size, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		if _, err := io.CopyN(io.Discard, r, n+2); err != nil {
			return err
		}
	}
	for { // trailer
		line, err := r.ReadString('\n')
		if err != nil || strings.TrimRight(line, "\r\n") == "" {
			return err
		}
	}
}

// stop closes everything and returns what was received. The program has ended
// or closed its connections, so what was still on the way is read first.
func (b *backend) stop(normal func(string) string) string {
	b.listener.Close()
	b.mu.Lock()
	conns := b.conns
	b.mu.Unlock()
	for _, c := range conns {
		c.SetReadDeadline(time.Now().Add(time.Second))
	}
	b.wg.Wait()
	var out strings.Builder
	for _, c := range conns {
		out.WriteString("@connection\n" + encode([]byte(normal(c.got.String()))))
		if c.eof {
			out.WriteString("@eof\n")
		}
	}
	return out.String()
}
