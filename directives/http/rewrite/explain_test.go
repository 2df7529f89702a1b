package rewrite_test

import (
	"log/slog"
	"net/netip"
	"testing"

	"understudy/directives"
	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/httpd"
	"understudy/runtime/zone"
)

// TestRewrite has a server whose directives come before two locations, of which
// "/end" answers 204 and all others 201.
func TestRewrite(t *testing.T) {
	for _, tt := range []struct {
		server, target string
		status         httpd.Status
		uri, args      string
		location       string // the Location field
	}{
		{"rewrite ^/a$ /end;", "/a", 204, "/end", "", ""},
		{"rewrite ^/a$ /end;", "/a?x=y", 204, "/end", "x=y", ""},
		{"rewrite ^/a$ /end?;", "/a?x=y", 204, "/end", "", ""},
		{"rewrite ^/a$ /end?b=c;", "/a?x=y", 204, "/end", "b=c&x=y", ""},
		{"rewrite ^/a$ /end?b=c?;", "/a?x=y", 204, "/end", "b=c", ""},
		{"rewrite ^/(.)/(.)$ /$2?first=$1;", "/a/b", 201, "/b", "first=a", ""},
		{"rewrite ^/(?<n>.*)$ /end?n=$n;", "/abc", 204, "/end", "n=abc", ""},
		{"rewrite ^/b$ /end;", "/a", 201, "/a", "", ""},
		{"rewrite ^/a /b; rewrite ^/b /end;", "/a", 204, "/end", "", ""},
		{"rewrite ^/a /b last; rewrite ^/b /end;", "/a", 201, "/b", "", ""},
		{"rewrite ^/a /b break; rewrite ^/b /end;", "/a", 201, "/b", "", ""},
		{"rewrite ^/a /b redirect;", "/a?x", 302, "/a", "x", "http://h:1000/b?x"},
		{"rewrite ^/a /b permanent;", "/a", 301, "/a", "", "http://h:1000/b"},
		{"rewrite ^/a http://other/b;", "/a", 302, "/a", "", "http://other/b"},
		{"rewrite ^/a $scheme://other/b?;", "/a?x", 302, "/a", "x", "http://other/b"},
		{"return 404;", "/a", 404, "/a", "", ""},
		{"return 301 /b;", "/a", 301, "/a", "", "http://h:1000/b"},
		{"return http://other/;", "/a", 302, "/a", "", "http://other/"},
		{"if ($arg_x) { return 403; }", "/a?x=1", 403, "/a", "x=1", ""},
		{"if ($arg_x) { return 403; }", "/a?x=0", 201, "/a", "x=0", ""},
		{"if ($arg_x) { return 403; }", "/a?x=00", 403, "/a", "x=00", ""},
		{"if ($arg_x = y) { return 403; }", "/a?x=y", 403, "/a", "x=y", ""},
		{"if ($arg_x != y) { return 403; }", "/a?x=y", 201, "/a", "x=y", ""},
		{"if ($uri ~ ^/(A)) { return 403; }", "/a", 201, "/a", "", ""},
		{"if ($uri ~* ^/(A)) { rewrite ^ /end?$1; }", "/a", 204, "/end", "", ""}, // "^" has no captures
		{"if ($uri !~ ^/b) { return 403; }", "/a", 403, "/a", "", ""},
		{"if (-f /nonexistent) { return 403; }", "/a", 201, "/a", "", ""},
		{"if (!-e /nonexistent) { return 403; }", "/a", 403, "/a", "", ""},
		{"set $x $arg_y; if ($x = z) { set $x end; } rewrite ^ /$x;", "/a?y=z", 204, "/end", "y=z", ""},
		{"set $args b=c; break; return 403;", "/a", 201, "/a", "b=c", ""},
		{"rewrite ^/(.*)$ /end?q=$1;", "/a%26b", 204, "/end", "q=a%26b", ""}, // escaped again
		{"rewrite ^/(.*)$ /$1x redirect;", "/a%20b", 302, "/a b", "", "http://h:1000/a%20bx"},
	} {
		conf := "events {} http { server { listen 80; " + tt.server + " location / { return 201; } location = /end { return 204; } } }"
		tree, err := parser.Load("/nginx.conf", parser.Memory(map[string]string{"/nginx.conf": conf}))
		if err != nil {
			t.Fatal(err)
		}
		c, diags := directives.Compile(tree, spec.Options{Prefix: t.TempDir() + "/", Version: "1.31.5", Zones: new(zone.Set), Log: slog.New(slog.DiscardHandler)})
		if err := diags.Err(); err != nil {
			t.Errorf("%s: %v", tt.server, err)
			continue
		}
		a := spec.Result[httpcore.Listening](c.Main).Ports[0].Any
		remote := netip.MustParseAddrPort("192.0.2.1:1000")
		r, _, err := a.Explain(c.HTTP, httpd.Query{Method: "GET", Target: tt.target, Host: "h", Remote: remote, Local: remote})
		if err != nil {
			t.Errorf("%s: %v", tt.server, err)
			continue
		}
		if r.Resp.Status != tt.status || string(r.URI) != tt.uri || string(r.Args) != tt.args || string(r.Resp.Location) != tt.location {
			t.Errorf("%s and %s: got %d %q ? %q to %q, want %d %q ? %q to %q", tt.server, tt.target,
				r.Resp.Status, r.URI, r.Args, r.Resp.Location, tt.status, tt.uri, tt.args, tt.location)
		}
	}
}
