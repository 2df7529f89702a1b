package upstream

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"understudy/runtime/resolver"
)

// targetsOf reads "ADDR", or of a service "ADDR:PORT NAME PRIORITY WEIGHT", with
// ", " between them.
func targetsOf(text string) resolver.Found {
	var f resolver.Found
	for one := range strings.SplitSeq(text, ", ") {
		words := strings.Fields(one)
		switch len(words) {
		case 1:
			f.Targets = append(f.Targets, resolver.Target{Addr: netip.AddrPortFrom(netip.MustParseAddr(words[0]), 0)})
		case 4:
			priority, _ := strconv.Atoi(words[2])
			weight, _ := strconv.Atoi(words[3])
			f.Targets = append(f.Targets, resolver.Target{
				Addr: netip.MustParseAddrPort(words[0]), Name: words[1], Priority: uint16(priority), Weight: uint16(weight),
			})
		}
	}
	return f
}

// named makes a group of a static peer, if there is one, and a host with and
// without a service that are called "h" and take peers by port 80.
func named(t *testing.T, b Balancer, static string, hosts ...*Peer) *Group {
	t.Helper()
	var list []*Peer
	if static != "" {
		list = append(list, NewPeer(static, netip.MustParseAddrPort(static)))
	}
	g, err := New("u", append(list, hosts...), b, DefaultKeepalive())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func hostPeer(service string, edit ...func(*Peer)) *Peer {
	p := NewPeer("h:80", netip.MustParseAddrPort("0.0.0.0:80"))
	p.Host = &Host{Name: "h", Service: service}
	for _, f := range edit {
		f(p)
	}
	return p
}

func (s *peers) text() string {
	var list []string
	for _, p := range s.list {
		list = append(list, p.Name+" "+p.Server+" w"+strconv.Itoa(p.Weight))
	}
	return strings.Join(list, ", ")
}

func TestUpdate(t *testing.T) {
	weigh := func(n int) func(*Peer) { return func(p *Peer) { p.Weight = n } }
	backup := func(p *Peer) { p.Backup = true }
	for _, tt := range []struct {
		name            string
		b               Balancer
		static          string
		host            *Peer
		found           []string // one after the other
		primary, backup string
		single          bool
	}{
		{name: "one address", host: hostPeer("", weigh(3)), found: []string{"10.0.0.1"}, primary: "10.0.0.1:80 h:80 w3", single: true},
		{name: "one beside another", static: "10.0.0.9:1", host: hostPeer(""), found: []string{"10.0.0.1, ::1"},
			primary: "10.0.0.9:1 10.0.0.9:1 w1, 10.0.0.1:80 h:80 w1, [::1]:80 h:80 w1"},
		{name: "those that stay keep their place", host: hostPeer(""), found: []string{"10.0.0.1, 10.0.0.2, 10.0.0.3", "10.0.0.4, 10.0.0.3, 10.0.0.2"},
			primary: "10.0.0.2:80 h:80 w1, 10.0.0.3:80 h:80 w1, 10.0.0.4:80 h:80 w1"},
		{name: "an address twice", host: hostPeer(""), found: []string{"10.0.0.1, 10.0.0.1", "10.0.0.1"}, primary: "10.0.0.1:80 h:80 w1", single: true},
		{name: "none any more", host: hostPeer(""), found: []string{"10.0.0.1", ""}},
		{name: "backup", static: "10.0.0.9:1", host: hostPeer("", backup), found: []string{"10.0.0.1"},
			primary: "10.0.0.9:1 10.0.0.9:1 w1", backup: "10.0.0.1:80 h:80 w1"},
		{name: "backup, none any more", static: "10.0.0.9:1", host: hostPeer("", backup), found: []string{"10.0.0.1", ""},
			primary: "10.0.0.9:1 10.0.0.9:1 w1", single: true},
		{name: "service", host: hostPeer("http"), found: []string{"10.0.0.1:81 a 1 5, 10.0.0.2:82 b 1 1, 10.0.0.3:83 c 2 7"},
			primary: "10.0.0.1:81 a w5, 10.0.0.2:82 b w1", backup: "10.0.0.3:83 c w7"},
		{name: "service with a weight", host: hostPeer("http", weigh(2)), found: []string{"10.0.0.1:81 a 1 5"},
			primary: "10.0.0.1:81 a w2", single: true},
		{name: "service whose weight changes", host: hostPeer("http"), found: []string{"10.0.0.1:81 a 1 5, 10.0.0.2:81 b 1 1", "10.0.0.1:81 a 1 6, 10.0.0.2:81 b 1 1"},
			primary: "10.0.0.2:81 b w1, 10.0.0.1:81 a w6"},
		{name: "service whose priority changes", host: hostPeer("http"), found: []string{"10.0.0.1:81 a 1 1, 10.0.0.2:81 b 2 1", "10.0.0.1:81 a 2 1, 10.0.0.2:81 b 1 1"},
			primary: "10.0.0.2:81 b w1", backup: "10.0.0.1:81 a w1"},
		{name: "service of backup", static: "10.0.0.9:1", host: hostPeer("http", backup), found: []string{"10.0.0.1:81 a 1 1, 10.0.0.2:82 b 2 1"},
			primary: "10.0.0.9:1 10.0.0.9:1 w1", backup: "10.0.0.1:81 a w1"},
		{name: "service, a method without backup", b: Hash{}, host: hostPeer("http"), found: []string{"10.0.0.1:81 a 1 1, 10.0.0.2:82 b 2 1"},
			primary: "10.0.0.1:81 a w1", single: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := named(t, tt.b, tt.static, tt.host)
			for _, f := range tt.found {
				g.update(g.hosts[0], targetsOf(f))
			}
			if got := g.primary.text(); got != tt.primary {
				t.Errorf("primary are %s, want %s", got, tt.primary)
			}
			if got := g.backup.text(); got != tt.backup {
				t.Errorf("backup are %s, want %s", got, tt.backup)
			}
			if g.primary.single != tt.single {
				t.Errorf("single is %v", g.primary.single)
			}
			if n := len(g.primary.list) + len(g.backup.list); g.primary.tries+g.backup.tries != n || len(g.caches) != n {
				t.Errorf("%d tries and %d caches for %d peers", g.primary.tries+g.backup.tries, len(g.caches), n)
			}
		})
	}
}

