package conn

import "time"

// A Patience is how long the writes of a connection may wait, all together, before
// their owner is told that the peer is slow. It belongs to the owner.
type Patience struct {
	Left time.Duration
	Lost func() // called by the write that has waited for too long, while it waits on
}

// SetPatience has p.Lost called, once, when p.Left has passed in writes that had to
// wait, and returns the patience that was in force; nil is none. What is written
// meanwhile stays as it is: Lost must not write, nor end the connection.
func (c *Conn) SetPatience(p *Patience) (before *Patience) {
	before, c.patience = c.patience, p
	return before
}

// Spend takes d from the patience there is, for an owner who is about to wait that
// long before it goes on writing.
func (c *Conn) Spend(d time.Duration) {
	p := c.patience
	if p == nil {
		return
	}
	if p.Left -= d; p.Left <= 0 {
		c.patience = nil
		p.Lost()
	}
}

// impatient calls Lost if it is time, and reports whether it did.
func (op *writeOp) impatient() bool {
	p := op.c.patience
	if p == nil || op.began == 0 || Now() < op.began+Clock(p.Left) || op.c.is(closed|canceled) {
		return false
	}
	op.c.patience = nil
	p.Lost()
	return true
}
