package tunnel

import (
	"testing"
	"time"
)

// parked waits until both directions of the rig's tunnel are in the lot.
func parked(t *testing.T, g *Group) {
	t.Helper()
	for range 100 {
		time.Sleep(parkAfter / 10)
		g.mu.Lock()
		l := g.lot
		g.mu.Unlock()
		l.mu.Lock()
		n := len(l.parked)
		l.mu.Unlock()
		if n == 2 {
			return
		}
	}
	t.Fatal("the tunnel was not parked")
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
