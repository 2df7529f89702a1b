package httpd

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/header"
	"understudy/runtime/logs"
	"understudy/runtime/regex"
	"understudy/runtime/vars"
)

// A Request is one HTTP request on its way through the phases. It is used by
// one goroutine, and again for the next request when it is finished; nothing
// in it may be kept longer.
type Request struct {
	HTTP   *HTTP
	Addr   *Address
	Server *Server
	Loc    *Location
	Client *conn.Conn // nil while explaining
	Parent *Request   // of a subrequest; nil otherwise

	Head *h1.RequestHead // as received; shared with subrequests

	Method   []byte // as it is now: error_page makes it GET
	MethodID Method
	URI      []byte // normalized and without arguments; starts with "/"
	Args     []byte // without "?"
	Target   []byte // as received: nginx's unparsed_uri
	Host     []byte // lower case, without port; nil if there was none
	HostPort []byte // ":8080" or empty, as received
	Minor    int    // of HTTP/1.x; 9 with Old means HTTP/0.9
	Old      bool   // HTTP/0.9: no head in either direction

	ValidTarget bool // Target still says what URI says: proxying may use it
	UnderAlias  bool // URI is appended to the alias of a regular expression
	Escaped     bool // Target had "%XX" or "+" in its path: captures of URI are escaped again
	Quoting     bool // captures are to be escaped by the rewrites that follow
	Internal    bool // redirected, or a subrequest
	HeadOnly    bool // the response has no body (HEAD, 204, 304)

	Resp Response
	Body Body

	Start    time.Time
	ID       [16]byte // $request_id
	idSet    bool
	RealIP   []byte     // the client's address as text
	Upstream Attachment // what the gateway remembers of its peers, for $upstream_*

	Keepalive bool
	lingering bool // the client may still be sending

	errStatus  Status // the status an error page stands for
	errorPage  bool   // one was used, and recursive_error_pages is off
	changes    int    // of the URI that are still allowed
	uriChanged bool
	moved      bool // changed, and the location kept
	expectDone bool // 100 Continue was sent, or must not be
	logged     bool
	abandoned  bool // a filter gave up the response
	sub        *subrequest
	subDepth   int
	subs       int             // subrequests that a main request has had
	parts      *parts          // where subrequests write; nil if there are none
	background *sync.WaitGroup // of subrequests beside a main request; nil if there were none
	contexts   []moduleContext
	hasOutput  bool  // something of the body has been written
	left       *Step // the content handler of an "if" block that another took the place of
	terminated bool  // by "return 444": the connection is closed at once
	verbose    bool  // all of the debug log is written, for this client
	timedOut   bool  // the client did not read or write in time
	local      netip.AddrPort
	remote     netip.AddrPort
	pipelined  bool  // it was there before the last response
	headLength int   // bytes of the line and the head
	sentBefore int64 // bytes the connection had sent when it began

	ends       []func()   // OnEnd
	made       []*Request // subrequests, which end with it
	slots      []vars.Slot
	arena      buf.Arena
	caps       []int
	offsets    []int // of Match
	capSubject []byte

	in      *buf.Buffer // what was read from the client; unread bytes are body or the next request
	headEnd int         // where the head ends in it
	headBuf *buf.Buffer // the buffer the head is in, if it is no longer in

	out   output
	trace *Trace
	file  *Case // of a main request; nil without a Doctor
}

// An Attachment is what somebody above keeps with a request until it ends.
type Attachment interface {
	URL() string // of the peer it talks to, for the error log; "" for none
	Release()
	Fail() // instead of Release, when the request has panicked
}

// maxChanges is nginx's NGX_HTTP_MAX_URI_CHANGES.
const maxChanges = 10

// Slots implements vars.Subject.
func (r *Request) Slots() []vars.Slot { return r.slots }

// Capture implements vars.Subject: $1 to $9 of the last match.
func (r *Request) Capture(n int) []byte {
	if n < 0 {
		n = 0
	}
	if 2*n+1 >= len(r.caps) || r.caps[2*n] < 0 {
		return nil
	}
	return r.capSubject[r.caps[2*n]:r.caps[2*n+1]]
}

