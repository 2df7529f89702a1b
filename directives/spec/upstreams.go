package spec

import (
	"strings"

	"understudy/parser/diag"
	"understudy/runtime/gateway"
	"understudy/runtime/httpd"
	"understudy/runtime/stream"
	"understudy/runtime/upstream"
)

// A Group is a group of servers by its name: an upstream block, or a host
// that a proxy_pass names. It may be used before it is defined, as in nginx.
type Group struct {
	Name     string
	Port     int      // of an implicit one; 0: none was given
	Pos      diag.Pos // of the block, or of the first use
	Line     int      // nginx's
	Explicit bool     // there is an upstream block
	HasPort  bool     // it is used with a port, which a block does not have
	Scope    *Scope   // of the block
	Default  int      // the port of an implicit one that names none

	// Servers is set when the http or stream block closes.
	Servers *upstream.Group

	// Key is what a balancer places a request by (hash, ip_hash); nil: nothing.
	Key func(*httpd.Request) []byte

	// Stick is what keeps the requests of a session with one server; nil: nothing.
	Stick *gateway.Sticky

	// StreamKey is what a balancer places a session by; nil: nothing.
	StreamKey func(*stream.Session) []byte
	FirstByte bool // least_time of stream measures the first byte, not the connection
}

type upstreams struct{ list []*Group }

func (s *Scope) upstreamsOf() *upstreams { return &s.upstreams[s.protocol()] }

// protocol is 0 in the http block, 1 in the stream block.
func (s *Scope) protocol() int {
	if s.In&(Stream|StreamServer|StreamUpstream) != 0 {
		return 1
	}
	return 0
}

// Upstreams returns the groups of the http or stream block that s is in, in
// the order in which the configuration mentions them.
func (s *Scope) Upstreams() []*Group { return s.upstreamsOf().list }

// DefineUpstream makes the group of an upstream block.
func (c *Call) DefineUpstream(name string) (*Group, error) {
	us := c.Scope.upstreamsOf()
	for _, u := range us.list {
		if !strings.EqualFold(u.Name, name) {
			continue
		}
		switch {
		case u.Explicit:
			return nil, c.Errorf(0, "duplicate upstream %q", name)
		case u.HasPort:
			d := c.Errorf(0, "upstream %q may not have port %d in %s:%d", name, u.Port, u.Pos.File, u.Line).(diag.Diagnostic)
			d.Line = 0
			return nil, d
		}
		u.Explicit, u.Pos, u.Line = true, c.Pos(), c.End.Line
		return u, nil
	}
	u := &Group{Name: name, Pos: c.Pos(), Line: c.End.Line, Explicit: true}
	us.list = append(us.list, u)
	return u, nil
}

// UseUpstream returns the group that a host, and a port if port is not 0,
// stands for: the block of that name, or an implicit one of its own.
func (c *Call) UseUpstream(host string, port, defaultPort int) (*Group, error) {
	us := c.Scope.upstreamsOf()
	for _, u := range us.list {
		if !strings.EqualFold(u.Name, host) {
			continue
		}
		if u.Explicit && port != 0 {
			return nil, c.Errorf(0, "upstream %q may not have port %d", host, port)
		}
		if u.Explicit || u.Port == port && u.Default == defaultPort {
			return u, nil
		}
	}
	u := &Group{Name: host, Port: port, HasPort: port != 0, Pos: c.Pos(), Line: c.End.Line, Default: defaultPort}
	us.list = append(us.list, u)
	return u, nil
}
