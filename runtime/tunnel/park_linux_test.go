package tunnel

import (
	"testing"
	"time"

	"understudy/runtime/conn"
)

// parked waits until both directions of the rig's tunnel are in the lot.
func parked(t *testing.T, g *Group) {
	t.Helper()
	waitParked(t, g, 2)
}

func waitParked(t *testing.T, g *Group, directions int) {
	t.Helper()
	for range 200 {
		if parkedIn(g) == directions {
			return
		}
		time.Sleep(parkAfter / 10)
	}
	t.Fatalf("%d of %d directions are parked", parkedIn(g), directions)
}

// parkedIn is how many directions are in the lot of g.
func parkedIn(g *Group) int {
	g.mu.Lock()
	l := g.lot
	g.mu.Unlock()
	if l == nil {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.parked)
}

func TestParkedTunnelGoesOn(t *testing.T) {
	r, g := newRig(t), new(Group)
	r.join(Options{Group: g})
	say(t, r.client, "one")
	expect(t, r.server, "one")
	for _, s := range []string{"two", "three"} {
		parked(t, g)
		say(t, r.server, s)
		expect(t, r.client, s)
		say(t, r.client, s)
		expect(t, r.server, s)
	}
	parked(t, g)
	r.client.Close()
	if res := r.wait(t); res.End != ByA || res.Err != nil {
		t.Errorf("got %v, %v, want the end of a", res.End, res.Err)
	}
}

func TestParkedTunnelEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    Options
		end  func(*Group)
		want End
	}{
		{"closed", Options{}, (*Group).Close, Closed},
		{"idle", Options{Idle: 3 * parkAfter}, func(*Group) {}, Timeout},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, g := newRig(t), new(Group)
			tt.o.Group = g
			r.join(tt.o)
			parked(t, g)
			tt.end(g)
			if res := r.wait(t); res.End != tt.want {
				t.Errorf("got %v, want %v", res.End, tt.want)
			}
		})
	}
}

// TestContainParked: one that panics in the goroutine that moves the bytes of all ends
// alone as well.
func TestContainParked(t *testing.T) {
	faults := make(chan any, 4)
	g := &Group{Caught: func(_ *conn.Conn, fault any) { faults <- fault }}
	r, other := newRig(t), newRig(t)
	r.join(Options{Group: g})
	other.join(Options{Group: g})
	waitParked(t, g, 4)
	io := g.lot.io
	g.lot.mu.Lock()
	g.lot.io = nil
	g.lot.mu.Unlock()
	say(t, r.client, "x")
	if res := r.wait(t); res.End != Panicked || len(faults) != 1 {
		t.Errorf("got %v, %d faults, want %v and one", res.End, len(faults), Panicked)
	}
	g.lot.mu.Lock()
	g.lot.io = io
	g.lot.mu.Unlock()
	say(t, other.client, "one")
	expect(t, other.server, "one")
}