// Cycle implements vars.Subject.
func (r *Request) Cycle(name string) {
	r.Errorf(logs.Error, "cycle while evaluating variable \"%s\"", name)
}

// Match matches a subject and leaves $1, $2 … as they are. The offsets it
// returns, two for each group, are valid until it is called again.
func (r *Request) Match(re *regex.Regexp, subject []byte) (offsets []int, ok bool) {
	caps, ok, err := re.Match(subject, r.offsets[:0])
	if err != nil {
		r.Errorf(logs.Alert, "pcre2_match() failed: %v on \"%s\" using \"%s\"", err, subject, re)
		return nil, false
	}
	r.offsets = caps
	return caps, ok
}

// Exec matches re against subject, which must live as long as r, and keeps its
// captures if it matches.
func (r *Request) Exec(re *regex.Regexp, subject []byte) (bool, error) {
	caps, ok, err := re.Match(subject, r.caps[:0:cap(r.caps)])
	if err != nil {
		r.Errorf(logs.Alert, "pcre2_match() failed: %v on \"%s\" using \"%s\"", err, subject, re)
		return false, err
	}
	if !ok {
		return false, nil
	}
	r.caps, r.capSubject = caps, subject
	for _, n := range re.Names() {
		if i := r.HTTP.Vars.Find(n.Name); i != vars.None {
			r.HTTP.Vars.Keep(r, i, r.Capture(n.Index))
		}
	}
	return true, nil
}

// ForgetCaptures makes $1 to $9 empty, as a rule of the rewrite module does that
// does not match.
func (r *Request) ForgetCaptures() { r.caps = r.caps[:0] }

// OnEnd has f called when the request that r is, or is a part of, has ended and
// been logged.
func (r *Request) OnEnd(f func()) {
	m := r.Main()
	m.ends = append(m.ends, f)
}

// Alloc returns an empty slice with room for n bytes that live as long as r.
func (r *Request) Alloc(n int) []byte { return r.arena.Alloc(n)[:0] }

// Copy returns a copy of p that lives as long as r.
func (r *Request) Copy(p []byte) []byte { return append(r.Alloc(len(p)), p...) }

// Sprintf formats into memory that lives as long as r. It is not for the
// hot path.
func (r *Request) Sprintf(format string, args ...any) []byte {
	return r.Copy(fmt.Appendf(nil, format, args...))
}

// Eval evaluates t. The result lives as long as r.
func (r *Request) Eval(t *Template) []byte { return t.Eval(r, r.Alloc) }

// Var returns the value of a variable.
func (r *Request) Var(i vars.Index) ([]byte, bool) { return r.HTTP.Vars.Get(r, i) }

// SetVar gives a variable a value, which is kept, not copied.
func (r *Request) SetVar(i vars.Index, val []byte) { r.HTTP.Vars.Set(r, i, val) }

// Header returns the value of the first request field with a known name.
func (r *Request) Header(id header.ID) []byte { return r.Head.Get(id) }

// Main returns the request that r is a part of, or r.
func (r *Request) Main() *Request {
	for r.Parent != nil {
		r = r.Parent
	}
	return r
}

// SetURI replaces the URI and, unless args is nil, the arguments, and keeps
// both, not copies.
func (r *Request) SetURI(uri, args []byte) {
	r.URI, r.ValidTarget = uri, false
	if args != nil {
		r.Args = args
	}
}

// ChangeURI is SetURI for the rewrite phase: when the phase ends, the location
// is looked up again.
func (r *Request) ChangeURI(uri, args []byte) {
	r.SetURI(uri, args)
	r.uriChanged = true
}

// KeepLocation makes a URI that changed in the rewrite phase stay in the
// location it is in ("break").
func (r *Request) KeepLocation() {
	if r.uriChanged {
		r.uriChanged = false
		r.moved = true
	}
}

// InLocation reports whether the URI is one that the location was chosen for:
// its name may be replaced by another. After a "break" it is not.
func (r *Request) InLocation() bool { return !r.moved }

