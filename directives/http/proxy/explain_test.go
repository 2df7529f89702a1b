package proxy_test

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"understudy/directives"
	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/httpd"
	"understudy/runtime/zone"
)

// passed returns the head that a server would pass on.
func passed(t *testing.T, http, server, target string, fields ...[2]string) string {
	t.Helper()
	_, head, _ := strings.Cut(explained(t, http, server, target, fields...), "\n")
	return head
}

// explained returns what is said of proxy_pass: where to, and the head.
func explained(t *testing.T, http, server, target string, fields ...[2]string) string {
	t.Helper()
	conf := "events {} http { " + http + " server { listen 80; " + server + " } }"
	tree, err := parser.Load("/nginx.conf", parser.Memory(map[string]string{"/nginx.conf": conf}))
	if err != nil {
		t.Fatal(err)
	}
	c, diags := directives.Compile(tree, spec.Options{Prefix: t.TempDir() + "/", Version: "1.31.5", Zones: new(zone.Set), Log: slog.New(slog.DiscardHandler)})
	if err := diags.Err(); err != nil {
		t.Fatalf("%s: %v", conf, err)
	}
	a := spec.Result[httpcore.Listening](c.Main).Ports[0].Any
	_, trace, err := a.Explain(c.HTTP, httpd.Query{
		Method: "GET", Target: target, Host: "client.example", Header: fields,
		Remote: netip.MustParseAddrPort("192.0.2.1:1000"), Local: netip.MustParseAddrPort("192.0.2.2:80"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range trace.Events {
		if e.Name == "proxy_pass" {
			return e.Text
		}
	}
	return ""
}

// TestURI is the table of what becomes of the URI. The rows were chosen from
// ngx_http_proxy_create_request and the documentation of proxy_pass.
func TestURI(t *testing.T) {
	const at = "http://127.0.0.1:8000"
	for _, tt := range []struct{ location, pass, target, want string }{
		// Without a URI, the client's own is passed as it came,
		{"location /", at, "/a/b?c=d", "/a/b?c=d"},
		{"location /", at, "/a//b/../c%20d", "/a//b/../c%20d"},
		{"location /name/", at, "/name/x", "/name/x"},
		{"location = /x", at, "/x?y", "/x?y"},
		{"location ~ ^/r", at, "/r%41", "/r%41"},
		// and with one, the location's name is replaced in the normalized one.
		{"location /name/", at + "/", "/name/x", "/x"},
		{"location /name/", at + "/remote/", "/name/x?a=b", "/remote/x?a=b"},
		{"location /name/", at + "/remote", "/name/x", "/remotex"},
		{"location /name", at + "/remote/", "/name/x", "/remote//x"},
		{"location /name", at + "/remote/", "/namex", "/remote/x"},
		{"location = /name", at + "/other", "/name?a", "/other?a"},
		{"location ^~ /name/", at + "/", "/name/x", "/x"},
		{"location /name/", at + "/", "/name/a//b/../c", "/a/c"},
		{"location /name/", at + "/", "/name/a%20b", "/a%20b"},
		{"location /name/", at + "/", "/name/a%41", "/aA"},
		{"location /name/", at + "/", "/name/a%3Fb", "/a%3Fb"},
		// An internal change makes the URI the one that is passed.
		{"location /", at + "; rewrite ^/a(.*) /z$1 break", "/a/b?c", "/z/b?c"},
		{"location /name/", at + "/remote/; rewrite ^ /new break", "/name/x", "/new"},
		// With variables, the URI is what they say, if there is one.
		{"location /", at + "$request_uri", "/a//b?c", "/a//b?c"},
		{"location /", at + "$uri", "/a//b?c", "/a/b"},
		{"location /name/", at + "/fixed$is_args$args", "/name/x?q", "/fixed?q"},
		{"location ~ ^/r/(.*)$", at + "/to/$1", "/r/x?q", "/to/x"},
	} {
		got := passed(t, "", tt.location+" { proxy_pass "+tt.pass+"; }", tt.target)
		line, _, _ := strings.Cut(got, "\r\n")
		if want := "GET " + tt.want + " HTTP/1.1"; line != want {
			t.Errorf("%s { proxy_pass %s; } and %s: got %q, want %q", tt.location, tt.pass, tt.target, line, want)
		}
	}
}

func TestSetHeader(t *testing.T) {
	for _, tt := range []struct {
		name, http, server, location string
		fields                       [][2]string
		want, not                    []string
	}{
		{name: "by default", want: []string{"Host: 127.0.0.1:8000"}, not: []string{"client.example"}},
		{name: "inherited", http: "proxy_set_header X-Http 1;", want: []string{"X-Http: 1"}},
		{name: "through two levels", http: "proxy_set_header X-Http 1;", server: "proxy_set_header X-Server 2;",
			want: []string{"X-Server: 2"}, not: []string{"X-Http"}},
		{name: "none of the outer", http: "proxy_set_header X-Http 1;", location: "proxy_set_header X-Loc 3;",
			want: []string{"X-Loc: 3", "Host: 127.0.0.1:8000"}, not: []string{"X-Http"}},
		{name: "Host", location: "proxy_set_header Host $host;", want: []string{"Host: client.example"}, not: []string{"127.0.0.1"}},
		{name: "empty", location: `proxy_set_header Accept "";`, fields: [][2]string{{"Accept", "x"}}, not: []string{"Accept"}},
		{name: "replaced", location: "proxy_set_header ACCEPT y;", fields: [][2]string{{"Accept", "x"}}, want: []string{"ACCEPT: y"}, not: []string{"Accept: x"}},
		{name: "passed as it is spelled", fields: [][2]string{{"x-CaSe", "v"}}, want: []string{"x-CaSe: v"}},
		{name: "about the connection", fields: [][2]string{{"Connection", "upgrade"}, {"Upgrade", "h"}, {"TE", "trailers"}, {"Keep-Alive", "5"}},
			not: []string{"Upgrade", "TE:", "Keep-Alive:", "upgrade"}},
		{name: "no fields", location: "proxy_pass_request_headers off;", fields: [][2]string{{"X-A", "v"}}, not: []string{"X-A"}},
		{name: "forwarded", location: "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;", fields: [][2]string{{"X-Forwarded-For", "10.0.0.1"}},
			want: []string{"X-Forwarded-For: 10.0.0.1, 192.0.2.1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := passed(t, tt.http, tt.server+" location / { proxy_pass http://127.0.0.1:8000; "+tt.location+" }", "/", tt.fields...)
			for _, want := range tt.want {
				if !strings.Contains(got, "\r\n"+want+"\r\n") {
					t.Errorf("got %q, want %q in it", got, want)
				}
			}
			for _, not := range tt.not {
				if got == "" || strings.Contains(got, not) {
					t.Errorf("got %q, want no %q in it", got, not)
				}
			}
		})
	}
}

// TestUnresolved has a resolver that cannot be asked: a name is not looked up to
// explain where a request would go.
func TestUnresolved(t *testing.T) {
	for _, tt := range []struct{ pass, want string }{
		{"http://$name:8000", "to backend.example: backend.example:8000"},
		{"http://$name", "to backend.example: backend.example:80"},
		{"https://$name/x", "to backend.example: backend.example:443"},
		{"http://127.0.0.$one", "to 127.0.0.1: 127.0.0.1:80"},
	} {
		got := explained(t, "resolver 127.0.0.1:1; resolver_timeout 1ms;",
			"set $name backend.example; set $one 1; location / { proxy_pass "+tt.pass+"; }", "/")
		if line, _, _ := strings.Cut(got, "\n"); line != tt.want {
			t.Errorf("%s: got %q, want %q", tt.pass, line, tt.want)
		}
	}
}
