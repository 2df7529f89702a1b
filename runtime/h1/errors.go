package h1

import "errors"

// ErrMore means that the message does not end in the bytes given.
var ErrMore = errors.New("h1: need more data")

// An Error is why a head is refused, in nginx's words.
type Error struct {
	// Status is what nginx finalizes with: 400, 405, 414, 494, 501 or 505 for
	// a request, 502 for an upstream's response. 494 is for error_page to
	// find; it is sent as 400.
	Status int

	// Linger is set if the connection is closed lingering, so that a client
	// that is still sending sees the answer.
	Linger bool

	text string // %s stands for an argument
	args [4][]byte
}

// Is reports whether target is the same error, whatever the text it quotes.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.text == e.text && t.Status == e.Status
}

// Error returns nginx's log line.
func (e *Error) Error() string { return string(e.Append(nil)) }

// Append appends nginx's log line to dst. The bytes it quotes are those
// received, whatever they are.
func (e *Error) Append(dst []byte) []byte {
	arg := 0
	for i := 0; i < len(e.text); i++ {
		switch {
		case e.text[i] != '%':
			dst = append(dst, e.text[i])
		default:
			i++
			if e.text[i] == 's' {
				dst = append(dst, e.args[arg]...)
			} else { // %x: one byte as nginx's "\x%02xd"
				dst = appendHexByte(dst, e.args[arg])
			}
			arg++
		}
	}
	return dst
}

// appendHexByte writes the first byte of b. What stands past the end of the
// bytes received is NUL to nginx.
func appendHexByte(dst, b []byte) []byte {
	var c byte
	if len(b) > 0 {
		c = b[0]
	}
	return append(dst, '\\', 'x', hexLower[c>>4], hexLower[c&15])
}

const hexLower = "0123456789abcdef"

// quote gives e the text it quotes. The copy is made in place, so that a
// parser that holds one Error allocates none.
func (e *Error) quote(of *Error, args ...[]byte) *Error {
	*e = *of
	copy(e.args[:], args)
	return e
}

// Errors of a request line.
var (
	ErrMethod   = &Error{Status: 400, text: "client sent invalid method"}
	ErrRequest  = &Error{Status: 400, text: "client sent invalid request"}
	ErrVersion  = &Error{Status: 505, text: "client sent invalid version"}
	Err09Method = &Error{Status: 400, text: "client sent invalid method in HTTP/0.9 request"}
	ErrLineHost = &Error{Status: 400, text: "client sent invalid host in request line"}
	ErrLongURI  = &Error{Status: 414, text: "client sent too long URI"}
)

// Errors of the header of a request.
var (
	ErrField       = &Error{Status: 400, text: "client sent invalid header line: \"%s%x...\""}
	ErrLongField   = &Error{Status: 494, Linger: true, text: "client sent too long header line: \"%s...\""}
	ErrMisdirected = &Error{Status: 421, text: "client attempted to request the server name different from the one that was negotiated"}
	ErrLarge       = &Error{Status: 494, Linger: true, text: "client sent too large request"}
	ErrManyFields  = &Error{Status: 494, Linger: true, text: "client sent too many header lines"}
	ErrDuplicate   = &Error{Status: 400, text: "client sent duplicate header line: \"%s: %s\", previous value: \"%s: %s\""}
	ErrTwoHosts    = &Error{Status: 400, text: "client sent duplicate host header: \"%s: %s\", previous value: \"%s: %s\""}
	ErrHost        = &Error{Status: 400, text: "client sent invalid host header"}
	ErrNoHost      = &Error{Status: 400, text: "client sent HTTP/1.1 request without \"Host\" header"}
	ErrLength      = &Error{Status: 400, text: "client sent invalid \"Content-Length\" header"}
	ErrCoding10    = &Error{Status: 400, text: "client sent HTTP/1.0 request with \"Transfer-Encoding\" header"}
	ErrTwoLengths  = &Error{Status: 400, text: "client sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time"}
	ErrCoding      = &Error{Status: 501, text: "client sent unknown \"Transfer-Encoding\": \"%s\""}
	ErrConnect     = &Error{Status: 405, text: "client sent CONNECT method"}
	ErrConnectBody = &Error{Status: 400, text: "client sent CONNECT request with body"}
	ErrTrace       = &Error{Status: 405, text: "client sent TRACE method"}
)

// ErrClientChunked is what a caller answers when Chunked.Next fails on the
// body of a request.
var ErrClientChunked = &Error{Status: 400, text: "client sent invalid chunked body"}

// Errors of the head of a response.
var (
	// ErrNoStatusLine means that the bytes do not begin with a status line.
	// nginx takes them for the body of an HTTP/0.9 response.
	ErrNoStatusLine = &Error{Status: 502, text: "upstream sent no valid HTTP/1.0 header"}

	errUpstreamIgnored = &Error{text: "upstream sent duplicate header line: \"%s: %s\", previous value: \"%s: %s\", ignored"}

	ErrUpstreamField      = &Error{Status: 502, text: "upstream sent invalid header: \"%s%x...\""}
	ErrUpstreamTrailer    = &Error{Status: 502, text: "upstream sent invalid trailer: \"%s%x...\""}
	ErrUpstreamHints10    = &Error{Status: 502, text: "upstream sent HTTP/1.0 response with early hints"}
	ErrUpstreamDuplicate  = &Error{Status: 502, text: "upstream sent duplicate header line: \"%s: %s\", previous value: \"%s: %s\""}
	ErrUpstreamLength     = &Error{Status: 502, text: "upstream sent invalid \"Content-Length\" header: \"%s: %s\""}
	ErrUpstreamTwoLengths = &Error{Status: 502, text: "upstream sent \"Content-Length\" and \"Transfer-Encoding\" headers at the same time"}
	ErrUpstreamCoding     = &Error{Status: 502, text: "upstream sent unknown \"Transfer-Encoding\": \"%s\""}
	ErrUpstreamChunked    = &Error{Status: 502, text: "upstream sent invalid chunked response"}
)
