// Package fcgi is the framing of FastCGI as a web server speaks it to a
// responder: one request at a time on a connection. It knows bytes only.
//
// https://fastcgi-archives.github.io/FastCGI_Specification.html
package fcgi

// A Type is what a record is about.
type Type uint8

// Types of records.
const (
	BeginRequest Type = 1
	EndRequest   Type = 3
	Params       Type = 4
	Stdin        Type = 5
	Stdout       Type = 6
	Stderr       Type = 7
)

const (
	headerSize = 8
	version    = 1
	request    = 1 // the identifier of the one request
	responder  = 1 // its role
)

// MaxContent is how many bytes a record can carry.
const MaxContent = 65535

// Piece is how many bytes of a request's body nginx puts into a record.
const Piece = 32 << 10

// AppendHeader appends the header of a record of n bytes, which Padding zeros
// are to follow.
func AppendHeader(dst []byte, t Type, n int) []byte {
	return append(dst, version, byte(t), 0, request, byte(n>>8), byte(n), byte(Padding(n)), 0)
}

// Padding is how many bytes align a record of n bytes.
func Padding(n int) int { return -n & 7 }

// AppendPadding appends what aligns a record of n bytes.
func AppendPadding(dst []byte, n int) []byte {
	const zeros = "\x00\x00\x00\x00\x00\x00\x00"
	return append(dst, zeros[:Padding(n)]...)
}

// AppendBegin appends the record that begins a request; keep asks the responder
// not to close the connection behind its answer.
func AppendBegin(dst []byte, keep bool) []byte {
	dst = AppendHeader(dst, BeginRequest, 8)
	flags := byte(0)
	if keep {
		flags = 1
	}
	return append(dst, 0, responder, flags, 0, 0, 0, 0, 0)
}

// AppendLength appends the length of a name or a value.
func AppendLength(dst []byte, n int) []byte {
	if n < 128 {
		return append(dst, byte(n))
	}
	return append(dst, byte(n>>24)|0x80, byte(n>>16), byte(n>>8), byte(n))
}

// StreamHeader begins a record of Params that is not finished: SetLength
// finishes it.
func StreamHeader(dst []byte) []byte { return AppendHeader(dst, Params, 0) }

// SetLength says in the header at the start of record how many bytes follow it.
func SetLength(record []byte, n int) {
	record[4], record[5], record[6] = byte(n>>8), byte(n), byte(Padding(n))
}
