package resolver

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func targets(f Found) string {
	var list []string
	for _, t := range f.Targets {
		list = append(list, fmt.Sprintf("%s %s %d %d", t.Addr, t.Name, t.Priority, t.Weight))
	}
	slices.Sort(list)
	for _, e := range f.Failed {
		list = append(list, e.Error())
	}
	return strings.Join(list, ", ")
}

func TestFind(t *testing.T) {
	s := newNameServer(t, map[string][]record{
		"a.example": {{typeA, 60, "192.0.2.1"}, {typeA, 60, "192.0.2.2"}},
		"b.example": {{typeA, 5, "192.0.2.3"}},
		"_http._tcp.a.example": {
			{typeSRV, 60, "2 0 81 b.example"},
			{typeSRV, 60, "1 7 80 a.example"},
			{typeSRV, 60, "3 1 82 nobody.example"},
		},
		"_x._udp.b.example":    {{typeCNAME, 7, "_y._udp.b.example"}},
		"_y._udp.b.example":    {{typeSRV, 60, "1 1 90 b.example"}},
		"_dead._tcp.a.example": {{typeSRV, 60, "1 1 90 broken.example"}, {typeSRV, 60, "1 1 90 nobody.example"}},
	}, func(s *nameServer) { s.codes = map[string]int{"broken.example": 2} })
	r := New([]netip.AddrPort{s.addr})
	r.IPv6 = false
	now := time.Unix(1e9, 0)
	r.now = func() time.Time { return now }
	for _, c := range []struct {
		host, service, want string
		ttl                 int64
	}{
		{"a.example", "", "192.0.2.1:0  0 0, 192.0.2.2:0  0 0", 60},
		{"a.example", "http", "192.0.2.1:80 a.example 1 7, 192.0.2.2:80 a.example 1 7, 192.0.2.3:81 b.example 2 1, " +
			"nobody.example could not be resolved (3: Host not found)", 5},
		{"b.example.", "_x._udp", "192.0.2.3:90 b.example 1 1", 5},
		{"a.example", "none", " a.example could not be resolved (3: Host not found)", 10},
		{"a.example", "dead", "broken.example could not be resolved (2: Server failure), " +
			"nobody.example could not be resolved (3: Host not found) a.example could not be resolved (3: Host not found)", 10},
		{"nobody.example", "", " nobody.example could not be resolved (3: Host not found)", 10},
	} {
		f, err := r.Find(context.Background(), c.host, c.service, time.Minute)
		got := targets(f)
		if err != nil {
			got += " " + err.Error()
		}
		if got != c.want || f.Until-now.Unix() != c.ttl {
			t.Errorf("%s of %s: %s for %d s\nwant %s for %d s", c.service, c.host, got, f.Until-now.Unix(), c.want, c.ttl)
		}
	}
	r = New([]netip.AddrPort{s.addr})
	s.quiet.Store(true)
	r.resend = time.Millisecond
	_, err := r.Find(context.Background(), "a.example", "http", 5*time.Millisecond)
	if want := "a.example could not be resolved (110: Operation timed out)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestFindOrder: the target of a service that stands first is a matter of its
// weight.
func TestFindOrder(t *testing.T) {
	s := newNameServer(t, map[string][]record{
		"a.example":            {{typeA, 60, "192.0.2.1"}},
		"b.example":            {{typeA, 60, "192.0.2.2"}},
		"_http._tcp.a.example": {{typeSRV, 60, "1 9 80 a.example"}, {typeSRV, 60, "1 1 80 b.example"}},
	})
	r := New([]netip.AddrPort{s.addr})
	r.IPv6 = false
	n := 0
	for range 300 {
		f, err := r.Find(context.Background(), "a.example", "http", 0)
		if err != nil {
			t.Fatal(err)
		}
		if f.Targets[0].Name == "b.example" {
			n++
		}
	}
	if n == 0 || n > 90 {
		t.Errorf("%d of 300, want about 30", n)
	}
}

// TestAliasLives: an alias lives as long as it says, and what it is for has a
// life of its own.
func TestAliasLives(t *testing.T) {
	s := newNameServer(t, map[string][]record{
		"alias.example": {{typeCNAME, 60, "a.example"}},
		"a.example":     {{typeA, 10, "192.0.2.1"}},
	})
	r := New([]netip.AddrPort{s.addr})
	r.IPv6 = false
	now := time.Unix(1e9, 0)
	r.now = func() time.Time { return now }
	for _, c := range []struct {
		pass time.Duration
		asks int32
	}{{0, 2}, {9 * time.Second, 0}, {2 * time.Second, 1}, {time.Minute, 2}} {
		now = now.Add(c.pass)
		s.asked.Store(0)
		if got := resolve(t, r, "alias.example"); got != "192.0.2.1" {
			t.Error(got)
		}
		if n := s.asked.Load(); n != c.asks {
			t.Errorf("after %v: %d questions, want %d", c.pass, n, c.asks)
		}
	}
}
