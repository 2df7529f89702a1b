package stream

import (
	"context"
	"log/slog"

	"understudy/runtime/logs"
)

// logContext is the context of lines about the session: debug_connection asks
// for all of them.
func (s *Session) logContext() context.Context {
	if s.Client != nil && s.Client.Debug() {
		return logs.Everything()
	}
	return context.Background()
}

// Debugging reports whether somebody reads a part of the debug log about s. Who
// writes to it with Plainf asks first, as the arguments would be allocated.
func (s *Session) Debugging(part slog.Level) bool {
	return s.Client != nil && (s.Server.Debug.Has(part) || s.Client.Debug())
}

// debug writes a line without arguments to the stream part of the debug log.
func (s *Session) debug(text string) {
	if s.Debugging(logs.DebugStream) {
		s.Plainf(logs.DebugStream, "%s", text)
	}
}

// debugStep says which step of the phases runs. The numbers are ours: a server
// has no step that it does not need.
func (s *Session) debugStep(phase string, i int) {
	if !s.Debugging(logs.DebugStream) {
		return
	}
	if phase != "preread" {
		phase = "generic"
	}
	s.Plainf(logs.DebugStream, "%s phase: %d", phase, i)
}

// debugPeer says that a peer is looked for.
func (s *Session) debugPeer() {
	if s.Debugging(logs.DebugStream) {
		s.Plainf(logs.DebugStream, "get rr peer, try: %d", s.Upstream.tried.Tries)
	}
}

// debugConnected says which peer the session has a connection to.
func (s *Session) debugConnected() {
	u := s.Upstream
	if s.Debugging(logs.DebugEvent) {
		s.Plainf(logs.DebugEvent, "connect to %s, fd:%d #%d", u.Name, u.conn.FD(), u.conn.Serial)
	}
	s.debug("stream proxy connect upstream")
}

// debugEnd says how the session ends.
func (s *Session) debugEnd(status Status) {
	if !s.Debugging(logs.DebugStream) {
		return
	}
	if s.Upstream != nil {
		s.Plainf(logs.DebugStream, "finalize stream proxy: %d", int(status))
	}
	s.Plainf(logs.DebugStream, "finalize stream session: %d", int(status))
	s.Plainf(logs.DebugStream, "stream log handler")
}
