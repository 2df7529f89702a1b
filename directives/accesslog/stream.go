package accesslog

import (
	"understudy/directives/spec"
	"understudy/runtime/stream"
)

// Stream is ngx_stream_log_module.
var Stream = newStream()

func newStream() spec.StreamModule[conf[*stream.Session]] {
	m := module[*stream.Session]{}
	both := spec.Stream | spec.StreamServer
	return spec.StreamModule[conf[*stream.Session]]{
		Name:       "stream_log",
		Directives: m.directives(spec.Stream, both, both),
		Server: func(c *conf[*stream.Session], b *spec.StreamBuilder) error {
			if c.logs.V.off {
				return nil
			}
			for _, l := range c.logs.V.list {
				if l.nowhere() {
					continue
				}
				b.Log = append(b.Log, stream.Step{Name: "access_log", Pos: l.pos, Run: func(s *stream.Session) stream.Status {
					write(l, s, nil, "")
					return stream.Declined
				}})
			}
			return nil
		},
	}
}
