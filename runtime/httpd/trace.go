package httpd

import (
	"fmt"

	"understudy/parser/diag"
	"understudy/runtime/header"
)

// A Trace is what happened to a request on its way through the phases.
type Trace struct {
	Events []Event
	Asked  *Asked   // who would answer; nil: nobody but us
	File   string   // what would be sent; empty: no file
	Fields []Field  // of the response head, those that a filter adds or changes
	Head   []byte   // of the response, as it would be sent; nil: none would be
	Block  diag.Pos // of the block that has the last word: the location, or an if or limit_except in it

	// Location is the last that was found or entered by name; nil: none was.
	Location *Location

	levels []*tree      // whose locations were looked at, the last time
	before []header.Out // the fields of the response before a filter
	at     diag.Pos     // of the step under way
	secure bool         // the client speaks TLS
}

// An Event is one thing that happened.
type Event struct {
	Phase string   // "server", "candidate", "lost", "location", "rewrite", "access", "content" …, or "note"
	Name  string   // of the directive or block
	Pos   diag.Pos // of the directive or block
	Text  string   // what happened, in a line or more
	Won   bool     // a location that was chosen
}

// An Asked is who would get a request, and what.
type Asked struct {
	Name    string   // of the upstream block, or the host
	Peers   []string // in the order in which they would be tried
	Drawn   bool     // by lot: each may be the first
	Secure  bool     // over TLS
	Request []byte   // as the first peer would see it, with the body
	Text    string   // for people; empty: Request is text
	Pos     diag.Pos // of the directive that says so
}

// A Field is one of the response head.
type Field struct {
	Name, Value string
	By          string   // the directive or filter
	Pos         diag.Pos // where it stands
}

func (t *Trace) add(r *Request, e Event) {
	if !e.Pos.IsValid() {
		e.Pos = t.here(r)
	}
	t.Events = append(t.Events, e)
}

// here is the place of what has none of its own: the step that says it, or else
// the block in force.
func (t *Trace) here(r *Request) diag.Pos {
	switch {
	case t.at.IsValid():
		return t.at
	case r.Loc != nil && r.Loc.Pos.IsValid():
		return r.Loc.Pos
	case r.Server != nil:
		return r.Server.Pos
	}
	return diag.Pos{}
}

// step runs s unless it reaches beyond the request.
func (t *Trace) step(r *Request, phase string, s *Step) Status {
	outer := t.at
	t.at = s.Pos
	defer func() { t.at = outer }()
	n := len(t.Events)
	t.add(r, Event{Phase: phase, Name: s.Name, Pos: s.Pos})
	if s.Explain != nil {
		text, st := s.Explain(r)
		t.Events[n].Text = text
		return st
	}
	before, loc := string(r.URI), r.Loc
	st := s.Run(r)
	e := &t.Events[n]
	switch {
	case string(r.URI) != before:
		e.Text = fmt.Sprintf("%q became %q, %s", before, r.URI, st)
	case s.Condition && r.Loc == loc:
		e.Text = "does not apply"
	default:
		e.Text = st.String()
	}
	return st
}

// note adds a remark to the trace, if there is one.
func (r *Request) note(format string, args ...any) {
	if r.trace != nil {
		r.trace.add(r, Event{Phase: "note", Text: fmt.Sprintf(format, args...)})
	}
}

// Note adds a remark to the trace of an explained request: why a step decided
// as it did.
func (r *Request) Note(format string, args ...any) { r.note(format, args...) }

// Explaining reports whether r is only being explained. What would reach beyond
// the request says what it would do instead.
func (r *Request) Explaining() bool { return r.trace != nil }

// Asks says who would get an explained request.
func (r *Request) Asks(a Asked) {
	if r.trace != nil {
		a.Pos = r.trace.here(r)
		r.trace.Asked = &a
	}
}

// Sends says which file would answer an explained request.
func (r *Request) Sends(path []byte, size int64) {
	if r.trace != nil {
		r.trace.File = string(path)
		r.note("file %s, %d bytes", path, size)
	}
}

// candidate notes a location that the prefix search has reached.
func (r *Request) candidate(l *Location, why string) {
	if r.trace != nil {
		r.trace.add(r, Event{Phase: "candidate", Name: l.Title(), Pos: l.Pos, Text: why})
	}
}

// level notes that the locations of a block are looked at.
func (r *Request) level(t *tree) {
	if r.trace != nil {
		r.trace.levels = append(r.trace.levels, t)
	}
}

// tried notes a regular expression that was asked.
func (r *Request) tried(l *Location, ok bool) {
	text := "does not match"
	if ok {
		text = "matches first"
	}
	r.trace.add(r, Event{Phase: "candidate", Name: l.Title(), Pos: l.Pos, Text: text})
}

// Title is how the location is written.
func (l *Location) Title() string {
	switch {
	case l.Name == "" && l.Modifier == "":
		return "server"
	case l.Modifier == "":
		return l.Name
	}
	return l.Modifier + " " + l.Name
}

// headers runs a filter over the head, and notes what it adds or changes.
func (t *Trace) headers(r *Request, f *Filter) Status {
	outer := t.at
	t.at = f.Pos
	defer func() { t.at = outer }()
	t.before = append(t.before[:0], r.Resp.Headers.Fields()...)
	_, st := f.Head(r)
	t.attribute(r, f.Name, t.here(r))
	return st
}

// Added says which directive has just added a field to the response of an explained
// request; without it, that is put down to the filter.
func (r *Request) Added(by string, at diag.Pos) {
	if r.trace != nil {
		r.trace.attribute(r, by, at)
	}
}

// attribute notes what is new in the head.
func (t *Trace) attribute(r *Request, by string, at diag.Pos) {
	now := r.Resp.Headers.Fields()
	for i := range now {
		f := &now[i]
		if i < len(t.before) && string(t.before[i].Name) == string(f.Name) && string(t.before[i].Value) == string(f.Value) {
			continue
		}
		if len(f.Value) > 0 {
			t.Fields = append(t.Fields, Field{string(f.Name), string(f.Value), by, at})
		}
	}
	t.before = append(t.before[:0], now...)
}
