// Package doctor explains to people who develop with a server why requests failed:
// with the cause, the evidence and the directive that decided, in a line for the
// terminal and a page in place of nginx's. It is attached to an httpd.HTTP by
// "understudy run", and never where nginx's bytes are wanted.
package doctor

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/gateway"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A Setting is what a directive comes to in a location.
type Setting struct {
	Text string   // the directive as it is written; its default if it is not; "" if neither
	Pos  diag.Pos // not valid: it is not set
	Lost []string // directives of outer blocks that it puts out of force
}

// A Listener is a socket of some process that accepts connections.
type Listener struct {
	Addr netip.AddrPort
	Name string // of the process; "" if that may not be known
	PID  int
}

// A Doctor implements httpd.Doctor.
type Doctor struct {
	// Where finds a directive for a location; nil: nothing is known.
	Where func(l *httpd.Location, directive string) Setting
	// Listeners are the sockets of this machine; nil: nothing is known.
	Listeners func() []Listener
	// Container says that this machine is a container, of which localhost is the inside.
	Container bool
	// Here says whether a name or address leads to this machine; nil: only loopback
	// addresses and names below localhost do.
	Here func(host string) bool
	// Tell is given each finding, from several goroutines.
	Tell func(*Diagnosis)
	// Line, if not nil, is given each request that has ended, likewise.
	Line func(*Line)
	// Patience is how long an event stream may be held back; 0: a second.
	Patience time.Duration

	mu    sync.Mutex
	away  map[string]bool // hosts of redirects that have been looked at
	loops map[string]*loop
}

// A Diagnosis is what is wrong with a request.
type Diagnosis struct {
	Entry   *diag.Entry
	Status  int    // of the answer, or 0
	Request string // "GET /path"
	Text    string // the cause with its evidence: a sentence
	Fix     string // what to do: a sentence
	Setting        // the directive that decided, if there is one
	In      string // the location, as it is written
	At      diag.Pos
	Facts   []httpd.Fact
}

// A Line is what became of a request.
type Line struct {
	Status   int
	Took     time.Duration
	Method   string
	Target   string
	Host     string
	Location string // as it is written
	Pos      diag.Pos
	Upstream []string // the peers that were tried
	Sent     int64    // bytes of the body
}

// Ended implements httpd.Doctor.
func (d *Doctor) Ended(r *httpd.Request) {
	list := d.examine(r)
	list = append(list, d.upgrade(r, list)...)
	if c := r.Case(); c != nil {
		settle(&c.Held, list)
	}
	list = append(list, d.redirect(r)...)
	for _, x := range list {
		d.Tell(x)
	}
	if d.Line != nil && r.Loc != nil {
		d.Line(lineOf(r))
	}
}

// settle has written what the error log says, but for what list explains. A finding
// that knows no better than the log explains what it quotes.
func settle(lines *logs.Held, list []*Diagnosis) {
	lines.Write(func(message string) bool {
		return slices.ContainsFunc(list, func(x *Diagnosis) bool {
			return x.Entry != nil && x.Entry.Name != "answered-by" || strings.Contains(x.Text, message)
		})
	})
}

// Later implements httpd.Doctor.
func (d *Doctor) Later(r *httpd.Request, c httpd.Cause) (report func(), due time.Duration) {
	wait := d.Patience
	if wait == 0 {
		wait = time.Second
	}
	c.Facts = append(c.Facts, httpd.Fact{Name: "after", Value: wait})
	x := d.diagnose(r, &c)
	return func() { d.Tell(x) }, wait
}

// examine returns what the case of r comes to. It is asked before the page is made,
// and again when the request has ended.
func (d *Doctor) examine(r *httpd.Request) []*Diagnosis {
	c := r.Case()
	if c == nil {
		return nil
	}
	list, _ := c.Page.([]*Diagnosis)
	causes := c.Causes()
	for i := len(list); i < len(causes); i++ {
		list = append(list, d.diagnose(r, &causes[i]))
	}
	c.Page = list
	return slices.Clip(list)
}

