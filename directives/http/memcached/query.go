package memcached

import (
	"bytes"
	"fmt"

	"understudy/runtime/buf"
	"understudy/runtime/gateway"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
	"understudy/runtime/vars"
)

// A query asks for the value of $memcached_key in memcached's text protocol.
//
// https://github.com/memcached/memcached/blob/master/doc/protocol.txt
type query struct {
	key  vars.Index
	gzip int // the flag of compressed values; 0: there is none
}

func (q *query) append(dst []byte, r *httpd.Request, _ *gateway.State) ([]byte, httpd.Status) {
	key, _ := r.Var(q.key)
	if len(key) == 0 {
		r.Errorf(logs.Error, "the \"$memcached_key\" variable is not set")
		return dst, 500
	}
	return append(h1.AppendEscape(append(dst, "get "...), key, h1.EscapeMemcached), "\r\n"...), httpd.OK
}

// readHead reads the first line of the answer: VALUE key flags length, or END.
func (q *query) readHead(r *httpd.Request, s *gateway.State, b *buf.Buffer) error {
	i := bytes.IndexByte(b.Bytes(), '\n')
	if i < 0 {
		return h1.ErrMore
	}
	line := b.Bytes()[:i]
	if !bytes.HasSuffix(line, []byte("\r")) {
		return invalid(line)
	}
	line = line[:i-1]
	b.R += i + 1
	key := bytes.TrimSuffix(s.Request()[len("get "):], []byte("\r\n"))
	if string(line) == "END" {
		r.Errorf(logs.Info, "key: \"%s\" was not found by memcached while reading response header from upstream", key)
		s.Head.Status, s.Head.ContentLength = 404, 0
		s.EndsWith(r, 0, "")
		return nil
	}
	rest, ok := bytes.CutPrefix(line, []byte("VALUE "))
	if !ok {
		return invalid(line)
	}
	if rest, ok = bytes.CutPrefix(rest, key); !ok {
		return fmt.Errorf("memcached sent invalid key in response \"%s\" for key \"%s\"", line, key)
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(" ")); !ok {
		return invalid(line)
	}
	flags, size, ok := bytes.Cut(rest, []byte(" "))
	if !ok {
		return invalid(line)
	}
	if q.gzip != 0 {
		n, ok := h1.ParseLength(flags)
		if !ok {
			return fmt.Errorf("memcached sent invalid flags in response \"%s\" for key \"%s\"", line, key)
		}
		if n&int64(q.gzip) != 0 {
			r.Resp.Headers.AddID(header.ContentEncoding, []byte("gzip"))
		}
	}
	n, ok := h1.ParseLength(size)
	if !ok {
		return fmt.Errorf("memcached sent invalid length in response \"%s\" for key \"%s\"", line, key)
	}
	s.Head.Status, s.Head.ContentLength = 200, n
	s.EndsWith(r, n, "\r\nEND\r\n")
	return nil
}

func invalid(line []byte) error {
	return fmt.Errorf("memcached sent invalid response: \"%s\"", line)
}
