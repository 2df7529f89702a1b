package upstream_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"understudy/directives/http/httpcore"
	"understudy/directives/http/proxy"
	"understudy/directives/spec"
	"understudy/directives/stream/streamcore"
	"understudy/directives/stream/streamproxy"
	"understudy/directives/upstream"
	"understudy/parser"
	peers "understudy/runtime/upstream"
	"understudy/runtime/zone"
)

// compile reads a configuration. The host "two" has two addresses.
func compile(t *testing.T, text string, o spec.Options) *spec.Compilation {
	t.Helper()
	if o.Zones == nil {
		o.Zones = &zone.Set{}
	}
	o.Log = slog.New(slog.DiscardHandler)
	o.Lookup = func(host string) ([]string, error) {
		if host == "two" {
			return []string{"192.0.2.1", "2001:db8::2"}, nil
		}
		return nil, errors.New("host not found")
	}
	table := spec.NewTable(httpcore.Module, proxy.Module, upstream.HTTP, streamcore.Module, streamproxy.Module, upstream.Stream)
	return spec.Compile(table, parser.Parse("nginx.conf", text), o)
}

// group compiles the text of a http upstream block.
func group(t *testing.T, text string, o spec.Options) *peers.Group {
	t.Helper()
	c := compile(t, "http { upstream u {"+text+"} }", o)
	if err := c.Diags.Err(); err != nil {
		t.Fatal(err)
	}
	return c.Main.Children[0].Upstreams()[0].Servers
}

func names(list []*peers.Peer) string {
	var s []string
	for _, p := range list {
		s = append(s, p.Name)
	}
	return strings.Join(s, " ")
}

func TestServers(t *testing.T) {
	g := group(t, `server two weight=3 max_conns=5 max_fails=2 fail_timeout=30s route=r;
		server 127.0.0.1:81 backup; server unix:/run/x.sock down; server 127.0.0.1 drain;`, spec.Options{})
	if got, want := names(g.Peers()), "192.0.2.1:80 [2001:db8::2]:80 unix:/run/x.sock 127.0.0.1:80"; got != want {
		t.Errorf("servers are %s, want %s", got, want)
	}
	if got, want := names(g.Backup()), "127.0.0.1:81"; got != want {
		t.Errorf("backup servers are %s, want %s", got, want)
	}
	for _, p := range g.Peers()[:2] {
		if p.Weight != 3 || p.MaxConns != 5 || p.MaxFails != 2 || p.FailTimeout != 30*time.Second || p.Route != "r" || p.Server != "two" {
			t.Errorf("%+v", p)
		}
	}
	if p := g.Peers()[2]; !p.Down || p.Weight != 1 || p.MaxFails != 1 || p.FailTimeout != 10*time.Second {
		t.Errorf("%+v", p)
	}
	if !g.Peers()[3].Drain {
		t.Error("drain is lost")
	}
}

func TestMethods(t *testing.T) {
	for text, want := range map[string]peers.Balancer{
		"":                       peers.RoundRobin{},
		"least_conn;":            peers.LeastConn{},
		"ip_hash;":               peers.IPHash{},
		"hash $uri;":             peers.Hash{},
		"random;":                peers.Random{},
		"random two;":            peers.Random{Two: true},
		"random two least_conn;": peers.Random{Two: true},
		"least_conn; ip_hash;":   peers.IPHash{},
	} {
		if g := group(t, text+"server 127.0.0.1;", spec.Options{}); g.Balance != want {
			t.Errorf("%q is %T", text, g.Balance)
		}
	}
	if _, ok := group(t, "hash $uri consistent; server 127.0.0.1;", spec.Options{}).Balance.(*peers.ConsistentHash); !ok {
		t.Error("hash consistent")
	}
	for text, want := range map[string]peers.LeastTime{
		"header": {Header: true}, "last_byte": {}, "header inflight": {Header: true, Inflight: true},
	} {
		lt, ok := group(t, "least_time "+text+"; server 127.0.0.1;", spec.Options{}).Balance.(*peers.LeastTime)
		if !ok || *lt != want {
			t.Errorf("least_time %s is %+v", text, lt)
		}
	}
}

