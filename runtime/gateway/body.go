package gateway

import (
	"errors"

	"understudy/runtime/buf"
	"understudy/runtime/h1"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A Decoder tells the data of a response's body from what frames them. It
// looks at bytes that are somebody else's, and keeps none.
type Decoder interface {
	// Next decodes from the start of p, which begins where the last call
	// ended. It returns data, as a part of p, and how many bytes of p are used
	// up by them and by what stands before them. If no data are returned and
	// the body has not ended, p is used up. Behind the end nothing is used.
	//
	// A Premature error is that the upstream gave up; with any other what has
	// been received makes no sense, and what has not been sent is not.
	Next(p []byte) (data []byte, n int, done bool, err error)

	// Closed is asked when the peer has closed the connection before the body
	// has ended; nil: that is an end.
	Closed() error

	// Whole reports whether the peer has nothing more to say, so that the
	// connection can be used again.
	Whole() bool

	// Surplus is what is logged if something follows the end of the body.
	Surplus() string
}

// Premature is the error of a response that is cut off by the upstream.
type Premature string

func (e Premature) Error() string { return string(e) }

const errPremature = Premature("upstream prematurely closed connection")

// plain decodes a body that ends after Content-Length bytes, or with the
// connection.
type plain struct {
	left  int64
	known bool // left is
}

// Unframed makes the body what follows the head, for as long as Content-Length
// says or the connection lasts.
func (s *State) Unframed() {
	s.plain = plain{s.Head.ContentLength, s.Head.ContentLength >= 0}
	s.Body = &s.plain
}

func (d *plain) Next(p []byte) (data []byte, n int, done bool, err error) {
	if !d.known {
		return p, len(p), false, nil
	}
	n = int(min(int64(len(p)), d.left))
	d.left -= int64(n)
	return p[:n:n], n, d.left == 0, nil
}

func (d *plain) Closed() error {
	if d.known {
		return errPremature
	}
	return nil
}

func (d *plain) Whole() bool { return d.known && d.left == 0 }

const surplus = `upstream sent more data than specified in "Content-Length" header`

func (d *plain) Surplus() string { return surplus }

// trailed decodes a body of known length that a constant text follows.
type trailed struct {
	r    *httpd.Request // for the log
	left int64
	end  string // what is left of the text
	bad  bool   // something else follows
}

// EndsWith makes the body n bytes that a text follows, as memcached sends them.
func (s *State) EndsWith(r *httpd.Request, n int64, text string) {
	s.trailed = trailed{r: r, left: n, end: text}
	s.Body, s.Keep = &s.trailed, true
}

func (d *trailed) Next(p []byte) (data []byte, n int, done bool, err error) {
	if d.left > 0 {
		n = int(min(int64(len(p)), d.left))
		d.left -= int64(n)
		return p[:n:n], n, false, nil
	}
	n = min(len(p), len(d.end))
	if string(p[:n]) != d.end[:n] || len(p) > n {
		d.r.Errorf(logs.Error, "memcached sent invalid trailer while reading upstream")
		d.bad = true
		return nil, n, true, nil
	}
	d.end = d.end[n:]
	return nil, n, d.end == "", nil
}

func (d *trailed) Closed() error   { return errPremature }
func (d *trailed) Whole() bool     { return d.left == 0 && d.end == "" && !d.bad }
func (d *trailed) Surplus() string { return "" }

// chunked decodes the chunked coding.
type chunked struct{ h1.Chunked }

var errInvalidChunks = errors.New("upstream sent invalid chunked response")

func (d *chunked) Next(p []byte) (data []byte, n int, done bool, err error) {
	if data, n, done, err = d.Chunked.Next(p); err != nil {
		err = errInvalidChunks
	}
	return data, n, done, err
}

func (d *chunked) Closed() error   { return errPremature }
func (d *chunked) Whole() bool     { return d.Done() }
func (d *chunked) Surplus() string { return "upstream sent data after final chunk" }

// decode decodes what is unread of b and moves the data together: they are in
// b.B[start:end] then, where start was the end of data that were there before.
func (s *State) decode(b *buf.Buffer, start int) (end int, done bool, err error) {
	end = start
	for !done && err == nil {
		var data []byte
		var n int
		data, n, done, err = s.Body.Next(b.Bytes())
		b.R += n
		if len(data) > 0 {
			if from := b.R - len(data); from != end {
				copy(b.B[end:], data)
			}
			end += len(data)
		} else if b.Len() == 0 {
			break
		}
	}
	return end, done, err
}

// undecoded logs why a body cannot be read any further.
func (s *State) undecoded(r *httpd.Request, err error) error {
	if err == nil {
		return nil
	}
	r.Errorf(logs.Error, "%v while reading upstream", err)
	if _, ok := err.(Premature); ok {
		return errUpstream
	}
	return errInvalid
}
