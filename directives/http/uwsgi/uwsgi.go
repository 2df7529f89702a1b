// Package uwsgi passes requests to a server that speaks the uwsgi protocol.
//
// https://nginx.org/en/docs/http/ngx_http_uwsgi_module.html
// https://uwsgi-docs.readthedocs.io/en/latest/Protocol.html
package uwsgi

import (
	"slices"

	"understudy/directives/http/pass"
	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// secure is the scheme of encrypted connections.
const secure = "suwsgi://"

var kind = pass.Kind{Prefix: "uwsgi_", Next: pass.CGIReasons, Hidden: pass.CGIHidden}

// Module is ngx_http_uwsgi_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_uwsgi",
	Directives: slices.Concat(
		pass.ParamDirectives(kind, secure, func(c *conf) *pass.ParamConf { return &c.ParamConf }),
		[]spec.Directive[conf]{
			modifier("uwsgi_modifier1", "first", func(c *conf) *spec.Value[int] { return &c.modifier1 }),
			modifier("uwsgi_modifier2", "second", func(c *conf) *spec.Value[int] { return &c.modifier2 }),
			{
				Name: "uwsgi_string", In: pass.Anywhere, Syntax: "string",
				Doc: "Adds a text behind the parameters.",
				Set: spec.SetText(func(c *conf) *spec.Value[string] { return &c.text }),
			},
		},
		pass.TLSDirectives(kind.Prefix, func(c *conf) *pass.TLS { return &c.tls }),
	),
	Location: (*conf).addTo,
}

func modifier(name, which string, field func(*conf) *spec.Value[int]) spec.Directive[conf] {
	return spec.Directive[conf]{
		Name: name, In: pass.Anywhere, Syntax: "number", Default: "0",
		Doc: "Sets the " + which + " modifier of the packet, which says what kind of application it is for.",
		Set: spec.SetNumber(field, 0, 255),
	}
}

// A conf is what the directives of the module say in one block.
type conf struct {
	pass.ParamConf
	tls                  pass.TLS
	modifier1, modifier2 spec.Value[int]
	text                 spec.Value[string]
}

// addTo gives a location that passes requests its content handler.
func (c *conf) addTo(b *spec.Builder) error {
	h, params, err := c.Handler(kind, b)
	if h == nil {
		return err
	}
	q := &request{params, byte(c.modifier1.V), byte(c.modifier2.V), c.text.V}
	h.Secure = secure
	h.Protocol = gateway.Protocol{AppendRequest: q.append, ReadHead: gateway.ReadCGIHead, NeedsLength: true}
	if c.Place.V.Secure() {
		if h.TLS, err = c.tls.Client(kind.Prefix, b); err != nil {
			return err
		}
	}
	h.Content(kind, b, &c.Place)
	return nil
}

func appendLength(dst []byte, n int) []byte { return append(dst, byte(n), byte(n>>8)) }

// encoding is that of names and values in a packet.
var encoding = pass.Encoding{
	Before:  func(dst []byte, name, _ int) []byte { return appendLength(dst, name) },
	Between: appendLength,
}

// A request writes the packets that requests begin with.
type request struct {
	params               *pass.Params
	modifier1, modifier2 byte
	text                 string
}

func (q *request) append(dst []byte, r *httpd.Request, _ *gateway.State) ([]byte, httpd.Status) {
	at := len(dst)
	dst = append(dst, q.modifier1, 0, 0, q.modifier2)
	start := len(dst)
	dst = append(q.params.Append(dst, r, &encoding), q.text...)
	n := len(dst) - start
	if n > 65535 {
		r.Errorf(logs.Alert, "uwsgi request is too big: %d", n)
		return dst, 500
	}
	dst[at+1], dst[at+2] = byte(n), byte(n>>8)
	return dst, httpd.OK
}
