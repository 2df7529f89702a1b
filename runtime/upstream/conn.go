package upstream

import (
	"syscall"

	"understudy/runtime/conn"
)

// A Conn is a connection to a peer. A connection that speaks TLS is made so with
// Secure. Whoever hands the conn.Conn on, to a tunnel, takes it with Detach.
type Conn struct {
	*conn.Conn
	Peer *Peer

	raw syscall.RawConn // the descriptor of the transport; nil if it has none

	// Of the pool of the group, and guarded by its lock.
	pool    *pool
	tag     any
	expires int64   // nanoseconds of the pool's clock
	links   [2]link // in the lists of the pool: least recent use, same address
	idle    bool
	gone    bool // closed by the peer while not idle
	watched bool
	fd      int32
	serial  int32 // tells events of fd's earlier life
}

// Close closes the connection.
func (c *Conn) Close() error {
	c.pool.forget(c)
	return c.Conn.Close()
}

// Detach returns the connection for good: it cannot be Put any more.
func (c *Conn) Detach() *conn.Conn {
	c.pool.forget(c)
	return c.Conn
}
