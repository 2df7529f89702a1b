package explain_test

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"understudy/directives"
	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/directives/stream/streamcore"
	"understudy/parser"
	"understudy/runtime/httpd"
	"understudy/runtime/stream"
	"understudy/runtime/zone"
)

// TestVariables asks for every variable there is: none may need a connection.
func TestVariables(t *testing.T) {
	const conf = `
		events {}
		http {
			upstream up { server backend.example:80; server 127.0.0.1:1; }
			server { listen 80; location / { proxy_pass http://up; } location /named/ { proxy_pass http://$arg_host; resolver 127.0.0.1; } location /file/ { root .; } location /r/ { return 200 x; } }
		}
		stream { upstream up { server 127.0.0.1:1; } server { listen 81; ssl_preread on; proxy_pass up; } server { listen 82; return x; } }`
	tree, err := parser.Load("/n", parser.Memory(map[string]string{"/n": conf}))
	if err != nil {
		t.Fatal(err)
	}
	c, found := directives.Compile(tree, spec.Options{
		Prefix: t.TempDir() + "/", Version: "1.31.5", Offline: true, ThirdParty: true, Zones: new(zone.Set), Log: slog.New(slog.DiscardHandler),
		Lookup: func(host string) ([]string, error) {
			t.Errorf("%s was looked up", host)
			return nil, nil
		},
	})
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	remote, local := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:80")
	requests, sessions := directives.Table.Variables()
	for _, target := range []string{"/", "/named/?host=some.example", "/file/x", "/r/"} {
		a := spec.Result[httpcore.Listening](c.Main).Ports[0].Any
		r, _, err := a.Explain(c.HTTP, httpd.Query{Method: "POST", Target: target, Host: "h", Remote: remote, Local: local, Body: []byte("x")})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range requests {
			c.HTTP.Vars.Named(r, strings.Replace(v.Name, "*", "x", 1))
		}
	}
	for _, port := range spec.Result[streamcore.Listening](c.Main).Ports {
		for _, secure := range []bool{false, true} {
			s, _ := port.Explain(stream.Query{Remote: remote, Local: local, TLS: secure, ServerName: "a.example", First: []byte("x")})
			for _, v := range sessions {
				c.Stream.Vars.Named(s, strings.Replace(v.Name, "*", "x", 1))
			}
		}
	}
}
