package spec

import (
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"

	"understudy/parser/diag"
)

// An Overlay fits a configuration to a machine that it was not written for: who
// stands in for servers and files that are not there. Its functions may be nil.
type Overlay struct {
	// Server returns the address that is connected to in the place of a
	// server's, or of all servers of an upstream block, whose port is 0. A unix
	// socket is "unix:" and its path, with port 0.
	Server func(host string, port int) (to string, ok bool)

	// Unresolved is told of each host that has no address and is done without.
	// Nil: that is an error.
	Unresolved func(Unresolved)

	// Certificate stands in for a certificate and its key, of which one cannot
	// be used because of why. The names are those of the server.
	Certificate func(cert, key string, names []string, why error) (*tls.Certificate, error)

	// Missing reports whether the configuration does without a file for TLS that
	// cannot be read: parameters, authorities, revocation lists.
	Missing func(file string, why error) bool
}

// An Unresolved is a host of a configuration that has no address on this machine.
type Unresolved struct {
	Host     string
	At       diag.Pos
	Upstream bool   // it is a server of an upstream, for which another may stand in
	Without  string // what is done as long as it has none
}

// Instead returns who is connected to in the place of a server.
func (o *Overlay) Instead(host string, port int) (to string, ok bool) {
	if o == nil || o.Server == nil {
		return "", false
	}
	return o.Server(host, port)
}

// Lenient reports whether servers need no address yet.
func (o *Overlay) Lenient() bool { return o != nil && o.Unresolved != nil }

// A Substitution is one of Overlay.Server's: From is a host with or without a
// port, or a unix socket; To likewise.
type Substitution struct{ From, To string }

// Substitute looks a server up among substitutions. One without a port is for
// all of them; what it is substituted by keeps the port then unless it has one.
func Substitute(list []Substitution, host string, port int) (to string, ok bool) {
	for _, s := range list {
		if strings.HasPrefix(host, "unix:") || strings.HasPrefix(s.From, "unix:") {
			if s.From == host {
				return s.To, true
			}
			continue
		}
		h, p := splitPort(s.From)
		if !strings.EqualFold(h, host) || p != 0 && p != port {
			continue
		}
		if _, has := splitPort(s.To); has == 0 && port != 0 && !strings.HasPrefix(s.To, "unix:") {
			return fmt.Sprintf("%s:%d", s.To, port), true
		}
		return s.To, true
	}
	return "", false
}

// splitPort splits "host:port"; the port is 0 if there is none.
func splitPort(s string) (host string, port int) {
	h, p, err := net.SplitHostPort(s)
	if err != nil {
		return s, 0
	}
	n, err := strconv.Atoi(p)
	if err != nil {
		return s, 0
	}
	if strings.Contains(h, ":") {
		h = "[" + h + "]"
	}
	return h, n
}
