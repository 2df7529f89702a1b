// Package httpd processes HTTP requests the way nginx does: a request finds
// its server and location and passes through phases, each a list of steps that
// the configuration compiled into that location.
//
// It knows requests, responses and phases. It knows no directive: what a
// directive does is a Step, a Filter or a field of Location that somebody
// above put there.
package httpd

import (
	"strconv"

	"understudy/parser/diag"
	"understudy/runtime/vars"
)

type (
	// A Variable is declared for requests.
	Variable = vars.Variable[*Request]
	// A Template is evaluated for requests.
	Template = vars.Template[*Request]
	// Vars are the variables of one http block.
	Vars = vars.Table[*Request]
)

// A Status is what a step answers: one of the values below, or the HTTP status
// to finish the request with.
type Status int

const (
	Declined   Status = -1 // not mine: go on with the next step
	OK         Status = 0  // mine, and fine: go on with the next phase
	Done       Status = 1  // the response has been sent, or was given up
	Rewritten  Status = 2  // the URI changed: find the location again
	Redirected Status = 3  // internally: start again with the new URI
	Entered    Status = 4  // a named location was entered: run its phases
	Aborted    Status = 5  // the connection is of no more use: close it without a word
	TakenOver  Status = 6  // somebody else has taken the connection over (an upgrade)
)

func (s Status) String() string {
	switch s {
	case Declined:
		return "next"
	case OK:
		return "ok"
	case Done:
		return "done"
	case Rewritten:
		return "rewritten"
	case Redirected:
		return "redirected"
	case Entered:
		return "entered"
	case Aborted:
		return "aborted"
	case TakenOver:
		return "taken over"
	}
	return strconv.Itoa(int(s))
}

// A Step is one entry of a phase.
type Step struct {
	Name string   // the directive it comes from
	Pos  diag.Pos // and where that stands
	Run  func(*Request) Status

	// Explain says what Run would do, in a line or more, and what the step
	// would answer. It is set on steps that reach beyond the request (an
	// upstream, a counter): explain calls it instead of Run.
	Explain func(*Request) (string, Status)

	// Bound says of a content handler that it works only where its block's
	// configuration is in force, and fails where that of another block, which
	// was entered later, is: it passes requests to an upstream.
	Bound bool

	// Condition marks a step that stands for a block, such as "if", so that
	// a trace says whether it was entered.
	Condition bool
}

// A Filter looks at the head of every response of a location and may take part
// in its body.
type Filter struct {
	Name string
	Pos  diag.Pos

	// Head sees and edits r.Resp before it is sent. A non-nil wrap takes
	// part in the body. A status of 300 or more asks for the page of that
	// status, in addition to what the head says already; see Abandon.
	Head func(r *Request) (wrap func(next Writer) Writer, st Status)

	// First says that the writer gets the body as it was made, before those
	// of filters whose heads run earlier.
	First bool

	// Parts says that the writer may Post subrequests.
	Parts bool

	// Whole says that the filter is about the whole response, the bodies of
	// subrequests included; it does not see their heads. Those that are not
	// run first.
	Whole bool
}

// A Writer takes the body of a response. Bytes are only valid during the call.
type Writer interface {
	Write(p []byte) error
	// File sends n bytes of f from off. f stays the caller's.
	File(f File, off, n int64) error
	// Flush sends what has been held back so far.
	Flush() error
	// Close ends the body. Nothing may follow.
	Close() error
}