// TestUpdateKeeps: a peer whose address stays keeps its failures and those it
// serves; a request that began before a change is not tried again.
func TestUpdateKeeps(t *testing.T) {
	g := named(t, nil, "10.0.0.9:1", hostPeer("", func(p *Peer) { p.Route = "r"; p.MaxFails = 5 }))
	g.update(g.hosts[0], targetsOf("10.0.0.1"))
	p := g.Peers()[1]
	if p.Route != "r" || p.MaxFails != 5 {
		t.Fatalf("the peer is %+v", p)
	}
	var before, tried Tried
	g.Begin(&before, nil)
	for {
		g.Begin(&tried, nil)
		got, err := g.Next(&tried)
		if err != nil {
			t.Fatal(err)
		}
		if got == p {
			break
		}
		g.Free(&tried, OK)
	}
	g.update(g.hosts[0], targetsOf("10.0.0.1"))
	if _, err := g.Next(&before); err != nil {
		t.Error("nothing has changed, but a request cannot go on")
	}
	g.Free(&before, OK)
	g.update(g.hosts[0], targetsOf("10.0.0.2, 10.0.0.1"))
	if s := g.State(g.Peers()[1]); s.Conns != 1 || g.Peers()[1] != p {
		t.Errorf("the peer has %d connections", s.Conns)
	}
	g.Free(&tried, Failed)
	if s := g.State(p); s.Conns != 0 || s.Fails != 1 {
		t.Errorf("the peer is %+v", s)
	}
	if _, err := g.Next(&tried); err != ErrNoLive {
		t.Errorf("a request goes on after a change: %v", err)
	}
	if g.Begin(&tried, nil); tried.Tries != 3 {
		t.Errorf("%d tries", tried.Tries)
	}
}

