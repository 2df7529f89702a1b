// Package scgi passes requests to an SCGI server.
//
// https://nginx.org/en/docs/http/ngx_http_scgi_module.html
// https://python.ca/scgi/protocol.txt
package scgi

import (
	"strconv"

	"understudy/directives/http/pass"
	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
)

var kind = pass.Kind{Prefix: "scgi_", Next: pass.CGIReasons, Hidden: pass.CGIHidden}

// Module is ngx_http_scgi_module.
var Module = spec.HTTPModule[conf]{
	Name:       "http_scgi",
	Directives: pass.ParamDirectives(kind, "", func(c *conf) *pass.ParamConf { return &c.ParamConf }),
	Location:   (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct{ pass.ParamConf }

// addTo gives a location that passes requests its content handler.
func (c *conf) addTo(b *spec.Builder) error {
	h, params, err := c.Handler(kind, b)
	if h == nil {
		return err
	}
	h.Protocol = gateway.Protocol{
		AppendRequest: func(dst []byte, r *httpd.Request, s *gateway.State) ([]byte, httpd.Status) {
			return appendRequest(dst, r, params, s.BodyLen), httpd.OK
		},
		ReadHead: gateway.ReadCGIHead, NeedsLength: true,
	}
	h.Content(kind, b, &c.Place)
	return nil
}

// encoding is that of names and values in the netstring.
var encoding = pass.Encoding{
	Between: func(dst []byte, _ int) []byte { return append(dst, 0) },
	After:   "\x00",
}

// lengthRoom is room for the length of the netstring, and the colon.
const lengthRoom = 20

// appendRequest appends the netstring that a request begins with. Its length is
// known when it has been written, and put before it.
func appendRequest(dst []byte, r *httpd.Request, params *pass.Params, body int64) []byte {
	at := len(dst)
	var room [lengthRoom]byte
	dst = append(dst, room[:]...)
	start := len(dst)
	dst = strconv.AppendInt(append(dst, "CONTENT_LENGTH\x00"...), max(body, 0), 10)
	dst = params.Append(append(dst, 0), r, &encoding)
	length := append(strconv.AppendInt(room[:0], int64(len(dst)-start), 10), ':')
	from := start - len(length)
	copy(dst[from:], length)
	n := copy(dst[at:], dst[from:])
	return append(dst[:at+n], ',')
}
