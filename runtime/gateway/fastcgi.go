package gateway

import (
	"bytes"
	"errors"
	"fmt"

	"understudy/runtime/buf"
	"understudy/runtime/fcgi"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// FastCGI is what is particular to the responders of one location.
type FastCGI struct {
	Keep  bool     // a connection is used for more than one request
	Catch [][]byte // what in the error stream means that the response is no good
}

// FastCGIFraming is the Framing of FastCGI: records of the input stream.
var FastCGIFraming = &Framing{
	Most:   fcgi.Piece,
	Before: func(dst []byte, n int) []byte { return fcgi.AppendHeader(dst, fcgi.Stdin, n) },
	After:  fcgi.AppendPadding,
	End:    fcgi.AppendHeader(nil, fcgi.Stdin, 0),
}

// records decodes the records of FastCGI.
type records struct {
	fcgi.Reader
	r     *httpd.Request // for the log; nil: nothing has been read yet
	keep  bool
	head  int   // length of what stands at the start of the buffer of the head
	rest  int64 // of Content-Length; -1: not known
	maybe int64 // takes the place of rest with the first data; -1: does not. An answer to HEAD has a body, or none
	whole bool  // the record that ends the request has been read
}

var errStdout = errors.New("upstream prematurely closed FastCGI stdout")

// ReadHead is the ReadHead of FastCGI. The content of the output stream moves
// to the start of b, so that a head that is spread over records is in one piece.
func (f *FastCGI) ReadHead(r *httpd.Request, s *State, b *buf.Buffer) error {
	d := &s.records
	if d.r == nil {
		*d = records{r: r, keep: f.Keep}
		s.Head.ResetFields()
	}
	for {
		e, data, n, err := d.Reader.Next(b.Bytes())
		b.R += n
		switch {
		case err != nil:
			return err
		case e == fcgi.More:
			if d.head == 0 && d.Type == fcgi.Stderr && b.Len() == 0 {
				b.Reset() // many messages may precede the head
			}
			return h1.ErrMore
		case e == fcgi.Header && d.Type == fcgi.EndRequest:
			return fmt.Errorf("upstream sent unexpected FastCGI record: %d", d.Type)
		case e == fcgi.Header && d.Type == fcgi.Stdout && d.Left == 0:
			return errStdout
		case e == fcgi.Data && d.Type == fcgi.Stderr:
			d.log(data, "reading response header from upstream")
			for _, c := range f.Catch {
				if bytes.Contains(data, c) {
					return ErrLogged
				}
			}
		case e == fcgi.Data:
			d.head += copy(b.B[d.head:], data)
			n, err := s.Head.Parse(b.B[:d.head])
			if err == h1.ErrMore {
				continue
			}
			if err != nil {
				return err
			}
			rest := d.head - n // is the body's, and goes back where it came from
			copy(b.B[b.R-rest:b.R], b.B[n:d.head])
			b.R -= rest
			d.Unread(rest)
			d.head = n
			return s.beginRecords(r)
		}
	}
}

// beginRecords begins the body.
func (s *State) beginRecords(r *httpd.Request) error {
	if err := s.statusField(); err != nil {
		return err
	}
	h := &s.Head
	s.NoBody = h.Status == 204 || h.Status == 304
	s.records.rest, s.records.maybe = h.ContentLength, -1
	if r.MethodID == httpd.HEAD {
		s.records.rest, s.records.maybe = -1, h.ContentLength
	}
	s.Body, s.Keep = &s.records, s.records.keep && !s.NoBody // the end of a request without a body is not waited for
	return nil
}

// log writes what the error stream says.
func (d *records) log(data []byte, doing string) {
	d.r.Errorf(logs.Error, "FastCGI sent in stderr: \"%s\" while %s", bytes.TrimRight(data, "\r\n. "), doing)
}

func (d *records) Next(p []byte) (data []byte, n int, done bool, err error) {
	for {
		e, data, m, err := d.Reader.Next(p[n:])
		n += m
		switch {
		case err != nil:
			return nil, n, false, err
		case e == fcgi.More:
			return nil, n, false, nil
		case e == fcgi.End && d.Type == fcgi.EndRequest:
			d.whole = true
			return nil, n, true, nil
		case e == fcgi.Header && (d.Type == fcgi.EndRequest || d.Type == fcgi.Stdout && d.Left == 0):
			// Without fastcgi_keep_conn, nginx waits for the connection to be
			// closed; the end of the request comes before.
			if d.rest > 0 {
				return nil, n, false, d.premature()
			}
		case e == fcgi.Data && d.Type == fcgi.Stderr:
			d.log(data, "reading upstream")
		case e == fcgi.Data && d.Type == fcgi.Stdout:
			data, done = d.count(data)
			return data, n, done, nil
		}
	}
}

func (d *records) premature() error {
	if d.Type == fcgi.Stdout {
		return Premature(errStdout.Error())
	}
	return Premature("upstream prematurely closed FastCGI request")
}

// count takes data off what Content-Length says, and reports whether there are
// more than that.
func (d *records) count(data []byte) (counted []byte, more bool) {
	if d.maybe >= 0 {
		d.rest, d.maybe = d.maybe, -1
	}
	if d.rest < 0 {
		return data, false
	}
	if int64(len(data)) > d.rest {
		d.r.Errorf(logs.Warn, "%s while reading upstream", surplus)
		data, more = data[:d.rest], true
	}
	d.rest -= int64(len(data))
	return data, more
}

func (d *records) Closed() error {
	if d.keep {
		return errPremature
	}
	return nil
}

func (d *records) Whole() bool     { return d.whole }
func (d *records) Surplus() string { return "" }
