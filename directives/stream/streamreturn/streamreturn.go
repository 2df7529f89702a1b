// Package streamreturn answers sessions with a text.
//
// https://nginx.org/en/docs/stream/ngx_stream_return_module.html
package streamreturn

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"understudy/directives/spec"
	"understudy/runtime/logs"
	"understudy/runtime/stream"
)

// Module is ngx_stream_return_module.
var Module = spec.StreamModule[conf]{
	Name: "stream_return",
	Directives: []spec.Directive[conf]{{
		Name: "return", In: spec.StreamServer, Syntax: "value",
		Doc: "Sends a text to the client and closes the connection.",
		Set: spec.SetStreamTemplate(func(c *conf) *spec.Value[*stream.Template] { return &c.text }),
	}},
	Server: func(c *conf, b *spec.StreamBuilder) error {
		if t := c.text.V; t != nil && b.Takes(c.text.Pos) {
			b.Content = &stream.Step{
				Name: "return", Pos: c.text.Pos,
				Run:     func(s *stream.Session) stream.Status { return send(s, s.Eval(t)) },
				Explain: func(s *stream.Session) (string, stream.Status) { return fmt.Sprintf("%q", s.Eval(t)), stream.Success },
			}
		}
		return nil
	},
}

type conf struct{ text spec.Value[*stream.Template] }

// patience is how long a client may take no byte. nginx has no directive for it.
const patience = 5 * time.Second

func send(s *stream.Session, text []byte) stream.Status {
	s.Action = "returning text"
	s.Client.SetWriteTimeout(patience)
	_, err := s.Client.Write(text)
	switch {
	case err == nil:
		return stream.Success
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.ConnError(logs.Info, syscall.ETIMEDOUT, "connection timed out")
		return stream.Success
	}
	s.SendError(err)
	return stream.Internal
}
