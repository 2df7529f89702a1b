package upstream

import (
	"net/netip"
	"strconv"
	"testing"
)

var balancers = []struct {
	name string
	new  func() Balancer
}{
	{"round_robin", func() Balancer { return RoundRobin{} }},
	{"least_conn", func() Balancer { return LeastConn{} }},
	{"least_time", func() Balancer { return &LeastTime{Inflight: true} }},
	{"ip_hash", func() Balancer { return IPHash{} }},
	{"hash", func() Balancer { return Hash{} }},
	{"consistent", func() Balancer { return &ConsistentHash{} }},
	{"random", func() Balancer { return Random{} }},
	{"random_two", func() Balancer { return Random{Two: true} }},
}

func groupOf(t testing.TB, n int, b Balancer) *Group {
	var list []*Peer
	for i := range n {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(1000+i))
		list = append(list, NewPeer(addr.String(), addr))
	}
	g, err := New("u", list, b, Keepalive{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// One request, tried on two peers, allocates nothing.
func TestAllocs(t *testing.T) {
	for _, n := range []int{1, 3, 64, 100} {
		for _, b := range balancers {
			g := groupOf(t, n, b.new())
			for _, p := range g.Peers() {
				p.MaxFails = 0
			}
			var tried Tried
			key := []byte("key!")
			g.Begin(&tried, key) // more than 64 peers are marked in a slice that is kept
			allocs := testing.AllocsPerRun(100, func() {
				g.Begin(&tried, key)
				g.Next(&tried)
				g.Free(&tried, Failed)
				g.Next(&tried)
				g.Free(&tried, OK)
			})
			if allocs != 0 {
				t.Errorf("%s of %d: %v allocations", b.name, n, allocs)
			}
		}
	}
}

func TestKeepaliveAllocs(t *testing.T) {
	b := newBackend(t, "tcp", "127.0.0.1:0")
	g := newGroup(t, DefaultKeepalive(), b.peer)
	g.pool.Requests = 0
	c, _ := b.dial(g)
	tag := new(int)
	g.Put(c, tag)
	allocs := testing.AllocsPerRun(100, func() {
		c := g.Get(b.peer, tag)
		if c == nil || !g.Put(c, tag) {
			t.Fatal("not kept")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkNext(b *testing.B) {
	for _, n := range []int{3, 32} {
		for _, l := range balancers {
			b.Run(l.name+"/"+strconv.Itoa(n), func(b *testing.B) {
				g := groupOf(b, n, l.new())
				var tried Tried
				key := []byte("key!")
				b.ReportAllocs()
				for b.Loop() {
					g.Begin(&tried, key)
					g.Next(&tried)
					g.Free(&tried, OK)
				}
			})
		}
	}
}

func BenchmarkKeepalive(b *testing.B) {
	e := newBackend(b, "tcp", "127.0.0.1:0")
	g := newGroup(b, DefaultKeepalive(), e.peer)
	g.pool.Requests = 0
	c, _ := e.dial(g)
	g.Put(c, nil)
	b.ReportAllocs()
	for b.Loop() {
		g.Put(g.Get(e.peer, nil), nil)
	}
}

func BenchmarkDial(b *testing.B) {
	e := newBackend(b, "tcp", "127.0.0.1:0")
	g := newGroup(b, Keepalive{}, e.peer)
	b.ReportAllocs()
	for b.Loop() {
		c, err := g.Dial(b.Context(), e.peer, DialOptions{Timeout: 60e9})
		if err != nil {
			b.Fatal(err)
		}
		c.Reset()
		(<-e.ends).Close()
	}
}
