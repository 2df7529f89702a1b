package httpcore_test

import (
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"understudy/directives/core"
	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/httpd"
)

// listening says which sockets servers open, and which servers are the default
// for which addresses: "*:80(127.0.0.1:80=b, *:80=a)".
func listening(t *testing.T, servers string) string {
	t.Helper()
	c := spec.Compile(spec.NewTable(core.Module, httpcore.Module), parser.Parse("nginx.conf", "events {} http {"+servers+"}"),
		spec.Options{Prefix: "/p/", Offline: true, Version: "1.31.5"})
	if err := c.Main.Diags().Err(); err != nil {
		return err.Error()
	}
	l := spec.Result[httpcore.Listening](c.Main)
	var out []string
	for i, e := range l.Entries {
		p := l.Ports[i]
		var at []string
		for _, a := range slices.SortedFunc(maps.Keys(p.Addrs), netip.Addr.Compare) {
			at = append(at, fmt.Sprintf("%s=%s", p.Addrs[a].Text, p.Addrs[a].Default.Name))
		}
		at = append(at, fmt.Sprintf("%s=%s", p.Any.Text, p.Any.Default.Name))
		out = append(out, fmt.Sprintf("%s(%s)", e.Addr, strings.Join(at, ", ")))
	}
	return strings.Join(out, " ")
}

func TestSockets(t *testing.T) {
	for _, tt := range []struct{ servers, want string }{
		{"server { server_name a; listen 1.1.1.1:80; } server { server_name b; listen 1.1.1.2:80; }",
			"1.1.1.1:80(1.1.1.1:80=a) 1.1.1.2:80(1.1.1.2:80=b)"},
		{"server { server_name a; listen 80; } server { server_name b; listen 1.1.1.2:80; }",
			"0.0.0.0:80(1.1.1.2:80=b, 0.0.0.0:80=a)"},
		{"server { server_name a; listen 80; } server { server_name b; listen 1.1.1.2:80 bind; }",
			"1.1.1.2:80(1.1.1.2:80=b) 0.0.0.0:80(0.0.0.0:80=a)"},
		{"server { server_name a; listen 1.1.1.3:80; listen 1.1.1.2:80 backlog=7; listen *:80 bind; }",
			"1.1.1.2:80(1.1.1.2:80=a) 0.0.0.0:80(1.1.1.3:80=a, 0.0.0.0:80=a)"},
		{"server { server_name a; listen 80; } server { server_name b; listen 80 default_server; }", "0.0.0.0:80(0.0.0.0:80=b)"},
		{"server { server_name a; listen [::]:80; listen 80; listen [::1]:80; }",
			"[::]:80([::1]:80=a, [::]:80=a) 0.0.0.0:80(0.0.0.0:80=a)"},
		{"server { server_name a; listen 1.1.1.1:81-83; listen unix:/s; }",
			"1.1.1.1:81(1.1.1.1:81=a) 1.1.1.1:82(1.1.1.1:82=a) 1.1.1.1:83(1.1.1.1:83=a) unix:/s(unix:/s=a)"},
		{"server { server_name a; listen x.example:81; } server { server_name b; listen y.example:81; } server { server_name c; listen x.example:81; }",
			"240.0.0.1:81(240.0.0.1:81=a) 240.0.0.2:81(240.0.0.2:81=b)"},
	} {
		if got := listening(t, tt.servers); got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.servers, got, tt.want)
		}
	}
}

func TestListenOptions(t *testing.T) {
	c := spec.Compile(spec.NewTable(core.Module, httpcore.Module), parser.Parse("nginx.conf",
		"events {} http { server { listen [::1]:80; } server { listen [::1]:80 backlog=7 rcvbuf=8k sndbuf=16k fastopen=3 deferred reuseport multipath ipv6only=off so_keepalive=1m:10:3; } server { listen [::2]:80; } }"),
		spec.Options{Prefix: "/p/", Version: "1.31.5"})
	if err := c.Main.Diags().Err(); err != nil {
		t.Fatal(err)
	}
	l := spec.Result[httpcore.Listening](c.Main)
	if got, want := fmt.Sprintf("%+v", l.Entries[0].Options), "{Network:tcp Addr:[::1]:80 Bind: Backlog:7 RcvBuf:8192 SndBuf:16384 FastOpen:3 IPv6Only:false ReusePort:true DeferAccept:true Multipath:true KeepAlive:{Mode:1 Idle:1m0s Intvl:10s Cnt:3}}"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if o := l.Entries[1].Options; !o.IPv6Only || o.Backlog != 0 {
		t.Errorf("without options: got %+v", o)
	}
}

func TestServerNames(t *testing.T) {
	c := spec.Compile(spec.NewTable(core.Module, httpcore.Module), parser.Parse("nginx.conf", `events {} http {
		server { listen 80; server_name def; }
		server { listen 80; server_name exact.org *.wild.org .both.org www.tail.*; }
		server { listen 80; server_name "~^(?<who>.+)\.re\.org$" *.sub.wild.org; }
		server { listen 81; server_name other.org; }
	}`), spec.Options{Prefix: "/p/", Version: "1.31.5", Log: slog.New(slog.DiscardHandler)})
	if err := c.Main.Diags().Err(); err != nil {
		t.Fatal(err)
	}
	l := spec.Result[httpcore.Listening](c.Main)
	for _, tt := range []struct {
		port       int
		host, want string
	}{
		{0, "exact.org", "exact.org"},
		{0, "EXACT.org.", "exact.org"},
		{0, "a.wild.org", "exact.org"},
		{0, "a.b.wild.org", "exact.org"},
		{0, "x.sub.wild.org", `~^(?<who>.+)\.re\.org$`},
		{0, "wild.org", "def"},
		{0, "both.org", "exact.org"},
		{0, "a.both.org", "exact.org"},
		{0, "www.tail.org.uk", "exact.org"},
		{0, "tail.org", "def"},
		{0, "x.re.org", `~^(?<who>.+)\.re\.org$`},
		{1, "exact.org", "other.org"},
	} {
		r, _, err := l.Ports[tt.port].Any.Explain(l.Ports[tt.port].HTTP, httpd.Query{Method: "GET", Target: "/", Host: tt.host})
		if err != nil {
			t.Fatal(err)
		}
		if r.Server.Name != tt.want {
			t.Errorf("%q: got %q, want %q", tt.host, r.Server.Name, tt.want)
		}
	}
}
