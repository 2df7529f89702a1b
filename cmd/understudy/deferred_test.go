package main

import (
	"strings"
	"testing"

	"understudy/parser"
)

// What is of the machine is listed, and what only looks like it is not.
func TestDeferred(t *testing.T) {
	for _, tt := range []struct{ conf, want string }{
		{"error_log memory:32m debug; error_log syslog:server=10.0.0.1; error_log stderr; error_log logs/e.log;", "log logs/e.log"},
		{"http { access_log off; access_log /a/$host.log; access_log /a.log main; }", "log /a.log"},
		{"http { server { ssl_session_ticket_key t.key; ssl_password_file pw; ssl_certificate data:$cert; ssl_certificate_key engine:pkcs11:x; } }", "certificate t.key, certificate pw"},
		{"http { server { listen 80; listen unix:/run/s; location / { proxy_ssl_certificate c.pem; proxy_pass https://api:443/x; } } }", "socket 80, socket unix:/run/s, certificate c.pem, host api"},
		{"http { upstream API { server db:5432; server 10.0.0.1; server unix:/run/a; } server { location / { proxy_pass http://api; } } }", "host db"},
		{"http { server { location / { fastcgi_pass php:9000; } location /u { uwsgi_pass unix:/run/u; } resolver ns.example; } }", "host php, host ns.example"},
		{"stream { server { proxy_pass [::1]:1; } server { proxy_pass $to; } server { proxy_pass db.example:1; } }", "host db.example"},
		{"user nobody; pid /run/x.pid; load_module modules/m.so; pid /run/x.pid;", "user nobody, pid /run/x.pid, module modules/m.so"},
		{"http { server { server_name host; userid_path /x; proxy_cookie_path / /y; proxy_set_header Host proxied; } }", ""},
	} {
		tree, err := parser.Load("x.conf", parser.Memory(map[string]string{"x.conf": tt.conf}))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range deferred(tree.Directives, nil) {
			got = append(got, f.Kind+" "+f.Name)
		}
		if text := strings.Join(got, ", "); text != tt.want {
			t.Errorf("%s\n got %s\nwant %s", tt.conf, text, tt.want)
		}
	}
}

// An overlay says who is looked up in the place of others.
func TestOverlayServer(t *testing.T) {
	o := &overlay{upstreams: []substitution{{"api:5001", "localhost:3000"}, {"db", "127.0.0.1"}, {"unix:/run/a", "localhost:1"}, {"web:443", "w:1"}}}
	for in, want := range map[string]string{
		"http://api:5001/x": "localhost:3000", "api:5001": "localhost:3000", "api:5002": "api:5002", "http://api": "http://api",
		"db:5432": "127.0.0.1:5432", "unix:/run/a": "localhost:1", "http://unix:/run/a:/x": "localhost:1", "https://web/": "w:1", "http://web/": "http://web/",
	} {
		if got := o.server(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	if got := (*overlay)(nil).server("api"); got != "api" {
		t.Errorf("without an overlay: %s", got)
	}
}
