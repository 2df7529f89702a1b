package httpd

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/hostnames"
	"understudy/runtime/listen"
	"understudy/runtime/logs"
	"understudy/runtime/tunnel"
)

// An HTTP is a compiled http block.
type HTTP struct {
	Servers []*Server
	Vars    *Vars
	Log     *slog.Logger
	Debug   logs.Parts // of the debug log that Log takes
	Doctor  Doctor     // nil, unless people develop with the server

	Version string // of the nginx that is stood in for, "1.31.5"
	Prefix  string // that relative file names are relative to, with a final "/"

	// Mapping is how clients reach the servers, if not as the configuration says;
	// nil: as it says.
	Mapping *Mapping

	// ServerRewriteLog and others that are the same for all servers live in
	// Location.Settings; what is here is asked before a server is known.
	Stats Stats

	// Times is the texts of $time_local and $time_iso8601.
	Times logs.Clock

	clock clock
	live  liveSet
	pool  requestPool

	tunnels   tunnel.Group
	tunnelled sync.Once // tunnels has been prepared

	watches conn.Watches // of clients whose requests wait
}

// Stats counts what stub_status shows.
type Stats struct {
	Accepted, Handled, Requests       atomic.Int64
	Active, Reading, Writing, Waiting atomic.Int64
}

// A Server is a compiled server block.
type Server struct {
	Name     string   // the first server_name, as $server_name says it
	Names    []string // as written
	Pos      diag.Pos
	PostRead []Step
	Rewrite  []Step

	Root *Location // the server's own settings; its tree is the top-level locations

	HeaderTimeout time.Duration // client_header_timeout
	TLS           Security
	Head          h1.Options
}

// Named returns the server's location with that name, "@" included, or nil.
func (s *Server) Named(name []byte) *Location { return s.Root.tree.named[string(name)] }

// An Address is the servers that listen on one address and port.
type Address struct {
	Text    string // as nginx prints it: "0.0.0.0:80", "unix:/path"
	Default *Server

	SSL           bool
	HTTP2         bool
	ProxyProtocol bool

	hostnames.Servers[*Server]
}

// Find returns the server for a host, which is in lower case and without port,
// and how its name matched: the default server if nobody has it. r, if not nil,
// gets the captures of a regular expression.
func (a *Address) Find(r *Request, host []byte) (s *Server, how hostnames.Kind, st Status) {
	var m hostnames.Matcher
	if r != nil {
		m = r
	}
	s, how, err := a.Servers.Find(host, m)
	switch {
	case err != nil:
		return nil, how, 500
	case how == hostnames.None:
		s = a.Default
	}
	return s, how, OK
}

// A Port is everything that listens on one socket.
type Port struct {
	HTTP *HTTP
	listen.Addresses[*Address]
}
