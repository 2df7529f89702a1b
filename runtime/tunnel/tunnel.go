// Package tunnel moves bytes between two connections, both ways, until they end: an
// upgraded HTTP connection, CONNECT, proxy_pass of the stream module. While nothing
// arrives a tunnel holds no buffer. It knows no protocol, and logs nothing.
package tunnel

import (
	"sync/atomic"
	"time"

	"understudy/runtime/conn"
)

// DefaultBuffer is the size of the buffer bytes pass through, in bytes. It is taken
// when they arrive, and given back when they are sent. A larger one leaves the
// processor's cache, and is slower.
const DefaultBuffer = 16 << 10

// Options are how a tunnel behaves. By convention a is the client's connection, and
// b the upstream's.
type Options struct {
	// Idle ends the tunnel if no byte has moved in either direction for so long:
	// proxy_timeout of stream, and proxy_read_timeout of http, which nginx starts anew
	// when the client sends as well. 0: never.
	Idle time.Duration

	// SendA and SendB end the tunnel if a (send_timeout) or b (proxy_send_timeout)
	// takes no byte for so long. 0: as long as Idle allows. While bytes wait for a,
	// SendA alone counts, if there is one.
	SendA, SendB time.Duration

	// HalfClose passes the end of one direction on, and lets the other go on:
	// proxy_half_close. Otherwise the tunnel ends when a side has ended its direction
	// and what it sent is delivered.
	HalfClose bool

	// RateA and RateB limit what is read of a (proxy_upload_rate) and of b
	// (proxy_download_rate), in bytes a second. 0: no limit.
	RateA, RateB int

	// Buffer is the size of the buffer, in bytes; 0 for DefaultBuffer.
	Buffer int

	// Group, if not nil, holds the tunnel while it is open.
	Group *Group
}

// An End is why a tunnel ended.
type End uint8

const (
	_        End = iota
	ByA          // a ended its direction; if Err is not nil, reading it failed
	ByB          // likewise b
	Timeout      // Options.Idle
	SendA        // a took nothing for Options.SendA
	SendB        // b took nothing for Options.SendB
	FailedA      // writing to a failed
	FailedB      // writing to b failed
	Closed       // Tunnel.Close
	Panicked     // Group.Caught was told
)

func (e End) String() string {
	return [...]string{"open", "a ended", "b ended", "timeout", "a does not read", "b does not read",
		"writing to a failed", "writing to b failed", "closed", "panicked"}[e]
}

// A Result is what a log line says about a tunnel. The totals of a connection,
// before and in the tunnel, are its Received and Sent.
type Result struct {
	End        End
	Err        error      // what failed, or nil
	AToB, BToA int64      // bytes delivered
	FirstB     conn.Clock // when the first bytes of b came; 0: none did
}

// A Tunnel is two connections that are joined.
type Tunnel struct {
	a, b  *conn.Conn
	done  func(Result)
	group *Group
	lot   *lot // where silent directions wait, or nil
	idle  time.Duration
	timer *time.Timer // of idle, or nil
	rates *rates      // nil without limits

	buffer    int32
	slowA     uint8 // how many full reads of a are passed on as usual; likewise
	slowB     uint8 // of b
	halfClose bool
	sendA     bool // a has a timeout of its own

	last  atomic.Int64  // conn.Clock of the last byte moved; ahead of now while a rate delays
	ended atomic.Uint32 // the End; set once
	final atomic.Uint32 // the side that ended last; the End if halfClose
	open  atomic.Int32  // directions at work
	toA   atomic.Bool   // bytes are being written to a

	failed atomic.Pointer[error] // the first failure, or nil

	aToB, bToA int64 // each written by its direction
	firstB     conn.Clock
	prev, next *Tunnel  // in group; guarded by its lock
	spaces     [2]space // of a's and b's direction in lot; guarded by its lock
}

// Join moves bytes between a and b, beginning with those that were Unread, and
// returns at once. When the tunnel has ended, done is called, from some goroutine of
// the tunnel; it may still write to the connections, or let one linger. When it
// returns, a and b are closed. Until then nobody else may use them, but for Close.
func Join(a, b *conn.Conn, o Options, done func(Result)) *Tunnel {
	if o.Buffer == 0 {
		o.Buffer = DefaultBuffer
	}
	t := &Tunnel{a: a, b: b, done: done, group: o.Group, idle: o.Idle,
		buffer: int32(o.Buffer), halfClose: o.HalfClose, sendA: o.SendA > 0}
	now := conn.Now()
	if o.RateA > 0 || o.RateB > 0 {
		t.rates = newRates(o.RateA, o.RateB, now)
	}
	t.last.Store(int64(now))
	t.open.Store(2)
	a.SetReadTimeout(0)
	b.SetReadTimeout(0)
	a.SetWriteTimeout(o.SendA)
	b.SetWriteTimeout(o.SendB)
	t.group.add(t)
	if t.rates == nil {
		t.lot = t.group.lotOf()
	}
	t.watch()
	go t.from(ByA)
	go t.from(ByB)
	return t
}

// ends returns the connections that the bytes of one side come from and go to.
func (t *Tunnel) ends(side End) (src, dst *conn.Conn) {
	if side == ByA {
		return t.a, t.b
	}
	return t.b, t.a
}

// Close ends the tunnel without delivering what is under way. It does not wait.
func (t *Tunnel) Close() { t.end(Closed, nil) }

// end ends the tunnel for a reason, if it is the first.
func (t *Tunnel) end(why End, err error) {
	if !t.ended.CompareAndSwap(0, uint32(why)) {
		return
	}
	t.fail(err)
	if t.rates != nil {
		close(t.rates.stop)
	}
	t.a.Cancel()
	t.b.Cancel()
	t.lot.wake(t)
}

// fail keeps err for the Result.
func (t *Tunnel) fail(err error) {
	if err != nil {
		t.failed.CompareAndSwap(nil, &err)
	}
}

// leave is called when a direction has ended. The last one ends the tunnel.
func (t *Tunnel) leave() {
	if t.open.Add(-1) > 0 {
		return
	}
	t.group.remove(t)
	if t.timer != nil {
		t.timer.Stop()
	}
	t.ended.CompareAndSwap(0, t.final.Load())
	t.a.Resume()
	t.b.Resume()
	if t.done != nil {
		t.done(t.result())
	}
	t.a.Close()
	t.b.Close()
}

func (t *Tunnel) result() Result {
	r := Result{End: End(t.ended.Load()), AToB: t.aToB, BToA: t.bToA, FirstB: t.firstB}
	if err := t.failed.Load(); err != nil {
		r.Err = *err
	}
	return r
}
