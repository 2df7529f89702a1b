package httpd

import (
	"fmt"
	"net/netip"

	"understudy/parser/diag"
	"understudy/runtime/h1"
	"understudy/runtime/header"
)

// A Trace is what happened to a request on its way through the phases.
type Trace struct {
	Events []Event
}

// An Event is one thing that happened.
type Event struct {
	Phase string   // "server", "candidate", "lost", "location", "rewrite", "access", "content" …, or "note"
	Name  string   // of the directive or block
	Pos   diag.Pos // of the directive or block; may be invalid
	Text  string   // what happened, in a line or more
	Won   bool     // a location that was chosen
}

// step runs s unless it reaches beyond the request.
func (t *Trace) step(r *Request, phase string, s *Step) Status {
	if s.Explain == nil {
		before := string(r.URI)
		n := len(t.Events)
		t.Events = append(t.Events, Event{Phase: phase, Name: s.Name, Pos: s.Pos})
		st := s.Run(r)
		e := &t.Events[n]
		switch {
		case string(r.URI) != before:
			e.Text = fmt.Sprintf("%q became %q, %s", before, r.URI, st)
		case s.Condition && n+1 == len(t.Events):
			e.Text = "does not apply"
		default:
			e.Text = st.String()
		}
		return st
	}
	text, st := s.Explain(r)
	t.Events = append(t.Events, Event{Phase: phase, Name: s.Name, Pos: s.Pos, Text: text})
	return st
}

// note adds a remark to the trace, if there is one.
func (r *Request) note(format string, args ...any) {
	if r.trace != nil {
		r.trace.Events = append(r.trace.Events, Event{Phase: "note", Text: fmt.Sprintf(format, args...)})
	}
}

// Note adds a remark to the trace of an explained request: why a step decided
// as it did.
func (r *Request) Note(format string, args ...any) { r.note(format, args...) }

// Explaining reports whether r is only being explained.
func (r *Request) Explaining() bool { return r.trace != nil }

// candidate notes a location that the prefix search has reached.
func (r *Request) candidate(l *Location, why string) {
	if r.trace != nil {
		r.trace.Events = append(r.trace.Events, Event{Phase: "candidate", Name: l.Title(), Pos: l.Pos, Text: why})
	}
}

// tried notes a regular expression that was asked.
func (r *Request) tried(l *Location, ok bool) {
	text := "does not match"
	if ok {
		text = "matches first"
	}
	r.trace.Events = append(r.trace.Events, Event{Phase: "candidate", Name: l.Title(), Pos: l.Pos, Text: text})
}

// located notes the location that won, and why the others lost.
func (r *Request) located() {
	if r.trace == nil {
		return
	}
	lost := func(l *Location, why string) {
		r.trace.Events = append(r.trace.Events, Event{Phase: "lost", Name: l.Title(), Pos: l.Pos, Text: why})
	}
	seen := map[diag.Pos]bool{}
	for i := len(r.trace.Events) - 1; i >= 0 && r.trace.Events[i].Phase == "candidate"; i-- {
		seen[r.trace.Events[i].Pos] = true
	}
	t := &r.Server.Root.tree
	for i := range t.prefix {
		l := t.prefix[i].loc
		if l == r.Loc || seen[l.Pos] {
			continue
		}
		if len(r.URI) >= len(l.Name) && string(r.URI[:len(l.Name)]) == l.Name {
			lost(l, "a longer prefix matches")
		} else {
			lost(l, fmt.Sprintf("%q does not start with it", r.URI))
		}
	}
	for _, l := range t.exact {
		if l != r.Loc {
			lost(l, "is not the whole URI")
		}
	}
	for _, l := range t.regex {
		if l != r.Loc && !seen[l.Pos] {
			why := "an earlier regular expression matched"
			if r.Loc.Match == NoRegex {
				why = "not asked: the prefix location has ^~"
			} else if r.Loc.Match == Exact {
				why = "not asked: an exact location matched"
			}
			lost(l, why)
		}
	}
	r.trace.Events = append(r.trace.Events, Event{Phase: "location", Name: r.Loc.Title(), Pos: r.Loc.Pos, Text: fmt.Sprintf("for %q", r.URI), Won: true})
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

// A Query is a request to be explained.
type Query struct {
	Method, Target, Host string
	Header               [][2]string
	Remote, Local        netip.AddrPort
	Secure               bool
}

// Explain processes a request without a connection: every step that would
// reach beyond it says what it would do instead.
func (a *Address) Explain(h *HTTP, q Query) (*Request, *Trace, error) {
	head := fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: %s\r\n", q.Method, q.Target, q.Host)
	for _, f := range q.Header {
		head = fmt.Appendf(head, "%s: %s\r\n", f[0], f[1])
	}
	head = append(head, "\r\n"...)
	r := h.request()
	r.trace = &Trace{}
	r.Addr, r.local = a, q.Local
	r.RealIP = append(r.RealIP[:0], q.Remote.Addr().String()...)
	r.remote = q.Remote
	r.Server = a.Default
	r.Loc = r.Server.Root
	r.Head.Options = &r.Server.Head
	r.Head.Reset()
	r.changes = maxChanges + 1
	if _, err := r.Head.Parse(head); err != nil {
		r.fill()
		if e, ok := err.(*h1.Error); ok {
			r.trace.Events = append(r.trace.Events, Event{Phase: "note", Text: fmt.Sprintf("answered %d: %v", e.Status, e)})
			r.Resp.Status = Status(e.Status)
			return r, r.trace, nil
		}
		return r, r.trace, err
	}
	r.fill()
	if r.Head.Get(header.Host) == nil || r.Server == nil {
		r.Server = a.Default
	}
	r.explain(r.serve())
	return r, r.trace, nil
}

// explain follows error_page as finish does, but sends nothing.
func (r *Request) explain(st Status) {
	for {
		switch {
		case st == Redirected || st == Entered:
			st = r.resume(st)
		case (st >= 300 || st == 201 || st == 204) && st != 444:
			r.Resp.Status = st
			r.note("status %d", st)
			st = r.special(st)
		default:
			if r.errStatus != 0 {
				r.Resp.Status = r.errStatus
			}
			return
		}
	}
}
