package mapping

import (
	"understudy/directives/spec"
	"understudy/runtime/stream"
)

// Stream is ngx_stream_map_module.
var Stream = spec.StreamModule[conf[*stream.Session]]{
	Name: "stream_map", Directives: directives[*stream.Session](spec.Stream),
}
