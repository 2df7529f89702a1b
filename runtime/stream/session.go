// Package stream processes sessions of TCP and UDP the way nginx's stream module does: a
// session finds its server and passes through phases, each a list of steps that
// the configuration compiled into that server.
//
// It knows sessions, phases and proxying. It knows no directive: what a
// directive does is a Step or a field of Server that somebody above put there.
package stream

import (
	"fmt"
	"log/slog"
	"net/netip"
	"syscall"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/buf"
	"understudy/runtime/certs"
	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/regex"
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
	Done     Status = 1  // somebody else goes on with the session, and calls Finish
	Again    Status = 2  // of preread: more of what the client sends is needed
	Passed   Status = 3  // the connection has gone to another port: there is nothing to finish

	Success     Status = 200
	BadRequest  Status = 400
	Forbidden   Status = 403
	Internal    Status = 500
	BadGateway  Status = 502
	Unavailable Status = 503
)

func (s Status) String() string {
	switch s {
	case Declined:
		return "next"
	case OK:
		return "ok"
	case Done:
		return "taken over"
	case Again:
		return "needs more data"
	case Passed:
		return "passed on"
	}
	return fmt.Sprint(int(s))
}

// A Step is one entry of a phase.
type Step struct {
	Name string   // the directive it comes from
	Pos  diag.Pos // and where that stands
	Run  func(*Session) Status

	// Explain says what Run would do and what it would answer. It is set on
	// steps that reach beyond the session: explain calls it instead of Run.
	Explain func(*Session) (string, Status)
}

// A Session is one connection, or the datagrams of one client that belong together,
// on its way through the phases. Nothing in it may be kept when it has ended.
type Session struct {
	Stream *Stream
	Port   *Port
	Addr   *Address
	Server *Server
	Client *conn.Conn // nil while explaining

	Start    time.Time
	Status   Status // 0 until the session ends
	RealIP   string // the client's address as text, as logs have it
	Upstream *Upstream
	Hello    *Hello      // of TLS, if somebody looked; else nil
	TLS      *certs.Conn // with the client; nil if it speaks plainly
	Action   string      // what nginx says after "while" in its error log

	packets *packetConn // of UDP; else nil
	preread []byte      // what the client has sent, while the preread phase runs

	ends       []func() // OnEnd
	slots      []vars.Slot
	arena      buf.Arena
	caps       []int
	capSubject []byte

	peer          netip.AddrPort // before SetRemoteAddr; else not valid
	remote, local netip.AddrPort // while explaining
	trace         *Trace
	prev, next    *Session // in live
}

// A Hello is what a ClientHello says.
type Hello struct {
	ServerName []byte // nil: it names none
	ALPN       []byte // protocols, separated by commas
	Version    [2]byte
}

// Slots implements vars.Subject.
func (s *Session) Slots() []vars.Slot { return s.slots }

// Capture implements vars.Subject.
func (s *Session) Capture(n int) []byte {
	n = max(n, 0)
	if 2*n+1 >= len(s.caps) || s.caps[2*n] < 0 {
		return nil
	}
	return s.capSubject[s.caps[2*n]:s.caps[2*n+1]]
}

// Cycle implements vars.Subject.
func (s *Session) Cycle(name string) {
	s.Errorf(logs.Error, "cycle while evaluating variable \"%s\"", name)
}

// Exec matches re against subject, which must live as long as s, and keeps its
// captures if it matches.
func (s *Session) Exec(re *regex.Regexp, subject []byte) (bool, error) {
	caps, ok, err := re.Match(subject, s.caps[:0:cap(s.caps)])
	if err != nil {
		s.Errorf(logs.Alert, `pcre2_match() failed: %v on "%s" using "%s"`, err, subject, re)
		return false, err
	}
	if !ok {
		return false, nil
	}
	s.caps, s.capSubject = caps, subject
	for _, n := range re.Names() {
		if i := s.Stream.Vars.Find(n.Name); i != vars.None {
			s.Stream.Vars.Keep(s, i, s.Capture(n.Index))
		}
	}
	return true, nil
}

// OnEnd has f called when the session has ended and been logged.
func (s *Session) OnEnd(f func()) { s.ends = append(s.ends, f) }

// Alloc returns an empty slice with room for n bytes that live as long as s.
func (s *Session) Alloc(n int) []byte { return s.arena.Alloc(n)[:0] }

// Copy returns a copy of text that lives as long as s.
func (s *Session) Copy(text string) []byte { return append(s.Alloc(len(text)), text...) }

// Eval evaluates t. The result lives as long as s.
func (s *Session) Eval(t *Template) []byte { return t.Eval(s, s.Alloc) }

