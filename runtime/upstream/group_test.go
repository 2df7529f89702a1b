package upstream

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func peersOf(t testing.TB, servers ...string) []*Peer {
	t.Helper()
	var list []*Peer
	for _, s := range servers {
		list = append(list, parsePeer(t, s))
	}
	return list
}

func TestNewErrors(t *testing.T) {
	peer := func(change func(*Peer)) *Peer {
		p := NewPeer("a", netip.MustParseAddrPort("127.0.0.1:1"))
		change(p)
		return p
	}
	for _, tt := range []struct {
		peers []*Peer
		want  string
	}{
		{nil, `no servers in upstream "u"`},
		{[]*Peer{peer(func(p *Peer) { p.Backup = true })}, `no servers in upstream "u"`},
		{[]*Peer{peer(func(p *Peer) { p.Addr = "a:1" })}, `invalid address "a:1" of peer "a"`},
		{[]*Peer{peer(func(p *Peer) { p.Network = "ip" })}, `invalid network "ip" of peer "a"`},
		{[]*Peer{peer(func(p *Peer) { p.Weight = 0 })}, `invalid weight 0 of peer "a"`},
	} {
		if _, err := New("u", tt.peers, nil, Keepalive{}); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

func TestTries(t *testing.T) {
	for _, tt := range []struct {
		servers []string
		want    int
	}{
		{[]string{"a"}, 1},
		{[]string{"a", "b", "c"}, 3},
		{[]string{"a", "b down", "c drain"}, 1},
		{[]string{"a", "b backup", "c backup down"}, 2},
	} {
		g, err := New("u", peersOf(t, tt.servers...), nil, Keepalive{})
		if err != nil {
			t.Fatal(err)
		}
		var tried Tried
		g.Begin(&tried, nil)
		if tried.Tries != tt.want {
			t.Errorf("%v: got %d tries, want %d", tt.servers, tried.Tries, tt.want)
		}
	}
}

// Of many peers each is tried once.
func TestManyPeers(t *testing.T) {
	for _, n := range []int{63, 64, 65, 128, 129, 200} {
		for _, b := range []Balancer{RoundRobin{}, LeastConn{}, Hash{}, &ConsistentHash{}, Random{}, Random{Two: true}, IPHash{}, &LeastTime{}} {
			g := groupOf(t, n, b)
			var tried Tried
			seen := map[*Peer]bool{}
			for g.Begin(&tried, []byte("key!")); tried.Tries > 0; g.Free(&tried, Failed) {
				p, err := g.Next(&tried)
				if err != nil {
					t.Fatalf("%T of %d: %v after %d", b, n, err, len(seen))
				}
				if seen[p] {
					t.Errorf("%T of %d: %s tried again", b, n, p.Name)
				}
				seen[p] = true
			}
			if len(seen) != n {
				t.Errorf("%T: got %d peers of %d", b, len(seen), n)
			}
			g.Begin(&tried, nil)
			if p, err := g.Next(&tried); err != ErrNoLive {
				t.Errorf("%T of %d: got %v, %v, want ErrNoLive", b, n, p, err)
			}
			if g.Free(&tried, OK) {
				t.Error("freed what was not picked")
			}
		}
	}
}

func TestRandom(t *testing.T) {
	for _, tt := range []struct {
		name    string
		servers []string
		two     bool
		conns   []int
		chance  string // what the source of chance gives
		want    string
	}{
		{name: "weights", servers: []string{"a weight=2", "b", "c weight=3"}, chance: "0 1 2 3 4 5", want: "a a b c c c"},
		{name: "down", servers: []string{"a", "b down", "c"}, chance: "1 2 1 1 0", want: "c a"},
		{name: "two", servers: []string{"a", "b", "c"}, two: true, conns: []int{3, 1, 2}, chance: "0 1 1 2 2 0", want: "b b c"},
		{name: "two of equal", servers: []string{"a", "b"}, two: true, conns: []int{1, 1}, chance: "0 1 1 0", want: "b a"},
		{name: "two, the same", servers: []string{"a", "b"}, two: true, conns: []int{1, 0}, chance: "0 0 0 1", want: "b"},
		{name: "two with weights", servers: []string{"a weight=4", "b"}, two: true, conns: []int{3, 1}, chance: "0 4 4 3", want: "a a"},
		{name: "two, one usable", servers: []string{"a", "b down"}, two: true, conns: []int{0, 0},
			chance: strings.Repeat("1 ", 20) + "0 1", want: "a"}, // by round robin in the end
	} {
		g, err := New("u", peersOf(t, tt.servers...), Random{Two: tt.two}, Keepalive{})
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range tt.conns {
			g.Peers()[i].conns = n
		}
		chance := strings.Fields(tt.chance)
		draw := func(n int) int {
			if len(chance) == 0 {
				t.Fatalf("%s: chance is used up", tt.name)
			}
			v := int(chance[0][0] - '0')
			chance = chance[1:]
			if v >= n {
				t.Fatalf("%s: %d of %d", tt.name, v, n)
			}
			return v
		}
		var got []string
		for len(chance) > 0 {
			var tried Tried
			g.Begin(&tried, nil)
			got = append(got, letterOf(Random{Two: tt.two}.pick(g, &tried, 0, draw).Name))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, s, tt.want)
		}
	}
}

// The real source of chance keeps to the weights.
func TestRandomShare(t *testing.T) {
	g, err := New("u", peersOf(t, "a weight=3", "b", "c weight=6"), Random{}, Keepalive{})
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	var tried Tried
	for range 10000 {
		g.Begin(&tried, nil)
		p, err := g.Next(&tried)
		if err != nil {
			t.Fatal(err)
		}
		counts[letterOf(p.Name)]++
		g.Free(&tried, OK)
	}
	for letter, want := range map[string]int{"a": 3000, "b": 1000, "c": 6000} {
		if n := counts[letter]; n < want-300 || n > want+300 { // six standard deviations
			t.Errorf("%s: got %d of 10000, want about %d", letter, n, want)
		}
	}
}

func TestFreeReportsDisabled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := New("u", peersOf(t, "a max_fails=2 weight=3", "b down"), nil, Keepalive{})
		if err != nil {
			t.Fatal(err)
		}
		a := g.Peers()[0]
		var got []bool
		for range 2 {
			var tried Tried
			g.Begin(&tried, nil)
			if p, _ := g.Next(&tried); p != a {
				t.Fatalf("got %s", p.Name)
			}
			if n := g.State(a).Conns; n != 1 {
				t.Errorf("got %d connections, want 1", n)
			}
			got = append(got, g.Free(&tried, Failed))
		}
		if !slices.Equal(got, []bool{false, true}) {
			t.Errorf("got %v, want the second failure to disable", got)
		}
		s := g.State(a)
		if !s.Unavailable || s.Fails != 2 || s.Conns != 0 || s.Effective != 2 || !s.Checked.Equal(time.Now()) {
			t.Errorf("got %+v", s)
		}
		time.Sleep(11 * time.Second)
		if g.State(a).Unavailable {
			t.Error("still unavailable")
		}
	})
}

