// Package fastcgi passes requests to a FastCGI responder, such as PHP-FPM.
//
// https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html
package fastcgi

import (
	"slices"

	"understudy/directives/http/pass"
	"understudy/directives/spec"
	"understudy/runtime/fcgi"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

const anywhere = pass.Anywhere

var kind = pass.Kind{Prefix: "fastcgi_", Next: pass.CGIReasons, Hidden: pass.CGIHidden}

// Module is ngx_http_fastcgi_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_fastcgi",
	Directives: slices.Concat(
		pass.ParamDirectives(kind, "", func(c *conf) *pass.ParamConf { return &c.ParamConf }),
		[]spec.Directive[conf]{pass.SendLowat[conf](kind.Prefix)},
		scripts, streams,
	),
	Variables: variables,
	Location:  (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	pass.ParamConf
	index spec.Value[string]
	split spec.Value[split]
	catch spec.Value[[]string]
	keep  spec.Value[bool]
}

// streams are the directives about the connection and its streams.
var streams = []spec.Directive[conf]{{
	Name: "fastcgi_keep_conn", In: anywhere, Syntax: "on | off", Default: "off",
	Doc: "Asks the server not to close the connection behind its answer.",
	Set: spec.SetFlag(func(c *conf) *spec.Value[bool] { return &c.keep }),
}, {
	Name: "fastcgi_catch_stderr", In: anywhere, Args: spec.Exactly(1), Syntax: "string",
	Doc: "Makes a response invalid in whose error stream a string is found.",
	Set: spec.AddTo(func(c *conf) *spec.Value[[]string] { return &c.catch },
		func(call *spec.Call) (string, error) { return call.Args[0].Text, nil }),
}}

// addTo gives a location that passes requests its content handler.
func (c *conf) addTo(b *spec.Builder) error {
	c.addScripts(b)
	h, params, err := c.Handler(kind, b)
	if h == nil {
		return err
	}
	head := &gateway.FastCGI{Keep: c.keep.V}
	for _, text := range c.catch.V {
		head.Catch = append(head.Catch, []byte(text))
	}
	q := &request{params: params, keep: c.keep.V}
	h.Protocol = gateway.Protocol{AppendRequest: q.append, Framing: gateway.FastCGIFraming, ReadHead: head.ReadHead}
	h.Content(kind, b, &c.Place)
	return nil
}

// encoding is that of names and values in records.
var encoding = pass.Encoding{
	Before: func(dst []byte, name, value int) []byte {
		return fcgi.AppendLength(fcgi.AppendLength(dst, name), value)
	},
	Between: func(dst []byte, _ int) []byte { return dst },
}

// A request writes the start of requests: all but the body.
type request struct {
	params *pass.Params
	keep   bool
}

func (q *request) append(dst []byte, r *httpd.Request, _ *gateway.State) ([]byte, httpd.Status) {
	dst = fcgi.AppendBegin(dst, q.keep)
	at := len(dst)
	dst = fcgi.StreamHeader(dst)
	start := len(dst)
	dst = q.params.Append(dst, r, &encoding)
	n := len(dst) - start
	if n > fcgi.MaxContent {
		r.Errorf(logs.Alert, "fastcgi request record is too big: %d", n)
		return dst, 500
	}
	fcgi.SetLength(dst[at:], n)
	dst = fcgi.AppendPadding(dst, n)
	return fcgi.AppendHeader(dst, fcgi.Params, 0), httpd.OK
}
