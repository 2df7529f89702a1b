// Package runtime runs configurations: it opens what they listen on, hands
// connections to the generation that is current, and lets older generations
// finish what they began.
package runtime

import (
	"net/netip"
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/listen"
)

// A Graph is a compiled configuration, ready to run.
type Graph struct {
	Listen []Entry
	Parts  []Part // the http and stream blocks

	// Begin is what else is called when the graph begins to be served: work that
	// is done in the background until a part is retired.
	Begin []func()

	// ShutdownTimeout caps how long a retired generation may take; 0: no cap.
	ShutdownTimeout time.Duration

	// Debug, if not nil, says which connections debug_connection names.
	Debug func(*conn.Conn) bool

	// Done, if not nil, is called once, when nothing of the graph runs any
	// more: its log files can be closed.
	Done func()
}

// An Entry is one socket and what serves its connections.
type Entry struct {
	listen.Options
	Serve func(*conn.Conn) // takes the connection over

	// Accepted, if not nil, is called before each Serve, for connections in
	// their order.
	Accepted func()

	// ServeUDP reads the datagrams of a UDP socket until the Part it belongs
	// to is retired or closed.
	ServeUDP func(*listen.Socket)
}

// Port returns who serves TCP connections to an address, or to the path of a unix
// socket: the first socket of that address, or of a wildcard with its port. It is
// nil if there is none.
func (g *Graph) Port(a netip.AddrPort, path string) func(*conn.Conn) {
	for i := range g.Listen {
		e := &g.Listen[i]
		switch e.Network {
		case "unix":
			if path != "" && e.Addr == "unix:"+path {
				return e.Serve
			}
		case "tcp":
			l, err := netip.ParseAddrPort(e.Addr)
			if err == nil && (l == a || l.Port() == a.Port() && l.Addr().IsUnspecified() && l.Addr().Is4() == a.Addr().Is4()) {
				return e.Serve
			}
		}
	}
	return nil
}

// A Part is a block whose connections must end before a generation is gone.
type Part interface {
	// Retire closes idle connections and lets the others finish. The channel
	// is closed when all are gone.
	Retire() <-chan struct{}
	// CloseAll closes every connection at once.
	CloseAll()
}
