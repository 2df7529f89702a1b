package stream

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/certs"
	"understudy/runtime/h1"
	"understudy/runtime/hostnames"
)

// A Trace is what happened to a session on its way through the phases.
type Trace struct {
	Events []Event
	Asked  *Asked // whom the session would be proxied to; nil: nobody

	query Query
	first []byte   // what the client sends first
	at    diag.Pos // of the step under way
}

// An Event is one thing that happened.
type Event struct {
	Phase string   // "server", "access", "content" …
	Name  string   // of the directive or block
	Pos   diag.Pos // of the directive or block
	Text  string   // what happened
}

// An Asked is whom a session would be proxied to.
type Asked struct {
	Name   string   // of the upstream block, or the host
	Peers  []string // in the order in which they would be tried
	Drawn  bool     // by lot: each may be the first
	Secure bool     // over TLS
	Header []byte   // of the PROXY protocol; it comes before all that the client sends
	Pos    diag.Pos // of the directive that says so
}

// A Query is a session to be explained.
type Query struct {
	Remote, Local netip.AddrPort
	Datagram      bool     // UDP
	TLS           bool     // the client begins with a TLS handshake
	ServerName    string   // that it names
	Protocols     []string // that it offers (ALPN)
	First         []byte   // what it sends first, without TLS
}

func (t *Trace) add(s *Session, e Event) {
	if !e.Pos.IsValid() {
		if e.Pos = t.at; !e.Pos.IsValid() {
			e.Pos = s.Server.Pos
		}
	}
	t.Events = append(t.Events, e)
}

// step runs s unless it reaches beyond the session.
func (t *Trace) step(s *Session, phase string, step *Step) Status {
	t.at = step.Pos
	defer func() { t.at = diag.Pos{} }()
	n := len(t.Events)
	t.add(s, Event{Phase: phase, Name: step.Name, Pos: step.Pos})
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
		s.trace.add(s, Event{Phase: "note", Text: fmt.Sprintf(format, args...)})
	}
}

// Explaining reports whether s is only being explained.
func (s *Session) Explaining() bool { return s.trace != nil }

// Explain takes a session without a connection through the phases: every step
// that would reach beyond it says what it would do instead. The session stays
// valid: it is not used again for another.
func (p *Port) Explain(q Query) (*Session, *Trace) {
	a := p.Address(q.Local.Addr())
	s := p.Stream.session()
	s.Port, s.Addr, s.Server = p, a, a.Default
	s.Start = time.Now()
	s.remote, s.local, s.RealIP = q.Remote, q.Local, q.Remote.Addr().String()
	s.trace = &Trace{query: q, first: q.First}
	if q.TLS {
		s.trace.first = hello(q)
	}
	s.trace.add(s, Event{Phase: "server", Name: s.Server.Name, Pos: s.Server.Pos, Text: "for " + p.Text})
	if st := s.run(); st > Passed {
		if s.Status = st; st != Success {
			s.Note("the session ends with %d", int(st))
		}
	}
	return s, s.trace
}

// hello is what a client that speaks TLS sends first.
func hello(q Query) []byte {
	near, far := net.Pipe()
	defer far.Close()
	c := &tls.Config{ServerName: q.ServerName, NextProtos: q.Protocols, InsecureSkipVerify: true}
	go func() {
		_ = tls.Client(near, c).Handshake() // there is nobody to answer
		near.Close()
	}()
	b := make([]byte, 16<<10)
	n, _ := far.Read(b)
	return b[:n]
}

// foreseen takes the place of a handshake with the client.
func (s *Session) foreseen() Status {
	q := &s.trace.query
	if !q.TLS {
		s.Note("a TLS handshake is expected, and the client speaks plainly")
		return Internal
	}
	if host, _, err := h1.AppendHost(nil, []byte(q.ServerName)); err == nil {
		found, how, err := s.Addr.Find(host, s)
		if err != nil {
			return Internal
		}
		if how != hostnames.None {
			s.Server = found
		}
		s.Note("the TLS handshake is with server %s", s.Server.Name)
	}
	if s.Server.TLS.Verify == certs.VerifyOn {
		s.Note("a certificate of the client is required, and none was sent")
		return Internal
	}
	return OK
}

// Explain says where the session would go.
func (p *Proxy) Explain(s *Session) (string, Status) {
	u := &Upstream{}
	s.Upstream = u
	t, st := p.target(s)
	if st != OK {
		return "to " + string(s.Eval(p.Address)), st
	}
	var key []byte
	if t.Key != nil {
		key = t.Key(s)
	}
	a := &Asked{Name: t.Group.Name, Drawn: t.Group.Drawn(), Secure: p.TLS != nil, Pos: s.trace.at}
	for _, peer := range t.Group.Order(key, nil) {
		a.Peers = append(a.Peers, peer.Name)
	}
	if p.Protocol > 0 {
		a.Header = p.header(s)
	}
	s.trace.Asked = a
	u.begin(s.Start)
	if len(a.Peers) == 0 {
		u.attempt().Name = a.Name
		return "to " + a.Name + ": nobody, for no server is there", BadGateway
	}
	u.Name, u.attempt().Name = a.Peers[0], a.Peers[0]
	sep := ", then "
	if a.Drawn {
		sep = ", or "
	}
	text := "to " + a.Name + ": " + strings.Join(a.Peers, sep)
	if len(a.Header) > 0 {
		text += fmt.Sprintf("\n%s", a.Header)
	}
	return text, Success
}
