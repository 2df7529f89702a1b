package geo

import (
	"net/netip"

	"understudy/directives/spec"
	"understudy/runtime/stream"
)

// Stream is ngx_stream_geo_module.
var Stream = spec.StreamModule[conf]{
	Name: "stream_geo",
	Directives: []spec.Directive[conf]{{
		Name: "geo", In: spec.Stream, Args: spec.Between(1, 2), Free: true, Syntax: syntax, Doc: doc,
		Set: spec.Do(func(_ *conf, call *spec.Call) error {
			return add(call, func(s *stream.Session) netip.Addr { return s.RemoteAddr().Addr() }, nil)
		}),
	}},
}
