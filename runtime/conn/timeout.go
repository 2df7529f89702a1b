package conn

import (
	"os"
	"time"
)

// Timeouts are lazy. A deadline is handed to the runtime only when a read or write
// really has to wait, and one that is armed already and ends sooner is left alone:
// when it fires, the waiter finds that it woke early and arms the rest. So a busy
// connection never touches a timer, and an idle one about once per timeout. No
// timeout comes early, and none late.

// A Clock is a time in nanoseconds since a moment before the process began: always
// positive, never set back, and cheaper to get and to compare than a time.Time.
type Clock int64

var began = time.Now().Add(-time.Second)

// Now returns the time.
func Now() Clock { return Clock(time.Since(began)) }

func (t Clock) time() time.Time { return began.Add(time.Duration(t)) }

// ErrInterrupted is returned by a wait that Interrupt ended.
var ErrInterrupted error = waitEnded("interrupted")

// ErrCanceled is returned by reads and writes after Cancel.
var ErrCanceled error = waitEnded("canceled")

// A waitEnded is a temporary net.Error, so that a TLS layer can go on after it.
type waitEnded string

func (e waitEnded) Error() string { return string(e) }
func (waitEnded) Timeout() bool   { return false }
func (waitEnded) Temporary() bool { return true }

// SetReadTimeout lets the reads that follow fail with os.ErrDeadlineExceeded if
// they still wait when d has passed from now; 0 lets them wait for ever. A timeout
// between two reads, as client_body_timeout, is set before each.
func (c *Conn) SetReadTimeout(d time.Duration) {
	if d <= 0 {
		c.readEnd = 0
		return
	}
	c.readEnd = Now() + Clock(d)
}

// SetReadDeadline is SetReadTimeout with a time; the zero time is none.
func (c *Conn) SetReadDeadline(t time.Time) {
	if t.IsZero() {
		c.readEnd = 0
		return
	}
	c.readEnd = max(Clock(t.Sub(began)), 1)
}

// SetReadUntil is SetReadTimeout with a Clock; 0 is none.
func (c *Conn) SetReadUntil(t Clock) { c.readEnd = t }

// SetWriteTimeout lets a write fail with os.ErrDeadlineExceeded if the peer takes
// no byte for d: it is counted anew after each part sent, as send_timeout. 0 lets
// it wait for ever. It is counted in whole milliseconds.
func (c *Conn) SetWriteTimeout(d time.Duration) {
	c.writeWait = uint32(min(max((d+time.Millisecond-1)/time.Millisecond, 0), 1<<32-1))
}

// writeUntil is when a write that waits from now gives up.
func (c *Conn) writeUntil(now Clock) Clock {
	return now + Clock(c.writeWait)*Clock(time.Millisecond)
}

// Interrupt ends the Await or AwaitBuffer under way, or the next that has to wait,
// with ErrInterrupted. Other reads, and data that has arrived, are not affected. It
// is how a retired generation finds its idle connections.
func (c *Conn) Interrupt() {
	c.set(interrupted)
	c.nc.SetReadDeadline(past)
}

// Uninterrupt undoes an Interrupt that no Await has met. Nobody may be reading.
func (c *Conn) Uninterrupt() {
	if c.clear(interrupted) {
		c.nc.SetReadDeadline(never)
		c.readArmed = 0
	}
}

// Cancel ends all reads and writes, under way or yet to come, with ErrCanceled. The
// connection stays open, so that whoever owns it may still end it in order, after
// Resume.
func (c *Conn) Cancel() {
	c.set(canceled)
	c.nc.SetDeadline(past)
}

// Resume undoes Cancel. Nobody may be reading or writing.
func (c *Conn) Resume() {
	c.clear(canceled)
	c.nc.SetDeadline(never)
	c.readArmed, c.writeArm = 0, 0
}

var (
	past  = time.Unix(1, 0)
	never time.Time
)

// armRead sees to it that the runtime wakes a read no later than readEnd.
func (c *Conn) armRead() {
	if c.readEnd != 0 && (c.readArmed == 0 || c.readArmed > c.readEnd) {
		c.setReadArmed()
	}
}

func (c *Conn) setReadArmed() {
	c.readArmed = c.readEnd
	if c.readEnd == 0 {
		c.nc.SetReadDeadline(never)
		return
	}
	c.nc.SetReadDeadline(c.readEnd.time())
}

// readWoke is called when the runtime's read deadline has passed. It returns nil if
// the read has to go on waiting.
func (c *Conn) readWoke(awaiting bool) error {
	if c.is(closed) {
		return os.ErrClosed
	}
	if c.is(canceled) {
		return ErrCanceled
	}
	if awaiting && c.clear(interrupted) {
		return ErrInterrupted
	}
	if c.readEnd != 0 && Now() >= c.readEnd {
		return os.ErrDeadlineExceeded
	}
	c.setReadArmed()
	if c.is(canceled) { // Cancel came before the deadline that replaced its own
		return ErrCanceled
	}
	return nil
}
