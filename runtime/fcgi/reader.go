package fcgi

import "fmt"

// An Event is what a Reader has come to.
type Event uint8

// Events.
const (
	More   Event = iota // all bytes are used up
	Header              // the header of a record: Type and Left are set
	Data                // some of the record's content
	End                 // the end of a record, with its padding
)

// A Reader takes the records of an answer apart, as strictly as
// ngx_http_fastcgi_process_record does. The zero Reader is at the start of one.
type Reader struct {
	Type Type
	Left int // bytes of the record's content still to come

	padding int
	state   state
}

type state uint8

const (
	stateVersion state = iota
	stateType
	stateRequestHigh
	stateRequestLow
	stateLengthHigh
	stateLengthLow
	statePadding
	stateReserved
	stateContent
)

// Next reads from the start of p up to the next event: n bytes are used up by
// it, of which data are the content.
func (r *Reader) Next(p []byte) (e Event, data []byte, n int, err error) {
	if r.state == stateContent {
		return r.content(p)
	}
	for n < len(p) {
		if err := r.step(p[n]); err != nil {
			return More, nil, n, err
		}
		n++
		if r.state == stateContent {
			return Header, nil, n, nil
		}
	}
	return More, nil, n, nil
}

// content reads the content and the padding of a record.
func (r *Reader) content(p []byte) (e Event, data []byte, n int, err error) {
	if r.Left > 0 {
		n = min(r.Left, len(p))
		if n == 0 {
			return More, nil, 0, nil
		}
		r.Left -= n
		return Data, p[:n:n], n, nil
	}
	n = min(r.padding, len(p))
	r.padding -= n
	if r.padding > 0 {
		return More, nil, n, nil
	}
	r.state = stateVersion
	return End, nil, n, nil
}

// Unread takes back the last n bytes of the content that Next has returned.
func (r *Reader) Unread(n int) { r.Left += n }

// step takes a byte of a record's header.
func (r *Reader) step(b byte) error {
	switch r.state {
	case stateVersion:
		if b != version {
			return fmt.Errorf("upstream sent unsupported FastCGI protocol version: %d", b)
		}
	case stateType:
		switch r.Type = Type(b); r.Type {
		case Stdout, Stderr, EndRequest:
		default:
			return fmt.Errorf("upstream sent invalid FastCGI record type: %d", b)
		}
	case stateRequestHigh:
		if b != 0 {
			return fmt.Errorf("upstream sent unexpected FastCGI request id high byte: %d", b)
		}
	case stateRequestLow:
		if b != request {
			return fmt.Errorf("upstream sent unexpected FastCGI request id low byte: %d", b)
		}
	case stateLengthHigh:
		r.Left = int(b) << 8
	case stateLengthLow:
		r.Left |= int(b)
	case statePadding:
		r.padding = int(b)
	}
	r.state++
	return nil
}
