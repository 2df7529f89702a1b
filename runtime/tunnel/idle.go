package tunnel

import (
	"os"
	"time"

	"understudy/runtime/conn"
)

// watch starts the timer of Options.Idle. It is not stopped and started with each
// byte: when it fires it looks how long ago the last one was, and runs on.
func (t *Tunnel) watch() {
	if t.idle == 0 {
		return
	}
	t.timer = time.AfterFunc(1<<62, t.look)
	t.timer.Reset(t.idle)
}

func (t *Tunnel) look() {
	left := conn.Clock(t.last.Load()) + conn.Clock(t.idle) - conn.Now()
	if t.sendA && t.toA.Load() { // while a does not read, only SendA counts
		left = conn.Clock(t.idle)
	}
	if left > 0 {
		t.timer.Reset(time.Duration(left))
		return
	}
	t.end(Timeout, os.ErrDeadlineExceeded)
}

// moved notes that a byte has moved.
func (t *Tunnel) moved() {
	if t.timer != nil {
		t.movedAt(conn.Now())
	}
}

func (t *Tunnel) movedAt(now conn.Clock) {
	if t.rates == nil {
		t.last.Store(int64(now))
		return
	}
	for { // a rate may have put it ahead
		last := t.last.Load()
		if last >= int64(now) || t.last.CompareAndSwap(last, int64(now)) {
			return
		}
	}
}