func TestKeepalive(t *testing.T) {
	for text, want := range map[string]peers.Keepalive{
		"": peers.DefaultKeepalive(),
		"keepalive 4; keepalive_time 2h; keepalive_timeout 5s; keepalive_requests 7;": {Conns: 4, Requests: 7, Time: 2 * time.Hour, Timeout: 5 * time.Second},
		"keepalive 4 local;": {Conns: 4, Requests: 1000, Time: time.Hour, Timeout: time.Minute, Local: true},
		"keepalive 0;":       {Requests: 1000, Time: time.Hour, Timeout: time.Minute},
	} {
		if g := group(t, "server 127.0.0.1;"+text, spec.Options{}); g.Keepalive != want {
			t.Errorf("%q: %+v", text, g.Keepalive)
		}
	}
	c := compile(t, "http { server { location / { proxy_pass http://two; } } }", spec.Options{})
	if g := c.Main.Children[0].Upstreams()[0].Servers; g.Keepalive.Conns != 0 {
		t.Error("a group that no block defines keeps connections")
	}
}

// TestZone is a reload: the failures of servers are forgotten, as nginx forgets
// them, but not where names lead.
func TestZone(t *testing.T) {
	zones := &zone.Set{}
	const text = "zone z 1m; resolver 127.0.0.1; server 127.0.0.1:1; server 127.0.0.1:2; server name.example:3 resolve;"
	old := group(t, text, spec.Options{Zones: zones})
	zones.Finish()
	if got := names(old.Peers()); got != "127.0.0.1:1 127.0.0.1:2" || !old.Named() {
		t.Fatalf("at first there are %s", got)
	}
	var tried peers.Tried
	old.Begin(&tried, nil)
	p, err := old.Next(&tried)
	if err != nil {
		t.Fatal(err)
	}
	old.Free(&tried, peers.Failed)
	if old.State(p).Fails != 1 {
		t.Fatal("no failure")
	}
	next := group(t, text, spec.Options{Zones: zones.Next()})
	if s := next.State(next.Peers()[0]); s.Fails != 0 {
		t.Error("failures outlive a reload")
	}
}

func TestImplicit(t *testing.T) {
	c := compile(t, `http { server { location / { proxy_pass http://two; } location /b { proxy_pass http://two:81; }
		location /c { proxy_pass http://127.0.0.1:82; } location /d { proxy_pass http://unix:/run/x.sock:/uri; } } }`, spec.Options{})
	if err := c.Diags.Err(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range c.Main.Children[0].Upstreams() {
		got = append(got, names(g.Servers.Peers()))
	}
	want := []string{"192.0.2.1:80 [2001:db8::2]:80", "192.0.2.1:81 [2001:db8::2]:81", "127.0.0.1:82", "unix:/run/x.sock"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("groups are %q, want %q", got, want)
	}
}

// TestOffline: nothing is looked up, and nothing is missing.
func TestOffline(t *testing.T) {
	g := group(t, "server nobody.example:8080; server 127.0.0.1;", spec.Options{Offline: true})
	if got, want := names(g.Peers()), "nobody.example:8080 127.0.0.1:80"; got != want {
		t.Errorf("servers are %s, want %s", got, want)
	}
	c := compile(t, "stream { server { listen 127.0.0.1:1; proxy_pass nobody.example:1; } }", spec.Options{Offline: true})
	if err := c.Diags.Err(); err != nil {
		t.Error(err)
	}
	c = compile(t, "stream { server { listen 127.0.0.1:1; proxy_pass nobody.example:1; } }", spec.Options{})
	if err := c.Diags.Err(); err == nil || !strings.Contains(err.Error(), `host not found in upstream "nobody.example"`) {
		t.Errorf("online: %v", err)
	}
}

// TestStreamAndHTTP: a group of one is no group of the other.
func TestStreamAndHTTP(t *testing.T) {
	c := compile(t, `http { upstream u { server 127.0.0.1:1; } }
		stream { upstream u { least_time first_byte; server 127.0.0.1:2; } server { listen 127.0.0.1:3; proxy_pass u; } }`, spec.Options{})
	if err := c.Diags.Err(); err != nil {
		t.Fatal(err)
	}
	h, s := c.Main.Children[0].Upstreams(), c.Main.Children[1].Upstreams()
	if names(h[0].Servers.Peers()) != "127.0.0.1:1" || names(s[0].Servers.Peers()) != "127.0.0.1:2" || !s[0].FirstByte {
		t.Errorf("groups are %v and %v", h[0], s[0])
	}
	if s[0].Servers.Keepalive.Conns != 0 {
		t.Error("stream keeps connections")
	}
}