// Var returns the value of a variable.
func (s *Session) Var(i vars.Index) ([]byte, bool) { return s.Stream.Vars.Get(s, i) }

// SetVar gives a variable a value, which is kept, not copied.
func (s *Session) SetVar(i vars.Index, val []byte) { s.Stream.Vars.Set(s, i, val) }

// RemoteAddr is the client's address; not valid for a unix socket.
func (s *Session) RemoteAddr() netip.AddrPort {
	if s.Client == nil {
		return s.remote
	}
	return s.Client.RemoteAddr()
}

// Peer is the address that the connection came from, whatever SetRemoteAddr said.
func (s *Session) Peer() netip.AddrPort {
	if s.peer.IsValid() {
		return s.peer
	}
	return s.RemoteAddr()
}

// LocalAddr is the address the client connected to; not valid for a unix socket.
func (s *Session) LocalAddr() netip.AddrPort {
	if s.Client == nil {
		return s.local
	}
	return s.Client.LocalAddr()
}

// LocalText is the address the client connected to, without a port.
func (s *Session) LocalText() string {
	if s.Client == nil {
		return s.local.Addr().String()
	}
	return s.Client.LocalText()
}

// SetRemoteAddr replaces the client's address by another, told by somebody who
// is believed.
func (s *Session) SetRemoteAddr(a netip.AddrPort) {
	s.peer = s.Peer()
	if s.Client == nil {
		s.remote, s.RealIP = a, a.Addr().String()
		return
	}
	s.Client.SetRemoteAddr(a)
	s.RealIP = s.Client.RemoteText()
}

// Received is how many bytes of the client have been read.
func (s *Session) Received() int64 {
	if s.Client == nil {
		return 0
	}
	return s.Client.Received
}

// Sent is how many bytes have been sent to the client.
func (s *Session) Sent() int64 {
	if s.Client == nil {
		return 0
	}
	return s.Client.Sent
}

// Preread is what the client has sent so far, without taking it: for steps of
// the preread phase.
func (s *Session) Preread() []byte { return s.preread }

// Errorf writes a line to the error log, with what nginx says of a session.
func (s *Session) Errorf(level slog.Level, format string, args ...any) {
	log, ctx := s.Server.ErrorLog, s.logContext()
	if !log.Enabled(ctx, level) {
		return
	}
	msg := fmt.Sprintf(format, args...)
	if s.Action != "" {
		msg += " while " + s.Action
	}
	a := make([]slog.Attr, 0, 6)
	if s.Client != nil {
		a = append(a, slog.Uint64("connection", s.Client.Serial))
	}
	a = append(a, slog.String(s.kind()+"client", s.RealIP), slog.String("server", s.Port.Text))
	if u := s.Upstream; u != nil {
		if u.Name != "" {
			a = append(a, slog.String("upstream", u.Name))
		}
		a = append(a,
			slog.String("bytes from/to client", fmt.Sprintf("%d/%d", s.Received(), s.Sent())),
			slog.String("bytes from/to upstream", fmt.Sprintf("%d/%d", u.received(), u.sent())))
	}
	log.LogAttrs(ctx, level, msg, a...)
}

// UDP reports whether the session is one of datagrams.
func (s *Session) UDP() bool {
	return s.packets != nil || s.trace != nil && s.trace.query.Datagram
}

// kind is what stands before "client" in logs.
func (s *Session) kind() string {
	if s.packets != nil {
		return "udp "
	}
	return ""
}

// Plainf writes a line that names nothing but the connection.
func (s *Session) Plainf(level slog.Level, format string, args ...any) {
	log, ctx := s.Server.ErrorLog, s.logContext()
	if s.Client == nil || !log.Enabled(ctx, level) {
		return
	}
	log.LogAttrs(ctx, level, fmt.Sprintf(format, args...), slog.Uint64("connection", s.Client.Serial))
}

// ConnError writes a line about a connection that failed. Errors that clients
// can cause at will are of the given level, others are alerts.
func (s *Session) ConnError(level slog.Level, err error, what string) {
	if n, ok := conn.Errno(err); ok && !usual(n) {
		level = logs.Alert
	}
	s.Errorf(level, "%s%s", what, conn.ErrorText(err))
}

// SendError writes a line about what could not be sent to the client. A client of
// datagrams whose socket is full is not waited for. (ngx_stream_write_filter)
func (s *Session) SendError(err error) {
	switch n, _ := conn.Errno(err); {
	case s.packets == nil:
		s.ConnError(logs.Info, err, "send() failed")
	case n == syscall.EAGAIN:
		s.Errorf(logs.Alert, "shared connection is busy")
	default:
		s.ConnError(logs.Info, err, "sendmsg() failed")
	}
}