// TestEmpty: a group none of whose hosts has an address has nobody to ask.
func TestEmpty(t *testing.T) {
	for _, b := range []Balancer{RoundRobin{}, LeastConn{}, Hash{}, &ConsistentHash{}, Random{}, Random{Two: true}, IPHash{}, &LeastTime{}} {
		g := named(t, b, "", hostPeer(""))
		var tried Tried
		g.Begin(&tried, []byte("key"))
		if _, err := g.Next(&tried); err != ErrNoLive {
			t.Errorf("%T: %v", b, err)
		}
		g.update(g.hosts[0], targetsOf("10.0.0.1, 10.0.0.2"))
		g.Begin(&tried, []byte("key"))
		if _, err := g.Next(&tried); err != nil {
			t.Errorf("%T: %v", b, err)
		}
		g.Free(&tried, OK)
	}
}

// TestRing: names of a service take their places on the ring as if they stood
// in the configuration.
func TestRing(t *testing.T) {
	g := named(t, &ConsistentHash{}, "", hostPeer("http"))
	g.update(g.hosts[0], targetsOf("10.0.0.1:81 a:81 1 2, 10.0.0.2:82 b:82 1 1"))
	a, b := NewPeer("a:81", netip.MustParseAddrPort("10.0.0.1:81")), NewPeer("b:82", netip.MustParseAddrPort("10.0.0.2:82"))
	a.Weight = 2
	fixed, err := New("u", []*Peer{a, b}, &ConsistentHash{}, Keepalive{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		key := []byte(strconv.Itoa(i))
		var one, two Tried
		g.Begin(&one, key)
		fixed.Begin(&two, key)
		p, _ := g.Next(&one)
		q, _ := fixed.Next(&two)
		if p.Name != q.Name {
			t.Errorf("%s: %s and %s", key, p.Name, q.Name)
		}
	}
}

// TestFollow: names are asked for again when their time is over, a second late;
// failures are tried again after a while and leave the peers; names that do
// not exist any more do not.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := named(t, nil, "10.0.0.9:1", hostPeer("http"))
		var log bytes.Buffer
		began := time.Now().Unix()
		var asked []string
		answers := []func() (resolver.Found, error){
			func() (resolver.Found, error) {
				f := targetsOf("10.0.0.1:81 a 1 1")
				f.Failed = []*resolver.Error{{Name: "b", Code: 2}}
				f.Until = time.Now().Unix() + 5
				return f, nil
			},
			func() (resolver.Found, error) {
				return resolver.Found{}, &resolver.Error{Name: "h", Code: resolver.TimedOut}
			},
			func() (resolver.Found, error) {
				return resolver.Found{Until: time.Now().Unix() + 10}, &resolver.Error{Name: "h", Code: resolver.NotFound}
			},
			func() (resolver.Found, error) { return targetsOf("10.0.0.2:81 a 1 1"), nil },
			nil,
		}
		ctx, cancel := context.WithCancel(context.Background())
		g.follow(ctx, g.hosts[0], slog.New(slog.NewTextHandler(&log, nil)), 30*time.Second, func() (resolver.Found, error) {
			g.mu.Lock()
			asked = append(asked, strconv.FormatInt(time.Now().Unix()-began, 10)+": "+strings.TrimPrefix(g.primary.text(), "10.0.0.9:1 10.0.0.9:1 w1"))
			g.mu.Unlock()
			if answers[0] == nil {
				cancel()
				return resolver.Found{}, ctx.Err()
			}
			f := answers[0]
			answers = answers[1:]
			return f()
		})
		want := "0: |6: , 10.0.0.1:81 a w1|36: , 10.0.0.1:81 a w1|47: |48: , 10.0.0.2:81 a w1"
		if got := strings.Join(asked, "|"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		for _, line := range []string{
			"b could not be resolved (2: Server failure) while resolving service http of h",
			"service http of h could not be resolved (110: Operation timed out)",
			"service http of h could not be resolved (3: Host not found)",
		} {
			if !strings.Contains(log.String(), line) {
				t.Errorf("%q is not logged", line)
			}
		}
	})
}

