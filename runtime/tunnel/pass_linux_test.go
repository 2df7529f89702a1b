package tunnel

import (
	"bytes"
	"crypto/rand"
	"io"
	"sync"
	"testing"
	"time"
)

// Many tunnels of one lot talk at once, in turns and all together: no message is
// lost, and none has to wait for another's.
func TestParkedTunnelsTalk(t *testing.T) {
	g := new(Group)
	var rigs []*rig
	for range 40 {
		r := newRig(t)
		r.join(Options{Group: g, Idle: time.Minute})
		rigs = append(rigs, r)
	}
	waitParked(t, g, 2*len(rigs))
	var wg sync.WaitGroup
	for i, r := range rigs {
		wg.Go(func() {
			from, to := r.client, r.server
			if i%2 == 1 {
				from, to = to, from
			}
			p, got := make([]byte, 1+i*40), make([]byte, 1+i*40)
			for range 500 {
				for range 2 {
					rand.Read(p)
					to.SetDeadline(time.Now().Add(10 * time.Second))
					if _, err := from.Write(p); err != nil {
						t.Error(err)
						return
					}
					if _, err := io.ReadFull(to, got); err != nil || !bytes.Equal(p, got) {
						t.Errorf("tunnel %d: %v, or other bytes", i, err)
						return
					}
					from, to = to, from
				}
			}
		})
	}
	wg.Wait()
	if n := parkedIn(g); n != 2*len(rigs) {
		t.Errorf("%d directions are parked, want %d: small messages need no goroutine", n, 2*len(rigs))
	}
}

// What is too much, or not taken at once, leaves the lot and arrives whole, with the
// end that follows at once.
func TestParkedTunnelIsFlooded(t *testing.T) {
	for _, slow := range []bool{false, true} {
		r, g := newRig(t), new(Group)
		r.join(Options{Group: g})
		parked(t, g)
		data := make([]byte, 16<<20)
		rand.Read(data)
		go func() {
			r.client.Write(data)
			r.client.CloseWrite()
		}()
		if slow {
			time.Sleep(100 * time.Millisecond) // the buffers of the sockets are full
		}
		got, err := io.ReadAll(r.server)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("slow %v: %d of %d bytes, %v", slow, len(got), len(data), err)
		}
		if res := r.wait(t); res.End != ByA || res.AToB != int64(len(data)) {
			t.Errorf("slow %v: %+v", slow, res)
		}
	}
}

// A message with the end of the connection behind it is one event.
func TestParkedTunnelsLastWords(t *testing.T) {
	g := new(Group)
	var rigs []*rig
	for range 20 {
		r := newRig(t)
		r.join(Options{Group: g, HalfClose: true})
		rigs = append(rigs, r)
	}
	waitParked(t, g, 2*len(rigs))
	for _, r := range rigs {
		say(t, r.server, "the last")
		r.server.CloseWrite()
		expect(t, r.client, "the last")
		say(t, r.client, "not yet")
		expect(t, r.server, "not yet")
		r.client.Close()
		if res := r.wait(t); res.AToB != 7 || res.BToA != 8 {
			t.Errorf("%+v", res)
		}
	}
}

func BenchmarkParkedMessage(b *testing.B) {
	r, g := newRig(b), new(Group)
	r.join(Options{Group: g})
	for parkedIn(g) < 2 {
		time.Sleep(parkAfter / 10)
	}
	p := make([]byte, 64)
	b.ReportAllocs()
	for b.Loop() {
		r.client.Write(p)
		io.ReadFull(r.server, p)
	}
}
