package h1

import "understudy/runtime/header"

// reasons are the texts of statuses as nginx writes them, which are not those
// of the RFCs in each case. (ngx_http_status_lines)
var reasons = [...]string{
	200: "OK",
	201: "Created",
	202: "Accepted",
	204: "No Content",
	206: "Partial Content",
	301: "Moved Permanently",
	302: "Moved Temporarily",
	303: "See Other",
	304: "Not Modified",
	307: "Temporary Redirect",
	308: "Permanent Redirect",
	400: "Bad Request",
	401: "Unauthorized",
	402: "Payment Required",
	403: "Forbidden",
	404: "Not Found",
	405: "Not Allowed",
	406: "Not Acceptable",
	407: "Proxy Authentication Required",
	408: "Request Time-out",
	409: "Conflict",
	410: "Gone",
	411: "Length Required",
	412: "Precondition Failed",
	413: "Request Entity Too Large",
	414: "Request-URI Too Large",
	415: "Unsupported Media Type",
	416: "Requested Range Not Satisfiable",
	421: "Misdirected Request",
	429: "Too Many Requests",
	500: "Internal Server Error",
	501: "Not Implemented",
	502: "Bad Gateway",
	503: "Service Temporarily Unavailable",
	504: "Gateway Time-out",
	505: "HTTP Version Not Supported",
	507: "Insufficient Storage",
}

// Reason returns the text nginx writes behind a status, which is "" for those
// it has none for.
func Reason(status int) string {
	if status < 0 || status >= len(reasons) {
		return ""
	}
	return reasons[status]
}

// AppendStatusLine appends the first line of a response. Without a reason of
// nginx's the line ends in a space. nginx answers HTTP/1.1 to HTTP/1.0 too.
func AppendStatusLine(dst []byte, status int) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	for limit := 100; limit > 1 && status < limit; limit /= 10 {
		dst = append(dst, '0')
	}
	dst = append(AppendInt(dst, int64(status)), ' ')
	dst = append(dst, Reason(status)...)
	return append(dst, "\r\n"...)
}

// AppendStatusText appends the first line of a response whose status and
// reason are those of an upstream: "200 OK".
func AppendStatusText[S string | []byte](dst []byte, text S) []byte {
	dst = append(dst, "HTTP/1.1 "...)
	return appendLine(dst, text)
}

// AppendField appends a header line. CR, LF and NUL in the value become
// spaces, so that no value can add lines (RFC 9110 section 5.5).
func AppendField[N, V string | []byte](dst []byte, name N, value V) []byte {
	dst = append(dst, name...)
	dst = append(dst, ": "...)
	return appendLine(dst, value)
}

func appendLine[S string | []byte](dst []byte, text S) []byte {
	n := len(dst)
	dst = append(dst, text...)
	for i := n; i < len(dst); i++ {
		if class[dst[i]]&isValue == 0 {
			dst[i] = ' '
		}
	}
	return append(dst, "\r\n"...)
}

// AppendFields appends the lines of a list, in order.
func AppendFields(dst []byte, l *header.List) []byte {
	for i := range l.Len() {
		f := l.At(i)
		dst = AppendField(dst, f.Name, f.Value)
	}
	return dst
}

// AppendChunkHeader appends the line before size bytes of data, which must be
// followed by CR LF. A chunk of size 0 is no chunk but the last one.
func AppendChunkHeader(dst []byte, size int64) []byte {
	shift := 0
	for size>>shift > 15 {
		shift += 4
	}
	for ; shift >= 0; shift -= 4 {
		dst = append(dst, hexLower[size>>shift&15])
	}
	return append(dst, "\r\n"...)
}

// LastChunk ends a chunked body that has no trailers.
const LastChunk = "0\r\n\r\n"

// AppendLastChunk appends the end of a chunked body, with trailers if l is not
// nil.
func AppendLastChunk(dst []byte, l *header.List) []byte {
	dst = append(dst, "0\r\n"...)
	if l != nil {
		dst = AppendFields(dst, l)
	}
	return append(dst, "\r\n"...)
}