// diagnose puts a cause into words.
func (d *Doctor) diagnose(r *httpd.Request, c *httpd.Cause) *Diagnosis {
	x := &Diagnosis{Status: int(c.Status), Request: request(r), Facts: c.Facts}
	if c.Loc != nil {
		x.In, x.At = c.Loc.Title(), c.Loc.Pos
	}
	code := d.refine(r, c)
	if name := directiveOf(c.Loc, c.Directive); name != "" {
		x.Setting = d.where(c.Loc, name)
		if x.Setting.Text == "" && c.Loc != nil && c.Loc.Content != nil && strings.HasSuffix(name, "_pass") {
			x.Setting = Setting{Text: c.Loc.Content.Name, Pos: c.Loc.Content.Pos}
		}
	} else if c.Step != nil {
		x.Setting = d.where(c.Loc, c.Step.Name)
		if x.Setting.Text == "" || c.Step.Pos.IsValid() {
			x.Setting.Pos = c.Step.Pos
		}
		if x.Setting.Text == "" && c.Step.Pos.IsValid() {
			x.Setting.Text = c.Step.Name
		}
	}
	x.Entry = diag.Find(code)
	x.Text, x.Fix = d.words(code, c, x)
	if x.Fix == "" && x.Entry != nil {
		x.Fix = x.Entry.Fix
	}
	return x
}

// directiveOf returns the whole name of a directive of a Cause, in l.
func directiveOf(l *httpd.Location, name string) string {
	if !strings.HasPrefix(name, "_") {
		return name
	}
	prefix := "proxy"
	if l != nil && l.Content != nil {
		if p, ok := strings.CutSuffix(l.Content.Name, "_pass"); ok {
			prefix = p
		}
	}
	return prefix + name
}

func (d *Doctor) where(l *httpd.Location, directive string) Setting {
	if d.Where == nil || l == nil {
		return Setting{}
	}
	return d.Where(l, directive)
}

// refine looks closer at what a place that failed could not know.
func (d *Doctor) refine(r *httpd.Request, c *httpd.Cause) string {
	switch c.Code {
	case "answered-by":
		if c.Status == 404 && c.Fact("path") != nil {
			c.Code = "missing-file"
			return d.refine(r, c)
		}
	case "missing-file":
		if index := indexBeside(r, c); index != "" {
			c.Facts = append(c.Facts, httpd.Fact{Name: "index", Value: index})
			return "spa-fallback"
		}
	case "upstream-invalid", "upstream-closed":
		bytes, _ := c.Fact("bytes").(string)
		if text, fix := decode(bytes, c); text != "" {
			c.Facts = append(c.Facts, httpd.Fact{Name: "protocol", Value: text}, httpd.Fact{Name: "fix", Value: fix})
			return "wrong-protocol"
		}
	}
	return c.Code
}

func request(r *httpd.Request) string {
	m := r.Main()
	return text(m.Method) + " " + text(m.Target)
}

// text is what a client has sent, fit for a terminal.
func text(p []byte) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return '?'
		}
		return c
	}, strings.ToValidUTF8(string(p), "?"))
}

func lineOf(r *httpd.Request) *Line {
	l := &Line{
		Status: int(r.Resp.Status), Took: time.Since(r.Start), Method: text(r.Method), Target: text(r.Target), Host: text(r.Header(header.Host)),
		Location: r.Loc.Title(), Pos: r.Loc.Pos, Sent: r.Resp.BodySent,
	}
	if h := r.Head; h != nil && len(h.Method) > 0 {
		l.Method = text(h.Method) // error_page may have made it GET
	}
	if s := gateway.StateOf(r); s != nil {
		s.Each(func(a *gateway.Attempt) {
			if a.Name != "" {
				l.Upstream = append(l.Upstream, a.Name)
			}
		})
	}
	return l
}
