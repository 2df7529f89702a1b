package stream

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/regex"
	"understudy/runtime/resolver"
	"understudy/runtime/tunnel"
)

// A Stream is a compiled stream block. New makes it.
type Stream struct {
	Servers []*Server
	Vars    *Vars
	Log     *slog.Logger
	Version string // of the nginx that is stood in for, "1.31.5"

	// Times is the texts of $time_local and $time_iso8601.
	Times logs.Clock

	// Ports finds who serves the connections of an address, for pass; nil if
	// there is none.
	Ports func(a netip.AddrPort, path string) func(*conn.Conn)

	live    live
	pool    sync.Pool
	tunnels tunnel.Group
	ctx     context.Context // ends with CloseAll
	cancel  context.CancelFunc
}

// New returns a stream block with no servers yet.
func New(vars *Vars, log *slog.Logger, version string) *Stream {
	st := &Stream{Vars: vars, Log: log, Version: version}
	st.ctx, st.cancel = context.WithCancel(context.Background())
	return st
}

// A Server is a compiled server block.
type Server struct {
	Name string // the first server_name
	Pos  diag.Pos

	// The phases, in their order.
	PostAccept, PreAccess, Access, SSL, Preread []Step

	Content *Step // nil: the session ends with 500
	Log     []Step

	PrereadBuffer        int                // preread_buffer_size
	PrereadTimeout       time.Duration      // preread_timeout
	ProxyProtocolTimeout time.Duration      // proxy_protocol_timeout
	NoDelay              bool               // tcp_nodelay
	Resolver             *resolver.Resolver // of names that only a session knows; nil: there is none
	ResolverTimeout      time.Duration
	ErrorLog             *slog.Logger
}

// An Address is the servers that listen on one address and port.
type Address struct {
	Text          string // as nginx prints it: "0.0.0.0:80", "unix:/path"
	Default       *Server
	SSL           bool
	ProxyProtocol bool

	names names
}

type names struct {
	exact map[string]*Server
	head  map[string]*Server // "*.example.com" as ".example.com"
	tail  map[string]*Server // "www.example.*" as "www.example."
	regex []namedRegex
}

type namedRegex struct {
	re     *regex.Regexp
	server *Server
}

// A Conflict is a name that another server has already.
type Conflict struct{ Name, Address string }

func (c Conflict) Error() string {
	return fmt.Sprintf(`conflicting server name "%s" on %s, ignored`, c.Name, c.Address)
}

// Add gives the address one name of a server, as httpd.Address does.
func (a *Address) Add(s *Server, name string, re *regex.Regexp) error {
	put := func(m *map[string]*Server, key string) error {
		if *m == nil {
			*m = map[string]*Server{}
		}
		if _, ok := (*m)[key]; ok {
			return Conflict{name, a.Text}
		}
		(*m)[key] = s
		return nil
	}
	switch {
	case re != nil:
		a.names.regex = append(a.names.regex, namedRegex{re, s})
		return nil
	case strings.HasPrefix(name, "*."):
		return put(&a.names.head, name[1:])
	case strings.HasPrefix(name, "."):
		if err := put(&a.names.exact, name[1:]); err != nil {
			return err
		}
		return put(&a.names.head, name)
	case strings.HasSuffix(name, ".*"):
		return put(&a.names.tail, name[:len(name)-1])
	}
	return put(&a.names.exact, name)
}

// Find returns the server for a name that the client asks for in TLS, in lower
// case, or nil if there is none: then the session stays where it is.
func (a *Address) Find(s *Session, host []byte) (*Server, error) {
	n := &a.names
	if x := n.exact[string(host)]; x != nil {
		return x, nil
	}
	for i := range host { // longest first
		if host[i] == '.' && i > 0 {
			if x := n.head[string(host[i:])]; x != nil {
				return x, nil
			}
		}
	}
	for i := len(host) - 2; i >= 0; i-- {
		if host[i] == '.' {
			if x := n.tail[string(host[:i+1])]; x != nil {
				return x, nil
			}
		}
	}
	for i := range n.regex {
		ok, err := s.Exec(n.regex[i].re, host)
		if err != nil || ok {
			return n.regex[i].server, err
		}
	}
	return nil, nil
}

// A Port is everything that listens on one socket. A wildcard socket serves
// several addresses, told apart by where a connection arrived.
type Port struct {
	Stream *Stream
	Text   string   // of the socket, as nginx prints it
	Any    *Address // for all addresses without their own
	Addrs  map[netip.Addr]*Address
}

// Address returns the address a connection to local belongs to.
func (p *Port) Address(local netip.Addr) *Address {
	if a := p.Addrs[local.Unmap()]; a != nil {
		return a
	}
	return p.Any
}

// usual reports whether n is an error that the other side of a connection, or
// the way to it, causes.
func usual(n syscall.Errno) bool {
	switch n {
	case syscall.ECONNRESET, syscall.EPIPE, syscall.ENOTCONN, syscall.ETIMEDOUT, syscall.ECONNREFUSED,
		syscall.ENETDOWN, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.EHOSTUNREACH:
		return true
	}
	return false
}
