package httpd

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/conn"
	"understudy/runtime/h1"
	"understudy/runtime/logs"
	"understudy/runtime/regex"
	"understudy/runtime/tunnel"
)

// An HTTP is a compiled http block.
type HTTP struct {
	Servers []*Server
	Vars    *Vars
	Log     *slog.Logger

	Version string // of the nginx that is stood in for, "1.31.5"
	Prefix  string // that relative file names are relative to, with a final "/"

	// ServerRewriteLog and others that are the same for all servers live in
	// Location.Settings; what is here is asked before a server is known.
	Stats Stats

	// Times is the texts of $time_local and $time_iso8601.
	Times logs.Clock

	clock clock
	live  liveSet
	pool  requestPool

	tunnels tunnel.Group
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
	return fmt.Sprintf("conflicting server name \"%s\" on %s, ignored", c.Name, c.Address)
}

// Add gives the address one name of a server. The first server to have a name
// keeps it: the error is a Conflict then, anything else being a name that nobody
// can have. A name may start or end with "*", or start with "."; re is the
// compiled form of one that starts with "~".
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
	case re == nil && !validName(name):
		return fmt.Errorf("invalid server name or wildcard \"%s\" on %s", name, a.Text)
	case re != nil:
		a.names.regex = append(a.names.regex, namedRegex{re, s})
		return nil
	case len(name) > 2 && strings.HasPrefix(name, "*."):
		return put(&a.names.head, name[1:])
	case len(name) > 1 && name[0] == '.':
		if _, ok := a.names.head[name]; ok {
			return Conflict{name, a.Text}
		}
		if err := put(&a.names.exact, name[1:]); err != nil {
			return err
		}
		return put(&a.names.head, name)
	case len(name) > 2 && strings.HasSuffix(name, ".*"):
		return put(&a.names.tail, name[:len(name)-1])
	}
	return put(&a.names.exact, name)
}

// validName refuses wildcards that are not a whole label at an end
// (ngx_hash_add_key).
func validName(name string) bool {
	stars := strings.Count(name, "*")
	if stars > 1 || strings.Contains(name, "..") || strings.Contains(name, "\x00") {
		return false
	}
	return stars == 0 || len(name) > 2 && (name[0] == '.' || strings.HasPrefix(name, "*.") || strings.HasSuffix(name, ".*"))
}

// Find returns the server for a host, which is in lower case and without port,
// and how its name matched. r, if not nil, gets the captures of a regular
// expression.
func (a *Address) Find(r *Request, host []byte) (s *Server, how string, st Status) {
	n := &a.names
	if s = n.exact[string(host)]; s != nil {
		return s, "exact name", OK
	}
	if len(n.head) > 0 {
		for i := range host { // longest first
			if host[i] == '.' { // ".example.com" is below "*.example.com" too
				if s = n.head[string(host[i:])]; s != nil {
					return s, "wildcard name starting with an asterisk", OK
				}
			}
		}
	}
	if len(n.tail) > 0 {
		for i := len(host) - 2; i >= 0; i-- {
			if host[i] == '.' {
				if s = n.tail[string(host[:i+1])]; s != nil {
					return s, "wildcard name ending with an asterisk", OK
				}
			}
		}
	}
	if len(host) > 0 {
		for i := range n.regex {
			x := &n.regex[i]
			ok, err := r.named(x.re, host)
			if err != nil {
				return nil, "", 500
			}
			if ok {
				return x.server, "regular expression", OK
			}
		}
	}
	return a.Default, byDefault, OK
}

// byDefault is how a name matches that nobody has.
const byDefault = "default server"

// named is Exec, with or without a request to keep the captures in.
func (r *Request) named(re *regex.Regexp, host []byte) (bool, error) {
	if r == nil {
		_, ok, err := re.Match(host, nil)
		return ok, err
	}
	return r.Exec(re, host)
}

// A Port is everything that listens on one socket. A wildcard socket serves
// several addresses, told apart by where a connection arrived.
type Port struct {
	HTTP  *HTTP
	Any   *Address // for all addresses without their own
	Addrs map[netip.Addr]*Address
}

// Address returns the address a connection to local belongs to.
func (p *Port) Address(local netip.Addr) *Address {
	if len(p.Addrs) > 0 {
		if a := p.Addrs[local.Unmap()]; a != nil {
			return a
		}
	}
	return p.Any
}