// In stream a peer is live once a connection is made.
func TestConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := New("u", peersOf(t, "a", "b down"), nil, Keepalive{})
		if err != nil {
			t.Fatal(err)
		}
		var tried Tried
		g.Begin(&tried, nil)
		g.Next(&tried)
		g.Free(&tried, Failed)
		time.Sleep(11 * time.Second)
		g.Begin(&tried, nil)
		g.Next(&tried)
		if n := g.State(g.Peers()[0]).Fails; n != 1 {
			t.Fatalf("got %d failures, want 1", n)
		}
		g.Connected(&tried)
		if n := g.State(g.Peers()[0]).Fails; n != 0 {
			t.Errorf("got %d failures once connected", n)
		}
		g.Free(&tried, OK)
	})
}

func TestSplitServer(t *testing.T) {
	for _, tt := range []struct{ in, host, port string }{
		{"127.0.0.1:80", "127.0.0.1", "80"},
		{"backend", "backend", ""},
		{"[::1]:80", "[::1]", "80"},
		{"[::1]", "[::1]", ""},
		{"unix:/a:1", "/a:1", ""},
		{"UNIX:/a", "/a", ""},
		{"a:", "a", ""},
	} {
		if host, port := splitServer(tt.in); host != tt.host || port != tt.port {
			t.Errorf("%q: got %q, %q, want %q, %q", tt.in, host, port, tt.host, tt.port)
		}
	}
}

func TestConcurrency(t *testing.T) {
	for _, b := range []Balancer{RoundRobin{}, LeastConn{}, Hash{}, &ConsistentHash{}, Random{Two: true}, IPHash{}, &LeastTime{Inflight: true}} {
		g, err := New("u", peersOf(t, "a weight=3", "b max_conns=2", "c", "d backup"), b, Keepalive{})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				var tried Tried
				for j := range 500 {
					g.Begin(&tried, []byte{byte(i), byte(j), 1, 1})
					if p, err := g.Next(&tried); err == nil {
						g.State(p)
						g.Free(&tried, Outcome(j%7/6))
					}
				}
			})
		}
		wg.Wait()
		for _, p := range append(slices.Clone(g.Peers()), g.Backup()...) {
			if n := g.State(p).Conns; n != 0 {
				t.Errorf("%T: %s has %d connections left", b, p.Name, n)
			}
		}
	}
}
