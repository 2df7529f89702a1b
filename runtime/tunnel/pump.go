package tunnel

import (
	"io"
	"os"
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
)

// The two directions. A goroutine that waits is the most of what an idle tunnel
// costs: its stack must stay at 2 KB, so what is called while waiting is kept flat.

func (t *Tunnel) fromA() {
	for {
		b, err := t.await(t.a, ByA)
		if err != nil {
			t.leave(ByA, t.readEnded(ByA, err))
			return
		}
		n, err := t.send(t.b, t.o.SendB, b)
		t.aToB += n
		if err != nil {
			t.sendEnded(SendB, FailedB, err)
			t.leave(ByA, nil)
			return
		}
	}
}

func (t *Tunnel) fromB() {
	for {
		b, err := t.await(t.b, ByB)
		if err != nil {
			t.leave(ByB, t.readEnded(ByB, err))
			return
		}
		n, err := t.send(t.a, t.o.SendA, b)
		t.bToA += n
		if err != nil {
			t.sendEnded(SendA, FailedA, err)
			t.leave(ByB, nil)
			return
		}
	}
}

// await waits for bytes of src. The one that reads b watches Options.Idle for both,
// so that a's reader sleeps undisturbed; when b has ended, a's reader does.
func (t *Tunnel) await(src *conn.Conn, side End) (*buf.Buffer, error) {
	for {
		if t.o.Idle > 0 && (side == ByB || t.bLeft.Load()) {
			src.SetReadUntil(t.idleEnd())
		}
		b, err := t.read(src, side)
		switch {
		case err == nil:
			t.touch(conn.Now())
			return b, nil
		case err == conn.ErrInterrupted: // b has ended
		case err == os.ErrDeadlineExceeded && conn.Now() < t.idleEnd(): // the other direction has moved bytes
		default:
			return nil, err
		}
	}
}

// read reads once, within the rate.
func (t *Tunnel) read(src *conn.Conn, side End) (*buf.Buffer, error) {
	switch {
	case side == ByA && t.o.RateA > 0:
		return t.readRated(src, t.o.RateA, t.aToB, &t.nextA)
	case side == ByB && t.o.RateB > 0:
		return t.readRated(src, t.o.RateB, t.bToA, &t.nextB)
	}
	return src.AwaitBuffer(t.o.Buffer)
}

// send writes all of b, frees it, and returns the bytes written.
func (t *Tunnel) send(dst *conn.Conn, timeout time.Duration, b *buf.Buffer) (int64, error) {
	var sent int64
	for {
		n, err := dst.Write(b.Bytes())
		sent += int64(n)
		b.R += n
		if err == os.ErrDeadlineExceeded && timeout == 0 && !dst.Secured() && conn.Now() < t.idleEnd() {
			continue // the other direction has moved bytes
		}
		b.Free()
		if t.o.Idle > 0 {
			t.touch(conn.Now())
		}
		return sent, err
	}
}

// readEnded is called when side can not be read any more. It returns what failed.
func (t *Tunnel) readEnded(side End, err error) error {
	switch err {
	case os.ErrDeadlineExceeded:
		t.end(Timeout, err)
		return nil
	case conn.ErrCanceled:
		return nil
	case io.EOF:
		err = nil
	}
	if !t.o.HalfClose {
		t.end(side, err)
		return err
	}
	if t.open.Load() == 1 {
		return err
	}
	dst, failed := t.b, FailedB
	if side == ByB {
		dst, failed = t.a, FailedA
	}
	if err := dst.CloseWrite(); err != nil {
		t.end(failed, err)
		return nil
	}
	if side == ByB {
		t.bLeft.Store(true)
		t.a.Interrupt()
	}
	return err
}

// sendEnded is called when a side can not be written to any more.
func (t *Tunnel) sendEnded(stuck, failed End, err error) {
	switch {
	case err == conn.ErrCanceled:
	case err != os.ErrDeadlineExceeded:
		t.end(failed, err)
	case stuck == SendA && t.o.SendA > 0 || stuck == SendB && t.o.SendB > 0:
		t.end(stuck, err)
	default:
		t.end(Timeout, err)
	}
}

// touch notes that a byte moved at now, or is going to.
func (t *Tunnel) touch(now conn.Clock) {
	if t.stop == nil {
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

func (t *Tunnel) idleEnd() conn.Clock {
	return conn.Clock(t.last.Load()) + conn.Clock(t.o.Idle)
}
