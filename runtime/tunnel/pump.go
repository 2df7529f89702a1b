package tunnel

import (
	"io"
	"os"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
)

// The two directions. A goroutine that waits is the most of what an idle tunnel
// costs. Its stack must stay at 2 KB: what it calls is kept flat, and the timer is
// not its business.

// from is the goroutine of one side.
func (t *Tunnel) from(side End) {
	defer t.contain()
	t.move(side)
}

// move moves the bytes of one side.
func (t *Tunnel) move(side End) {
	if side == ByA {
		t.fromA()
	} else {
		t.fromB()
	}
}

func (t *Tunnel) fromA() {
	for {
		b, err := t.readA()
		if err == os.ErrDeadlineExceeded && t.lot != nil {
			if t.lot.park(t, ByA, t.a) {
				return
			}
			continue
		}
		if err != nil {
			t.readEnded(ByA, err)
			break
		}
		t.moved()
		if !t.deliver(ByA, b) {
			break
		}
	}
	t.leave()
}

func (t *Tunnel) fromB() {
	for {
		b, err := t.readB()
		if err == os.ErrDeadlineExceeded && t.lot != nil {
			if t.lot.park(t, ByB, t.b) {
				return
			}
			continue
		}
		if err != nil {
			t.readEnded(ByB, err)
			break
		}
		if t.firstB == 0 {
			t.firstB = conn.Now()
		}
		t.moved()
		if !t.deliver(ByB, b) {
			break
		}
	}
	t.leave()
}

// deliver sends bytes of one side to the other, and frees b. It reports whether
// they were taken.
func (t *Tunnel) deliver(side End, b *buf.Buffer) bool {
	var n int
	var err error
	if side == ByA {
		n, err = t.b.Write(b.Bytes())
		t.aToB += int64(n)
	} else {
		t.toA.Store(true)
		n, err = t.a.Write(b.Bytes())
		t.toA.Store(false)
		t.bToA += int64(n)
	}
	full := n >= int(t.buffer)
	b.Free()
	if err != nil {
		t.writeFailed(side, err)
		return false
	}
	t.moved()
	return !full || t.bulk(side)
}

func (t *Tunnel) readA() (*buf.Buffer, error) {
	if t.rates != nil && t.rates.a.rate > 0 {
		return t.readRated(t.a, &t.rates.a, t.aToB)
	}
	if t.lot != nil {
		t.a.SetReadTimeout(parkAfter)
	}
	return t.a.AwaitBuffer(int(t.buffer))
}

func (t *Tunnel) readB() (*buf.Buffer, error) {
	if t.rates != nil && t.rates.b.rate > 0 {
		return t.readRated(t.b, &t.rates.b, t.bToA)
	}
	if t.lot != nil {
		t.b.SetReadTimeout(parkAfter)
	}
	return t.b.AwaitBuffer(int(t.buffer))
}

// readEnded is called when side can not be read any more.
func (t *Tunnel) readEnded(side End, err error) {
	switch err {
	case conn.ErrCanceled:
		return
	case io.EOF:
		err = nil
	}
	if !t.halfClose {
		t.end(side, err)
		return
	}
	t.fail(err)
	t.final.Store(uint32(side))
	if t.open.Load() == 1 {
		return
	}
	failed := FailedB
	if side == ByB {
		failed = FailedA
	}
	_, dst := t.ends(side)
	if err := dst.CloseWrite(); err != nil {
		t.end(failed, err)
	}
}

// writeFailed is called when bytes of side can not be sent to the other.
func (t *Tunnel) writeFailed(side End, err error) {
	stuck, failed := SendB, FailedB
	if side == ByB {
		stuck, failed = SendA, FailedA
	}
	switch err {
	case conn.ErrCanceled:
	case os.ErrDeadlineExceeded:
		t.end(stuck, err)
	default:
		t.end(failed, err)
	}
}
