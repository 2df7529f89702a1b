// Package scgi passes requests to an SCGI server.
//
// https://nginx.org/en/docs/http/ngx_http_scgi_module.html
// https://python.ca/scgi/protocol.txt
package scgi

import (
	"slices"
	"strconv"

	"understudy/directives/http/pass"
	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
)

var kind = pass.Kind{Prefix: "scgi_", Next: pass.CGIReasons, Hidden: pass.CGIHidden}

// Module is ngx_http_scgi_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_scgi",
	Directives: slices.Concat(
		[]spec.Directive[conf]{
			pass.PlaceDirective(kind, "", func(c *conf) *spec.Value[*pass.Place] { return &c.place }),
			pass.ParamDirective(kind.Prefix, func(c *conf) *spec.Value[[]pass.Param] { return &c.params }),
		},
		pass.Directives(kind, func(c *conf) *pass.Conf { return &c.Conf }),
	),
	Location: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	pass.Conf
	place  spec.Value[*pass.Place]
	params spec.Value[[]pass.Param]
}

// addTo gives a location that passes requests its content handler.
func (c *conf) addTo(b *spec.Builder) error {
	if err := c.CheckBuffers(kind, b); err != nil {
		return err
	}
	if err := c.CheckCache(kind, b); err != nil {
		return err
	}
	if c.place.V == nil {
		return nil
	}
	params, err := pass.NewParams(b, c.params.V, c.PassHeaders())
	if err != nil {
		return err
	}
	settings, err := c.ParamSettings(kind, b, params, c.params.V)
	if err != nil {
		return err
	}
	h := &pass.Handler{
		Place: c.place.V,
		Protocol: gateway.Protocol{
			AppendRequest: func(dst []byte, r *httpd.Request, s *gateway.State) ([]byte, httpd.Status) {
				return appendRequest(dst, r, params, s.BodyLen), httpd.OK
			},
			ReadHead: gateway.ReadCGIHead, NeedsLength: true,
		},
		Settings: settings,
		Explain:  func(r *httpd.Request) string { return string(params.Append(nil, r, &pass.Text)) },
	}
	h.Content(kind, b, &c.place)
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
