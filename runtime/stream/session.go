// Package stream processes TCP and UDP sessions the way nginx's stream module
// does: a session finds its server and passes through phases, each a list of
// steps that the configuration compiled into that server.
package stream

import (
	"understudy/parser/diag"
	"understudy/runtime/buf"
	"understudy/runtime/vars"
)

type (
	// A Variable is declared for sessions.
	Variable = vars.Variable[*Session]
	// A Template is evaluated for sessions.
	Template = vars.Template[*Session]
	// Vars are the variables of one stream block.
	Vars = vars.Table[*Session]
)

// A Status is what a step answers: one of the values below, or the status the
// session ends with.
type Status int

const (
	Declined Status = -1 // not mine: go on with the next step
	OK       Status = 0  // mine, and fine: go on with the next phase
	Done     Status = 1  // the session has been served, or is served by somebody else
)

// A Step is one entry of a phase.
type Step struct {
	Name    string
	Pos     diag.Pos
	Run     func(*Session) Status
	Explain func(*Session) (string, Status)
}

// A Session is one TCP connection or UDP exchange on its way through the phases.
type Session struct {
	slots []vars.Slot
	arena buf.Arena
}

// Alloc returns an empty slice with room for n bytes that live as long as s.
func (s *Session) Alloc(n int) []byte { return s.arena.Alloc(n)[:0] }

// Eval evaluates t. The result lives as long as s.
func (s *Session) Eval(t *Template) []byte { return t.Eval(s, s.Alloc) }

// Slots implements vars.Subject.
func (s *Session) Slots() []vars.Slot { return s.slots }

// Capture implements vars.Subject.
func (s *Session) Capture(int) []byte { return nil }

// Cycle implements vars.Subject.
func (s *Session) Cycle(string) {}

// A Server is a compiled server block.
type Server struct{ Pos diag.Pos }

// A Stream is a compiled stream block.
type Stream struct{ Vars *Vars }
