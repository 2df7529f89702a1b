package stream

import (
	"fmt"
	"net/netip"
	"time"

	"understudy/parser/diag"
)

// A Trace is what happened to a session on its way through the phases.
type Trace struct{ Events []Event }

// An Event is one thing that happened.
type Event struct {
	Phase string   // "server", "access", "content" …
	Name  string   // of the directive or block
	Pos   diag.Pos // of the directive or block; may be invalid
	Text  string   // what happened
}

// step runs s unless it reaches beyond the session.
func (t *Trace) step(s *Session, phase string, step *Step) Status {
	n := len(t.Events)
	t.Events = append(t.Events, Event{Phase: phase, Name: step.Name, Pos: step.Pos})
	if step.Explain == nil {
		st := step.Run(s)
		t.Events[n].Text = st.String()
		return st
	}
	text, st := step.Explain(s)
	t.Events[n].Text = text
	return st
}

// Note adds a remark to the trace of an explained session: why a step decided as
// it did.
func (s *Session) Note(format string, args ...any) {
	if s.trace != nil {
		s.trace.Events = append(s.trace.Events, Event{Phase: "note", Text: fmt.Sprintf(format, args...)})
	}
}

// Explaining reports whether s is only being explained.
func (s *Session) Explaining() bool { return s.trace != nil }

// Explain takes a session without a connection through the phases: every step
// that would reach beyond it says what it would do instead. The session is not
// used again.
func (p *Port) Explain(remote, local netip.AddrPort) (*Session, *Trace) {
	a := p.Address(local.Addr())
	s := p.Stream.session()
	s.Port, s.Addr, s.Server = p, a, a.Default
	s.Start = time.Now()
	s.remote, s.local, s.RealIP = remote, local, remote.Addr().String()
	s.trace = &Trace{Events: []Event{{
		Phase: "server", Name: "server", Pos: s.Server.Pos, Text: "for " + p.Text,
	}}}
	if st := s.run(); st > Passed {
		s.Status = st
		s.Note("the session ends with %d", int(st))
	}
	return s, s.trace
}
