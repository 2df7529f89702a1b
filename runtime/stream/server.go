package stream

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/conn"
	"understudy/runtime/hostnames"
	"understudy/runtime/listen"
	"understudy/runtime/logs"
	"understudy/runtime/resolver"
	"understudy/runtime/tunnel"
)

// A Stream is a compiled stream block. New makes it.
type Stream struct {
	Servers []*Server
	Vars    *Vars
	Log     *slog.Logger
	Debug   logs.Parts // of the debug log that Log takes
	Version string     // of the nginx that is stood in for, "1.31.5"

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
	st.tunnels.Caught = func(client *conn.Conn, fault any) { logs.Fault(fault, st.faultLine(client)) }
	return st
}

// A Server is a compiled server block.
type Server struct {
	Name string // the first server_name
	Pos  diag.Pos

	// The phases, in their order.
	PostAccept, PreAccess, Access, Preread []Step

	Content *Step // nil: the session ends with 500
	Log     []Step

	PrereadBuffer        int           // preread_buffer_size
	PrereadTimeout       time.Duration // preread_timeout
	ProxyProtocolTimeout time.Duration // proxy_protocol_timeout
	HandshakeTimeout     time.Duration // ssl_handshake_timeout
	TLS                  Security
	NoDelay              bool               // tcp_nodelay
	Resolver             *resolver.Resolver // of names that only a session knows; nil: there is none
	ResolverTimeout      time.Duration
	ErrorLog             *slog.Logger
	Debug                *logs.Parts // of the debug log that ErrorLog takes; nil: none
}

// An Address is the servers that listen on one address and port.
type Address struct {
	Text          string // as nginx prints it: "0.0.0.0:80", "unix:/path"
	Default       *Server
	SSL           bool
	ProxyProtocol bool

	hostnames.Servers[*Server]
}

// A Port is everything that listens on one socket.
type Port struct {
	Stream *Stream
	Text   string // of the socket, as nginx prints it
	listen.Addresses[*Address]
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
