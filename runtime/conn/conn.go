// Package conn is one connection of a client or to an upstream peer: TCP, a unix
// socket, or TLS over either. A Conn waits without holding a buffer, counts bytes,
// and has nginx's timeouts, which cost nothing while data flows. It knows no
// protocol, and does not accept or dial.
package conn

import (
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"understudy/runtime/buf"
)

// A Conn is one connection. One goroutine may read while another writes; several
// readers or several writers must take turns. Close, Interrupt and Shutdown may be
// called by anyone at any time. While a Conn exists its owner must not set
// deadlines on the net.Conn below.
type Conn struct {
	Serial   uint64    // $connection: a number no other connection of the process has; 0 if the owner gave none
	Accepted time.Time // when it was accepted or connected
	Requests int       // $connection_requests
	Received int64     // bytes delivered by reads, above TLS
	Sent     int64     // bytes taken by writes, above TLS ($bytes_sent)

	// The size of a Conn is a good part of what an idle connection costs: what few
	// need is behind pointers.

	nc    net.Conn        // the transport
	raw   syscall.RawConn // its descriptor; nil if it has none we can wait on (net.Pipe, Windows)
	upper *upper          // TLS over nc, or nil
	ahead *buf.Buffer     // bytes read but not delivered, or nil
	addrs *addrs          // nil until asked for

	rd        readOp
	onRead    func(fd uintptr) bool // rd's callback, made once
	readEnd   Clock                 // when a read gives up; 0 if never
	readArmed Clock                 // the read deadline the runtime has; 0 if none
	writeArm  Clock                 // the write deadline the runtime has; 0 if none
	patience  *Patience             // nil: writes wait for as long as they may

	flags     atomic.Uint32 // interrupted, canceled, closed
	writeWait uint32        // milliseconds a write waits for progress; 0 if forever
}

// Flags of a Conn, set by other goroutines than its owner's.
const (
	interrupted = 1 << iota
	canceled
	closed
	debugged
)

func (c *Conn) is(flag uint32) bool { return c.flags.Load()&flag != 0 }

// clear resets flag, and tells whether it was set.
func (c *Conn) clear(flag uint32) bool { return c.is(flag) && c.flags.And(^flag)&flag != 0 }

// set sets flag, and tells whether it was set before.
func (c *Conn) set(flag uint32) bool { return c.flags.Or(flag)&flag != 0 }

// SetDebug marks the connection as one that the debug log is about
// (debug_connection).
func (c *Conn) SetDebug() { c.set(debugged) }

// Debug reports whether SetDebug was called.
func (c *Conn) Debug() bool { return c.is(debugged) }

// An upper is what Secure was given.
type upper struct {
	net.Conn
	record int         // the most that one write takes, in bytes; 0: any
	below  *buf.Buffer // bytes read for it and not yet taken, or nil
	dry    bool        // the transport is not to be read now
	empty  bool        // TLS has no bytes that it did not deliver

	broken atomic.Bool // a write failed: crypto/tls would send its close_notify yet
}

// maxRecord is the most that a TLS record carries, in bytes (RFC 8446, section 5.1).
const maxRecord = 16 << 10

// New returns a Conn over nc, accepted now. An nc that runs on another connection
// (TLS) works, but holds its buffers while waiting: Secure does not.
func New(nc net.Conn) *Conn {
	c := &Conn{nc: nc, Accepted: time.Now()}
	if sc, ok := nc.(syscall.Conn); ok && canWait {
		if raw, err := sc.SyscallConn(); err == nil {
			c.raw = raw
			c.onRead = c.ready
		}
	}
	return c
}

// NetConn returns what reads and writes go to: the TLS connection if there is one,
// else the transport.
func (c *Conn) NetConn() net.Conn {
	if c.upper != nil {
		return c.upper.Conn
	}
	return c.nc
}

// Secure puts t, a TLS connection made over c.Lower(), between the owner and
// the transport. The handshake may be done before or after, but before Await.
func (c *Conn) Secure(t net.Conn) { c.upper = &upper{Conn: t} }

// SetRecord limits what c sends in a TLS record to n bytes (ssl_buffer_size).
func (c *Conn) SetRecord(n int) {
	if c.upper != nil && n < maxRecord {
		c.upper.record = n
	}
}

// Secured tells whether c has a TLS layer.
func (c *Conn) Secured() bool { return c.upper != nil }

// Close closes the connection; a second call does nothing. Reads and writes under
// way return net.ErrClosed. A TLS layer sends its close_notify first.
func (c *Conn) Close() error {
	if c.set(closed) {
		return nil
	}
	if c.upper != nil && !c.upper.broken.Load() {
		return c.upper.Close()
	}
	return c.nc.Close()
}

// Abort closes the transport at once, without a word to the peer. Unlike Close, it
// may be called while the owner is making c secure.
func (c *Conn) Abort() error {
	if c.set(closed) {
		return nil
	}
	return c.nc.Close()
}

// Reset closes the connection so that the peer gets a RST, and unsent data is
// dropped: SO_LINGER of 0, as reset_timedout_connection and "return 444" want it.
func (c *Conn) Reset() error {
	if c.set(closed) {
		return nil
	}
	if t, ok := c.nc.(interface{ SetLinger(int) error }); ok {
		t.SetLinger(0)
	}
	return c.nc.Close()
}

// CloseWrite ends the sending direction; reads go on.
func (c *Conn) CloseWrite() error {
	if c.upper != nil && !c.upper.broken.Load() {
		if w, ok := c.upper.Conn.(interface{ CloseWrite() error }); ok {
			w.CloseWrite() // the shutdown below tells the peer as well
		}
	}
	if w, ok := c.nc.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}

// Linger ends the connection as nginx's lingering_close does: it ends the sending
// direction, then reads and drops what the peer still sends until it ends too, is
// silent for longer than each, or total has passed. A RST to a peer that is still
// sending could destroy the response it has not yet read. It closes c.
func (c *Conn) Linger(total, each time.Duration) {
	defer c.Close()
	if c.CloseWrite() != nil {
		return
	}
	end := time.Now().Add(total)
	for {
		left := time.Until(end)
		if left <= 0 {
			return
		}
		c.SetReadTimeout(min(left, each))
		b, err := c.AwaitBuffer(4 << 10)
		if err == ErrInterrupted {
			continue
		}
		if err != nil {
			return
		}
		b.Free()
	}
}

// closedErr is err, or net.ErrClosed if the owner closed c meanwhile.
func (c *Conn) closedErr(err error) error {
	if c.is(closed) {
		return net.ErrClosed
	}
	return err
}

func isTimeout(err error) bool {
	e, ok := err.(interface{ Timeout() bool })
	if ok && e.Timeout() {
		return true
	}
	return err == os.ErrDeadlineExceeded
}
