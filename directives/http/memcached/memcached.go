// Package memcached answers requests with values from a memcached server.
//
// https://nginx.org/en/docs/http/ngx_http_memcached_module.html
package memcached

import (
	"slices"

	"understudy/directives/http/pass"
	"understudy/directives/spec"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
)

var kind = pass.Kind{
	Prefix: "memcached_",
	Fixed:  true,
	Next: pass.Reasons{
		{Word: "error", Condition: gateway.OnError}, {Word: "timeout", Condition: gateway.OnTimeout},
		{Word: "invalid_response", Condition: gateway.OnInvalidHeader}, {Word: "not_found", Condition: gateway.On404},
	},
}

// Module is ngx_http_memcached_module.
var Module = spec.HTTPModule[conf]{
	Name: "http_memcached",
	Directives: slices.Concat(
		[]spec.Directive[conf]{
			pass.PlaceDirective(kind, "", func(c *conf) *spec.Value[*pass.Place] { return &c.place }),
			{
				Name: "memcached_gzip_flag", In: pass.Anywhere, Syntax: "flag",
				Doc: "Says which flag marks values that are compressed by gzip.",
				Set: spec.SetNumber(func(c *conf) *spec.Value[int] { return &c.gzip }, 0, 0),
			},
		},
		pass.ConnectionDirectives(kind, func(c *conf) *pass.Conf { return &c.Conf }),
	),
	Location: (*conf).addTo,
}

// A conf is what the directives of the module say in one block.
type conf struct {
	pass.Conf
	place spec.Value[*pass.Place]
	gzip  spec.Value[int]
}

// addTo gives a location that passes requests its content handler.
func (c *conf) addTo(b *spec.Builder) error {
	if c.place.V == nil {
		return nil
	}
	set := c.Settings(kind)
	set.Intercept, set.Intercept404, set.ForceRanges, set.RequestBuffering = true, true, true, true
	q := &query{key: b.Vars.Index("memcached_key", c.place.Pos), gzip: c.gzip.V}
	h := &pass.Handler{
		Place:    c.place.V,
		Protocol: gateway.Protocol{AppendRequest: q.append, ReadHead: q.readHead},
		Settings: set,
		Explain: func(r *httpd.Request) string {
			text, _ := q.append(nil, r, nil)
			return string(text)
		},
	}
	h.Run = func(r *httpd.Request) httpd.Status {
		if r.MethodID&(httpd.GET|httpd.HEAD) == 0 {
			return 405
		}
		r.SetType()
		return h.Forward(r)
	}
	h.Content(kind, b, &c.place)
	return nil
}
