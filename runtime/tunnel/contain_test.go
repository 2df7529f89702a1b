package tunnel

import (
	"io"
	"net"
	"testing"
	"time"

	"understudy/runtime/conn"
)

// A faulty connection panics when it has something to read.
type faulty struct{ net.Conn }

func (f faulty) Read(b []byte) (int, error) {
	if n, err := f.Conn.Read(b); n == 0 {
		return n, err
	}
	panic("the fault")
}

// TestContain: a tunnel that panics ends, and its group is told; others go on.
func TestContain(t *testing.T) {
	faults := make(chan any, 4)
	g := &Group{Caught: func(_ *conn.Conn, fault any) { faults <- fault }}
	other := newRig(t)
	other.join(Options{Group: g})
	gone := func(t *testing.T, r *rig) {
		t.Helper()
		select {
		case <-faults:
		case <-time.After(5 * time.Second):
			t.Fatal("nothing was told")
		}
		for _, far := range []*net.TCPConn{r.client, r.server} {
			far.SetReadDeadline(time.Now().Add(5 * time.Second))
			if _, err := far.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("the connection is not closed: %v", err)
			}
		}
		for g.Len() > 1 {
			time.Sleep(time.Millisecond)
		}
		if len(faults) > 0 {
			t.Errorf("and told of %v", <-faults)
		}
		say(t, other.client, "one")
		expect(t, other.server, "one")
	}
	for _, side := range []End{ByA, ByB} {
		t.Run(side.String(), func(t *testing.T) {
			r := newRig(t)
			from := r.client
			if side == ByA {
				r.a = conn.New(faulty{r.a.NetConn()})
			} else {
				r.b, from = conn.New(faulty{r.b.NetConn()}), r.server
			}
			r.join(Options{Group: g})
			say(t, from, "x")
			gone(t, r)
			if res := r.wait(t); res.End != Panicked {
				t.Errorf("got %v, want %v", res.End, Panicked)
			}
		})
	}
	t.Run("done", func(t *testing.T) {
		r := newRig(t)
		r.t = Join(r.a, r.b, Options{Group: g}, func(Result) { panic("at the end") })
		r.t.Close()
		gone(t, r)
	})
}
