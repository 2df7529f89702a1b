package upstream

import (
	"strconv"

	"understudy/runtime/stream"
)

// streamVariables tell what became of the peers of a session, all that were
// tried, with ", " between them.
var streamVariables = []stream.Variable{
	perPeer("upstream_addr", "The address of the server.", func(dst []byte, a *stream.Attempt) []byte {
		return append(dst, a.Name...)
	}),
	perPeer("upstream_bytes_sent", "The number of bytes sent to the server.", func(dst []byte, a *stream.Attempt) []byte {
		return strconv.AppendInt(dst, a.Sent, 10)
	}),
	perPeer("upstream_bytes_received", "The number of bytes the server sent.", func(dst []byte, a *stream.Attempt) []byte {
		return strconv.AppendInt(dst, a.Received, 10)
	}),
	perPeer("upstream_connect_time", "The time it took to connect, in seconds.", func(dst []byte, a *stream.Attempt) []byte {
		return appendTime(dst, a.Connect)
	}),
	perPeer("upstream_first_byte_time", "The time until the server's first byte, in seconds.", func(dst []byte, a *stream.Attempt) []byte {
		return appendTime(dst, a.FirstByte)
	}),
	perPeer("upstream_session_time", "How long the session with the server lasted, in seconds.", func(dst []byte, a *stream.Attempt) []byte {
		return appendTime(dst, a.Session)
	}),
}

// perPeer makes a variable that lists something of every attempt.
func perPeer(name, doc string, one func(dst []byte, a *stream.Attempt) []byte) stream.Variable {
	return stream.Variable{Name: name, Doc: doc, Volatile: true, Get: func(s *stream.Session, _ string) ([]byte, bool) {
		if s.Upstream == nil || len(s.Upstream.Attempts) == 0 {
			return nil, false
		}
		list := s.Upstream.Attempts
		b := s.Alloc(32 * len(list))
		for i := range list {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = one(b, &list[i])
		}
		return b, true
	}}
}
