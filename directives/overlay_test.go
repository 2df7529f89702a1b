package directives_test

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/resolver"
	"understudy/runtime/zone"
)

// overlaid compiles the text of a http block for a machine on which only the host
// "here" has an address, and tells what it does without.
func overlaid(t *testing.T, text string, o *spec.Overlay) (c *directives.Compiled, without []string, err error) {
	t.Helper()
	o.Unresolved = func(u spec.Unresolved) {
		without = append(without, fmt.Sprintf("%s:%d %s", u.Host, u.At.Col, u.Without))
	}
	tree, err := parser.Load("/nginx.conf", parser.Memory(map[string]string{"/nginx.conf": "events {} http {\n" + text + "\n}"}))
	if err != nil {
		t.Fatal(err)
	}
	c, found := directives.Compile(tree, spec.Options{
		Prefix: t.TempDir() + "/", Version: "1.31.5", Zones: new(zone.Set), Log: slog.New(slog.DiscardHandler), Overlay: o,
		Lookup: func(host string) ([]string, error) {
			if host == "here" {
				return []string{"192.0.2.1"}, nil
			}
			return nil, resolver.ErrNotFound
		},
	})
	return c, without, found.Err()
}

// TestUnresolved: what has no address is done without, and it is said what that means.
// Where nginx refuses what is written for another reason, it is an error.
func TestUnresolved(t *testing.T) {
	const again = "requests for it are answered 502 until it has an address, for which it is looked up again"
	for _, tt := range []struct{ text, without, err string }{
		{text: "upstream u { server nobody; }", without: "nobody:21 " + again},
		{text: "server { location / { proxy_pass http://nobody; } }", without: "nobody:23 " + again},
		{text: "server { location / { fastcgi_pass nobody:1; } }", without: "nobody:23 " + again},
		{text: "server { location / { fastcgi_pass php; } }",
			without: "php:23 requests for it are answered 502: it has no port, and is no upstream block here"},
		{text: "server { location / { fastcgi_pass here; } }", err: `no port in upstream "here"`},
		{text: "server { location / { fastcgi_pass 127.0.0.1; } }", err: `no port in upstream "127.0.0.1"`},
		{text: "server { location / { fastcgi_pass instead; } }"},
		{text: "resolver nobody here;", without: "nobody:10 the other name servers are asked until the configuration is read again"},
		{text: "resolver nobody;", without: "nobody:10 127.0.0.1 is asked for names in its place until the configuration is read again"},
		{text: "set_real_ip_from nobody;", without: "nobody:18 what it says of clients is not believed until the configuration is read again"},
	} {
		_, without, err := overlaid(t, tt.text, &spec.Overlay{Server: func(host string, _ int) (string, bool) { return "127.0.0.1:9000", host == "instead" }})
		if got := strings.Join(without, "|"); got != tt.without {
			t.Errorf("%s: got %q, want %q", tt.text, got, tt.without)
		}
		if got := fmt.Sprint(err); (tt.err == "") != (err == nil) || !strings.Contains(got, tt.err) {
			t.Errorf("%s: error %v, want %q", tt.text, err, tt.err)
		}
	}
}

// TestNoPort: a name without a port leads nowhere, even when it has an address.
func TestNoPort(t *testing.T) {
	c, _, err := overlaid(t, "server { location /a { fastcgi_pass php; } location /b { fastcgi_pass instead; } }",
		&spec.Overlay{Server: func(host string, _ int) (string, bool) { return "127.0.0.1:9000", host == "instead" }})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", "127.0.0.1:9000"} {
		g := c.Main.Children[1].Upstreams()[i].Servers
		var got []string
		for _, p := range g.Peers() {
			got = append(got, p.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: peers %q, want %q", g.Name, got, want)
		}
		if host, port := g.Unresolved(); want == "" && (host != "php" || port != 0) {
			t.Errorf("%s: %s:%d is not known to be unresolved", g.Name, host, port)
		}
	}
}

// TestOtherNameServers: those that have an address are asked.
func TestOtherNameServers(t *testing.T) {
	for text, want := range map[string]string{
		"resolver nobody here:54 none:55;": "192.0.2.1:54",
		"resolver nobody none:55;":         "127.0.0.1:53",
	} {
		c, _, err := overlaid(t, text+" server { }", &spec.Overlay{})
		if err != nil {
			t.Fatal(err)
		}
		var got []netip.AddrPort
		if r := c.Main.Children[1].Resolving().Resolver; r != nil {
			got = r.Servers
		}
		if fmt.Sprint(got) != "["+want+"]" {
			t.Errorf("%s: got %v, want %s", text, got, want)
		}
	}
}
