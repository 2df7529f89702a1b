package stream

import (
	"time"

	"understudy/runtime/conn"
	"understudy/runtime/upstream"
)

// An Upstream is what a session remembers of the peers it was proxied to.
type Upstream struct {
	Name     string // of the peer at work, for the error log; "" before the first
	Attempts []Attempt

	target *Target // nil until it is found
	tried  upstream.Tried
	conn   *upstream.Conn // nil while there is none
	first  [1]Attempt     // where the common case keeps its attempt

	datagrams bool  // UDP: conn is read by a goroutine of its own
	fromPeer  int64 // bytes that it read
}

// An Attempt is what became of one peer, for $upstream_* and logs.
type Attempt struct {
	Name           string        // of the peer, or of the group if there was none
	Connect        time.Duration // until the connection; -1: never
	FirstByte      time.Duration // until the peer's first byte; -1: never
	Session        time.Duration // -1: not ended
	Received, Sent int64

	start time.Time
}

// begin adds an attempt.
func (u *Upstream) begin(now time.Time) {
	if u.Attempts == nil {
		u.Attempts = u.first[:0]
	}
	if a := u.attempt(); a != nil {
		a.Session = now.Sub(a.start)
	}
	u.Attempts = append(u.Attempts, Attempt{Connect: -1, FirstByte: -1, Session: -1, start: now})
}

// attempt is the last one, or nil.
func (u *Upstream) attempt() *Attempt {
	if len(u.Attempts) == 0 {
		return nil
	}
	return &u.Attempts[len(u.Attempts)-1]
}

// end closes the last attempt.
func (u *Upstream) end() {
	a := u.attempt()
	if a == nil {
		return
	}
	if a.Session < 0 {
		a.Session = time.Since(a.start)
	}
	if u.conn != nil {
		a.Received, a.Sent = u.received(), u.sent()
	}
}

func (u *Upstream) received() int64 {
	if u.datagrams {
		return u.fromPeer
	}
	if u.conn == nil {
		return 0
	}
	return u.conn.Received
}

func (u *Upstream) sent() int64 {
	if u.conn == nil {
		return 0
	}
	return u.conn.Sent
}

// sinceStart is the time from the start of the attempt to a reading of the clock.
func (a *Attempt) sinceStart(t conn.Clock) time.Duration {
	return max(time.Since(a.start)-time.Duration(conn.Now()-t), 0)
}
