// Package runtime runs configurations: it opens what they listen on, hands
// connections to the generation that is current, and lets older generations
// finish what they began.
package runtime

import (
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/listen"
)

// A Graph is a compiled configuration, ready to run.
type Graph struct {
	Listen []Entry
	Parts  []Part // the http and stream blocks

	// ShutdownTimeout caps how long a retired generation may take; 0: no cap.
	ShutdownTimeout time.Duration

	// Done, if not nil, is called once, when nothing of the graph runs any
	// more: its log files can be closed.
	Done func()
}

// An Entry is one socket and what serves its connections.
type Entry struct {
	listen.Options
	Serve func(*conn.Conn) // takes the connection over

	// ServeUDP reads the datagrams of a UDP socket until the Part it belongs
	// to is retired or closed.
	ServeUDP func(*listen.Socket)
}

// A Part is a block whose connections must end before a generation is gone.
type Part interface {
	// Retire closes idle connections and lets the others finish. The channel
	// is closed when all are gone.
	Retire() <-chan struct{}
	// CloseAll closes every connection at once.
	CloseAll()
}
