package conn

// A State says what an idle connection's peer has done.
type State uint8

const (
	Alive   State = iota // nothing
	HasData              // it has sent something
	EOF                  // it has ended its direction, or the connection failed
)

// State looks, without waiting, what the peer has done. Nobody may be reading. A read
// timeout that was set is gone after it.
func (c *Conn) State() State {
	c.readEnd = 0 // that of the last response may be over
	if c.is(closed) {
		return EOF
	}
	if c.ahead != nil {
		return HasData
	}
	if c.raw == nil {
		return Alive // there is no way to see; the next use will tell
	}
	// What is readable below TLS may be a session ticket.
	if c.upper != nil {
		return c.stateUpper()
	}
	n, err := c.turn(readPeek, true, false)
	c.rd.try = false // the reads that follow wait
	switch {
	case err == errWouldBlock:
		return Alive
	case err == nil && n > 0:
		return HasData
	}
	return EOF
}

func (c *Conn) stateUpper() State {
	var one [1]byte
	n, err := c.tryUpper(one[:])
	if n > 0 {
		c.Unread(one[:])
		c.Received++
		return HasData
	}
	if err == errWouldBlock {
		return Alive
	}
	return EOF
}

// Closed tells whether an idle connection can not be used again: its peer has
// closed it, or has sent what nobody asked for. It does not wait.
func (c *Conn) Closed() bool { return c.State() != Alive }
