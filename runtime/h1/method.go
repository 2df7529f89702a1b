package h1

// A Method is a request method nginx knows, as one bit, so that a set of them
// is a number (limit_except).
type Method uint32

// The methods. The zero Method is none yet; Unknown is any other token.
const (
	Unknown Method = 1 << iota
	GET
	HEAD
	POST
	PUT
	DELETE
	MKCOL
	COPY
	MOVE
	OPTIONS
	PROPFIND
	PROPPATCH
	LOCK
	UNLOCK
	PATCH
	TRACE
	CONNECT
)

// MethodOf returns the method called name. Names are case-sensitive.
func MethodOf(name []byte) Method {
	switch string(name) {
	case "GET":
		return GET
	case "HEAD":
		return HEAD
	case "POST":
		return POST
	case "PUT":
		return PUT
	case "DELETE":
		return DELETE
	case "MKCOL":
		return MKCOL
	case "COPY":
		return COPY
	case "MOVE":
		return MOVE
	case "OPTIONS":
		return OPTIONS
	case "PROPFIND":
		return PROPFIND
	case "PROPPATCH":
		return PROPPATCH
	case "LOCK":
		return LOCK
	case "UNLOCK":
		return UNLOCK
	case "PATCH":
		return PATCH
	case "TRACE":
		return TRACE
	case "CONNECT":
		return CONNECT
	}
	return Unknown
}
