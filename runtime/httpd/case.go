package httpd

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/logs"
)

// A Doctor is told what goes wrong with requests, and explains it to people who
// develop with the server. A server without one keeps nothing for it.
type Doctor interface {
	// Page returns the type and body of a page in place of nginx's own for a
	// status from 400 on; nil if nginx's page is to be sent.
	Page(r *Request, st Status) (contentType, body []byte)

	// Ended is called when r, which is no subrequest, has been logged.
	Ended(r *Request)

	// Later prepares to tell of c while r goes on. report may be called from any
	// goroutine; it is due when what c says has lasted for so long.
	Later(r *Request, c Cause) (report func(), due time.Duration)
}

// A Cause is why something went wrong, as the place that failed knows it.
type Cause struct {
	Code string // the Name of an entry of diag.Catalog
	// Directive is the one whose value decided. One that begins with "_" is of the
	// protocol in use: "_read_timeout" is proxy_read_timeout.
	Directive string
	Facts     []Fact    // evidence
	Loc       *Location // in force when it happened
	Step      *Step     // that gave the status, or nil
	Status    Status    // that followed, or 0
}

// A Fact is a piece of evidence. A Value is text, a number, a time.Duration or a list
// of texts, and nothing that belongs to the request.
type Fact struct {
	Name  string
	Value any
}

// Fact returns the value of a piece of evidence, nil if there is none.
func (c *Cause) Fact(name string) any {
	for _, f := range c.Facts {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

// A Case is what a Doctor knows of a request, from its beginning.
type Case struct {
	Page any // for the Doctor, between Page and Ended

	// Held is lines of the error log for people, who may be told better by the
	// Doctor. What it leaves is written in the end.
	Held logs.Held

	step   *Step // that gave the last status from 400 on
	failed bool  // there was no answer but our own page

	mu     sync.Mutex // guards what follows: subrequests may run beside the request
	causes []Cause    // as they happened
	hops   []string   // the URIs after the one that was asked for
	said   string     // the last line of the error log that was no mere notice
	reason int        // which of causes, from 1, explains a status that follows; 0: none
}

// Causes returns what is known by now, in the order in which it happened.
func (c *Case) Causes() []Cause {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.causes)
}

// add adds a cause. One that decides explains the status that follows.
func (c *Case) add(x Cause, decides bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.causes = append(c.causes, x)
	if decides {
		c.reason = len(c.causes)
	}
}

// Examined reports whether somebody wants to know what goes wrong. Those who fail
// ask before they gather evidence.
func (r *Request) Examined() bool { return r.Case() != nil }

// Case returns what is known of r and its subrequests, nil without a Doctor.
func (r *Request) Case() *Case { return r.Main().file }

// Blame says why something went wrong with r, if somebody wants to know.
func (r *Request) Blame(code, directive string, evidence ...Fact) {
	if c := r.Case(); c != nil {
		c.add(Cause{Code: code, Directive: directive, Facts: evidence, Loc: r.Loc}, !r.InBackground())
	}
}

// Recovered says that what went wrong with r by now was made good by another try,
// and explains nothing that follows.
func (r *Request) Recovered() {
	if c := r.Case(); c != nil && !r.InBackground() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.reason, c.said = 0, ""
	}
}

// letGo writes the lines that wait for a Doctor.
func (r *Request) letGo() {
	if r.file != nil {
		r.file.Held.Write(nil)
	}
}

// said keeps a line of the error log, of which there is one for each request: what
// those beside it write does not explain its status.
func (r *Request) said(level slog.Level, text string) {
	if level >= logs.Info && level != logs.Notice && !r.InBackground() {
		c := r.Case()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.said = text
	}
}

// hop keeps a URI that the request has come to.
func (r *Request) hop(uri []byte) {
	if c := r.Case(); c != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.hops = append(c.hops, string(uri))
	}
}

// answered keeps which step gave a status of an error.
func (r *Request) answered(s *Step) {
	if r.file != nil { // that of a main request
		r.file.step = s
	}
}

// cycle says that the URI changed too often.
func (r *Request) cycle() {
	c := r.Case()
	if c == nil {
		return
	}
	c.mu.Lock()
	hops := append([]string{string(r.Target)}, c.hops...)
	c.mu.Unlock()
	facts := []Fact{{"hops", hops}}
	if path := r.Path(r.URI); path != nil {
		facts = append(facts, Fact{"path", string(path)})
	}
	r.Blame("redirect-cycle", "", facts...)
}

// fails notes that the answer to r is a page for a status. What has no cause by now
// has the step that gave the status, and what the error log said of it.
func (r *Request) fails(st Status) {
	c := r.file
	if c == nil || st < 400 || c.failed {
		return
	}
	c.failed = true
	if !c.explained() {
		c.add(Cause{Code: "answered-by", Facts: r.evidence(), Loc: r.Loc, Step: c.step}, true)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.causes[c.reason-1].Status = st
}

// explained reports whether a cause is known that explains a status.
func (c *Case) explained() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason > 0
}

// evidence is what can be said of a status without a cause of its own.
func (r *Request) evidence() []Fact {
	var facts []Fact
	if said := r.file.lastSaid(); said != "" {
		facts = append(facts, Fact{"log", said})
	}
	if s := r.file.step; s != nil && (s.Name == "try_files" || s.Name == "static file" || s.Name == "index") {
		if path := r.Path(r.URI); path != nil {
			facts = append(facts, Fact{"path", string(path)})
		}
	}
	return facts
}

func (c *Case) lastSaid() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.said
}

// noIndex says that there is no page for a folder.
func (r *Request) noIndex(path []byte) {
	if r.Examined() {
		r.Blame("no-index", "index", Fact{"path", string(path)})
	}
}

// Pos is where the step that gave the status stands, or the location.
func (c *Cause) Pos() diag.Pos {
	switch {
	case c.Step != nil && c.Step.Pos.IsValid():
		return c.Step.Pos
	case c.Loc != nil:
		return c.Loc.Pos
	}
	return diag.Pos{}
}
