package tunnel

import (
	"time"

	"understudy/runtime/buf"
	"understudy/runtime/conn"
)

// readRated reads once, no more than rate allows; before the next read it waits as
// long as those bytes take. The arithmetic is nginx's: there is a second's worth at
// the beginning, and what was not used may be caught up with. moved is what the
// direction has moved so far. Time waited does not count for Options.Idle.
func (t *Tunnel) readRated(src *conn.Conn, rate int, moved int64, next *conn.Clock) (*buf.Buffer, error) {
	r := int64(rate)
	for {
		if err := t.delay(*next); err != nil {
			return nil, err
		}
		if err := src.Await(); err != nil {
			return nil, err
		}
		limit := r*(int64(conn.Now()-t.start)/int64(time.Second)+1) - moved
		if limit <= 0 {
			*next = conn.Now() + milliseconds(-limit*1000/r+1)
			continue
		}
		b := buf.Get(t.o.Buffer)
		n, err := src.Read(b.B[:min(limit, int64(t.o.Buffer))])
		if err != nil {
			b.Free()
			return nil, err
		}
		*next = conn.Now() + milliseconds(int64(n)*1000/r)
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
	t.touch(next)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-t.stop:
		return conn.ErrCanceled
	}
}