func TestInherit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := named(t, nil, "10.0.0.9:1", hostPeer(""), hostPeer("http"), hostPeer("", func(p *Peer) { p.Backup = true }))
		f := targetsOf("10.0.0.1, 10.0.0.2")
		f.Until = time.Now().Unix() + 60
		old.update(old.hosts[0], f)
		old.update(old.hosts[1], targetsOf("10.0.0.3:83 c 1 3, 10.0.0.4:84 d 2 4"))
		old.update(old.hosts[2], targetsOf("10.0.0.5"))
		g := named(t, nil, "10.0.0.8:1", hostPeer("http"), hostPeer("other"), hostPeer("", func(p *Peer) {
			p.Weight, p.MaxFails = 7, 0
			p.addr = netip.MustParseAddrPort("0.0.0.0:8080")
			p.Addr, p.Server = "0.0.0.0:8080", "h:8080"
		}))
		g.Inherit(old)
		g.Inherit(g)
		g.Inherit(nil)
		if got, want := g.primary.text(), "10.0.0.8:1 10.0.0.8:1 w1, 10.0.0.3:83 c w3, 10.0.0.1:8080 h:8080 w7, 10.0.0.2:8080 h:8080 w7"; got != want {
			t.Errorf("primary are %s, want %s", got, want)
		}
		if got, want := g.backup.text(), "10.0.0.4:84 d w4"; got != want {
			t.Errorf("backup are %s, want %s", got, want)
		}
		if g.hosts[2].until != f.Until || g.hosts[1].until != 0 {
			t.Error("when names are asked for again is not what it was")
		}
		if n := len(old.primary.list); n != 4 {
			t.Errorf("the old group has %d peers", n)
		}
	})
}

// TestUpdateUnderLoad is for the race detector.
func TestUpdateUnderLoad(t *testing.T) {
	for _, b := range []Balancer{RoundRobin{}, LeastConn{}, Hash{}, &ConsistentHash{}, Random{Two: true}, IPHash{}, &LeastTime{Inflight: true}} {
		g := named(t, b, "10.0.0.9:1", hostPeer(""))
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 300 {
				g.update(g.hosts[0], targetsOf([]string{"10.0.0.1, 10.0.0.2", "", "10.0.0.2, 10.0.0.3", "10.0.0.1"}[i%4]))
			}
		})
		for i := range 3 {
			wg.Go(func() {
				var tried Tried
				for j := range 300 {
					g.Begin(&tried, []byte{byte(i), byte(j), 1, 1})
					for tried.Tries > 0 {
						p, err := g.Next(&tried)
						if err != nil {
							break
						}
						g.Get(p, nil)
						g.Free(&tried, Failed)
					}
				}
			})
		}
		wg.Wait()
		for _, p := range g.Peers() {
			if n := g.State(p).Conns; n != 0 {
				t.Errorf("%T: %s has %d connections left", b, p.Name, n)
			}
		}
	}
}

// TestFollowPanics: what panics over one host is logged, and that host is looked up
// again; others are followed meanwhile.
func TestFollowPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		times := 0
		faulty, sound := hostPeer(""), hostPeer("")
		found := func(addr string) ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr(addr)}, nil }
		faulty.Host.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			if times++; times == 1 {
				panic("the fault")
			}
			return found("192.0.2.1")
		}
		sound.Host.Lookup = func(context.Context, string) ([]netip.Addr, error) { return found("192.0.2.2") }
		g := named(t, nil, "", faulty, sound)
		var log bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			g.Resolve(ctx, nil, 0, slog.New(slog.NewTextHandler(&log, nil)))
		}()
		time.Sleep(seekFirst + time.Millisecond)
		synctest.Wait()
		g.mu.Lock()
		if n := len(g.primary.list); n != 1 {
			t.Errorf("%d peers, want that of the other host", n)
		}
		g.mu.Unlock()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		g.mu.Lock()
		if n := len(g.primary.list); n != 2 {
			t.Errorf("%d peers, want both", n)
		}
		g.mu.Unlock()
		cancel()
		<-done
		if l := log.String(); strings.Count(l, "panic: the fault") != 1 || !strings.Contains(l, "host_test.go") {
			t.Errorf("the log says %s", l)
		}
	})
}