// Redirect starts the request again at uri, internally.
func (r *Request) Redirect(uri, args []byte) Status {
	r.changes--
	if r.changes == 0 {
		r.Errorf(logs.Error, "rewrite or internal redirection cycle while internally redirecting to \"%s\"", uri)
		r.cycle()
		return 500
	}
	r.hop(uri)
	r.URI, r.Args, r.ValidTarget, r.UnderAlias = uri, args, false, false
	r.Internal = true
	r.Resp.GzipVary = false
	r.caps = r.caps[:0]
	r.contexts = r.contexts[:0]
	r.debugURI("internal redirect:", uri, args)
	r.note("internal redirect to %q", uri)
	return Redirected
}

// Enter makes the request go on in a named location of its server.
func (r *Request) Enter(name []byte) Status {
	r.changes--
	if r.changes == 0 {
		r.Errorf(logs.Error, "rewrite or internal redirection cycle while redirect to named location \"%s\"", name)
		r.cycle()
		return 500
	}
	r.hop(name)
	if len(r.URI) == 0 {
		r.Errorf(logs.Error, "empty URI in redirect to named location \"%s\"", name)
		return 500
	}
	l := r.Server.Named(name)
	if l == nil {
		r.Errorf(logs.Error, "could not find named location \"%s\"", name)
		return 500
	}
	r.Internal = true
	r.contexts = r.contexts[:0]
	r.Loc = l
	if r.Debugging(logs.DebugHTTP) {
		r.Debugf(logs.DebugHTTP, "using location: %s \"%s?%s\"", name, r.URI, r.Args)
	}
	if r.trace != nil {
		r.note("named location %s (%s)", l.Name, l.Pos)
		r.trace.Location = l
	}
	return Entered
}

// Errno is conn.ErrorText.
func Errno(err error) string { return conn.ErrorText(err) }

// Logger returns the error log in force for r.
func (r *Request) Logger() *slog.Logger {
	if r.Loc != nil && r.Loc.ErrorLog != nil {
		return r.Loc.ErrorLog
	}
	return r.HTTP.Log
}

// Errorf writes a line to the error log, with what nginx says of a request.
func (r *Request) Errorf(level slog.Level, format string, args ...any) {
	log := r.Logger()
	ctx := logContext(r.Client)
	if c := r.Case(); c != nil {
		r.said(level, fmt.Sprintf(format, args...))
		ctx = logs.Holding(ctx, &c.Held)
	}
	if !log.Enabled(ctx, level) {
		return
	}
	log.LogAttrs(ctx, level, fmt.Sprintf(format, args...), r.attrs()...)
}

// Logging reports whether the error log takes a level.
func (r *Request) Logging(level slog.Level) bool {
	return r.Logger().Enabled(logContext(r.Client), level)
}

// attrs is who the client is and what it asked, in nginx's order.
func (r *Request) attrs() []slog.Attr {
	a := make([]slog.Attr, 0, 8)
	if r.Client != nil {
		a = append(a, slog.Uint64("connection", r.Client.Serial))
	}
	a = append(a, slog.String("client", string(r.RealIP)))
	if r.Server != nil {
		a = append(a, slog.String("server", r.Server.Name))
	}
	if line := r.Line(); line != nil {
		a = append(a, slog.String("request", string(line)))
	}
	if r.Parent != nil {
		a = append(a, slog.String("subrequest", string(r.URI)))
	}
	if r.Upstream != nil {
		if url := r.Upstream.URL(); url != "" {
			a = append(a, slog.String("upstream", url))
		}
	}
	if r.Head != nil {
		if v := r.Head.Get(header.Host); v != nil {
			a = append(a, slog.String("host", string(v)))
		}
		if v := r.Head.Get(header.Referer); v != nil {
			a = append(a, slog.String("referrer", string(v)))
		}
	}
	return a
}

// Line is the request line as received, for $request and the logs.
func (r *Request) Line() []byte {
	if r.Head == nil {
		return nil
	}
	if r.Head.Line == nil && r.in != nil {
		// A request line that did not arrive whole: what there is of it.
		part := bytes.TrimLeft(r.in.Bytes(), "\r\n")
		if i := bytes.IndexAny(part, "\r\n"); i >= 0 {
			part = part[:i]
		}
		return part
	}
	return r.Head.Line
}
