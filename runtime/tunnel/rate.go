package tunnel

import (
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
)

// rates are what a tunnel with limits needs more.
type rates struct {
	start conn.Clock
	stop  chan struct{} // closed when the tunnel has ended
	a, b  rate
}

// A rate is the limit of what is read of one side.
type rate struct {
	rate int64      // bytes a second; 0 for none
	next conn.Clock // when it may be read again; used by its direction alone
}

func newRates(a, b int, now conn.Clock) *rates {
	return &rates{start: now, stop: make(chan struct{}), a: rate{rate: int64(a)}, b: rate{rate: int64(b)}}
}

// readRated reads once, no more than r allows; before the next read it waits as
// long as those bytes take. The arithmetic is nginx's: there is a second's worth at
// the beginning, and what was not used may be caught up with. moved is what the
// direction has moved so far. Time waited does not count for Options.Idle.
func (t *Tunnel) readRated(src *conn.Conn, r *rate, moved int64) (*buf.Buffer, error) {
	for {
		if err := t.delay(r.next); err != nil {
			return nil, err
		}
		if err := src.Await(); err != nil {
			return nil, err
		}
		limit := r.rate*(int64(conn.Now()-t.rates.start)/int64(time.Second)+1) - moved
		if limit <= 0 {
			r.next = conn.Now() + milliseconds(-limit*1000/r.rate+1)
			continue
		}
		b := buf.Get(int(t.buffer))
		n, err := src.Read(b.B[:min(limit, int64(t.buffer))])
		if err != nil {
			b.Free()
			return nil, err
		}
		r.next = conn.Now() + milliseconds(int64(n)*1000/r.rate)
		b.W = n
		return b, nil
	}
}

func milliseconds(n int64) conn.Clock { return conn.Clock(n * int64(time.Millisecond)) }

// delay waits until next, or returns ErrCanceled when the tunnel ends.
func (t *Tunnel) delay(next conn.Clock) error {
	d := time.Duration(next - conn.Now())
	if d <= 0 {
		return nil
	}
	t.movedAt(next)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-t.rates.stop:
		return conn.ErrCanceled
	}
}
