package doctor_test

import (
	"crypto/tls"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// A seed is a server, its peer, files and what is asked of it.
type seed struct {
	http  string // beside the server
	conf  string // {peer} and {dead} are addresses
	peer  talk
	files []string
	ask   string
	times int // 0: once
}

// A fault is a server that does something wrong, and its twin that does not.
type fault struct {
	name, code  string
	says        string // something of the sentence
	fault, twin seed
}

const html = "Accept: text/html,*/*;q=0.8"

func proxied(more string) string { return "location / { proxy_pass http://{peer}; " + more + " }" }

// with is a seed of a proxied location.
func with(more string, peer talk, ask string) seed {
	return seed{conf: proxied(more), peer: peer, ask: ask}
}

var works = with("", answers(fine), get("/"))

func silentTLS(c net.Conn) {
	s := tls.Server(c, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, nil }})
	s.Handshake()
}

// events sends an event, and the next when the first should have arrived.
func events(gap time.Duration) talk {
	return func(c net.Conn) {
		head(c)
		c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\n"))
		time.Sleep(gap) // what is tested is that time passes
		c.Write([]byte("data: 2\n\n"))
	}
}

func redirectsTo(to string) talk {
	return answers("HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

var faults = []fault{
	{"refused", "NX301", "refused the connection: nothing listens", seed{conf: "location / { proxy_pass http://{dead}; }", ask: get("/")}, works},
	{"refused, FastCGI", "NX301", "fastcgi_pass", seed{conf: "location / { fastcgi_pass {dead}; }", ask: get("/")}, works},
	{"refused, by a subrequest", "NX301", "nothing listens",
		seed{conf: "location / { auth_request /auth; root .; } location /auth { proxy_pass http://{dead}; }", ask: get("/x")},
		seed{conf: "location / { auth_request /auth; root .; } location /auth { proxy_pass http://{peer}; }", peer: answers(fine), ask: get("/x"), files: []string{"x"}}},
	{"refused, then the next", "NX301", "nothing listens",
		seed{conf: "location / { proxy_pass http://{dead}; error_page 502 = /other; } location /other { return 200; }", ask: get("/")},
		seed{conf: "location / { proxy_pass http://{peer}; error_page 502 = /other; } location /other { return 200; }", peer: answers(fine), ask: get("/")}},
	{"a name without resolver", "NX302", "no resolver defined",
		seed{conf: "location / { set $u nosuch.invalid; proxy_pass http://$u; }", ask: get("/")},
		seed{conf: "location / { set $u {peer}; proxy_pass http://$u; }", peer: answers(fine), ask: get("/")}},
	{"silence before the head", "NX305", "proxy_read_timeout 30ms", with("proxy_read_timeout 30ms;", hangs(""), get("/")), with("proxy_read_timeout 10s;", answers(fine), get("/"))},
	{"silence within the body", "NX305", "the rest of the body", with("proxy_read_timeout 30ms;", hangs("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), get("/")), works},
	{"silence of FastCGI", "NX305", "fastcgi_read_timeout 30ms", seed{conf: "location / { fastcgi_pass {peer}; fastcgi_read_timeout 30ms; }", peer: func(c net.Conn) { c.Read(make([]byte, 1)); head(c) }, ask: get("/")}, works},
	{"big header", "NX309", "the largest field is Set-Cookie with 60", with("", answers("HTTP/1.1 200 OK\r\nSet-Cookie: "+strings.Repeat("c", 6000)+"\r\n\r\n"), get("/")),
		with("proxy_buffer_size 16k; proxy_buffers 4 16k; proxy_busy_buffers_size 32k;", answers("HTTP/1.1 200 OK\r\nConnection: close\r\nSet-Cookie: "+strings.Repeat("c", 6000)+"\r\n\r\n"), get("/"))},
	{"large body", "NX413", "default, not set", with("", answers(fine), "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2000000\r\n\r\n"),
		with("", answers(fine), "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody")},
	{"large body in chunks", "NX413", "client_max_body_size 2", with("client_max_body_size 2;", answers(fine), "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"),
		with("client_max_body_size 4;", answers(fine), "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n")},
	{"cycle of try_files", "NX209", "does not exist", seed{conf: "location / { root site; try_files $uri /index.html; }", ask: get("/x"), files: []string{"site/a"}},
		seed{conf: "location / { root site; try_files $uri /index.html; }", ask: get("/x"), files: []string{"site/index.html"}}},
	{"cycle of try_files, empty folder", "NX209", "is empty", seed{conf: "location / { root dist.d; try_files $uri /index.html; }", ask: get("/x"), files: []string{"dist.d"}},
		seed{conf: "location / { root dist; try_files $uri /index.html; }", ask: get("/x"), files: []string{"dist/index.html"}}},
	{"cycle of rewrite", "NX209", "/a → /b → /a", seed{conf: "location /a { rewrite ^ /b; } location /b { rewrite ^ /a; }", ask: get("/a")},
		seed{conf: "location /a { rewrite ^ /b; } location /b { return 200; }", ask: get("/a")}},
	{"cycle of named locations", "NX209", "@a", seed{conf: "location / { try_files /no @a; } location @a { try_files /no @b; } location @b { try_files /no @a; }", ask: get("/x")},
		seed{conf: "location / { try_files /no @a; } location @a { return 200; }", ask: get("/x")}},
	{"page of an application", "NX601", "index.html", seed{conf: "location / { root site; }", ask: get("/dashboard", html), files: []string{"site/index.html"}},
		seed{conf: "location / { root site; try_files $uri $uri/ /index.html; }", ask: get("/dashboard", html), files: []string{"site/index.html"}}},
	{"page of an application, =404", "NX601", "try_files", seed{conf: "root site; location / { try_files $uri $uri/ =404; }", ask: get("/dashboard", html), files: []string{"site/index.html"}},
		seed{conf: "root site; location / { try_files $uri $uri/ =404; }", ask: get("/page", html), files: []string{"site/index.html", "site/page"}}},
	{"no file", "NX606", "root site", seed{conf: "location / { root site; }", ask: get("/a.css"), files: []string{"site/b.css"}},
		seed{conf: "location / { root site; }", ask: get("/a.css"), files: []string{"site/a.css"}}},
	{"no file of alias", "NX606", "nothing of the rest", seed{conf: "location /s/ { root site; }", ask: get("/s/a.css"), files: []string{"site/a.css"}},
		seed{conf: "location /s/ { alias site/; }", ask: get("/s/a.css"), files: []string{"site/a.css"}}},
	{"no index", "NX607", "none of the index files", seed{conf: "location / { root site; }", ask: get("/"), files: []string{"site/a"}},
		seed{conf: "location / { root site; }", ask: get("/"), files: []string{"site/index.html"}}},
	{"port lost by return", "NX204", "8081", seed{conf: "location / { return 301 http://h/dir/; }", ask: get("/dir")}, seed{conf: "location / { return 301 http://$http_host/dir/; }", ask: get("/dir")}},
	{"port lost by the upstream", "NX204", "8081", with("", redirectsTo("http://h/in"), get("/")), with("", redirectsTo("http://h:8081/in"), get("/"))},
	{"port lost by a folder", "NX204", "8081", seed{conf: "root site; port_in_redirect off;", ask: get("/a"), files: []string{"site/a/b"}}, seed{conf: "root site; absolute_redirect off;", ask: get("/a"), files: []string{"site/a/b"}}},
	{"loop of redirects", "NX705", "no X-Forwarded-Proto", seed{conf: proxied(""), peer: redirectsTo("https://h:8081/login"), ask: get("/login"), times: 3},
		seed{conf: proxied(""), peer: redirectsTo("https://h:8081/login"), ask: get("/login"), times: 2}},
	{"loop of redirects, wrong scheme", "NX705", "X-Forwarded-Proto: http", seed{conf: proxied("proxy_set_header X-Forwarded-Proto $scheme;"), peer: redirectsTo("https://h:8081/login"), ask: get("/login", "X-Forwarded-Proto: https"), times: 3},
		seed{conf: proxied("proxy_set_header X-Forwarded-Proto $http_x_forwarded_proto;"), peer: answers(fine), ask: get("/login", "X-Forwarded-Proto: https"), times: 3}},
	{"loop of redirects, of the configuration", "NX705", "the configuration itself", seed{conf: "return 301 http://$http_host$request_uri;", ask: get("/x"), times: 3},
		seed{conf: "return 301 http://$http_host/other$request_uri;", ask: get("/x"), times: 3}},
	{"TLS in plain text", "NX406", "wants TLS", with("", answers("\x15\x03\x01\x00\x02\x02\x46"), get("/")), works},
	{"HTTP/2 only", "NX406", "HTTP/2 only", with("", answers("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"), get("/")), works},
	{"SSH", "NX406", "SSH", with("", answers("SSH-2.0-OpenSSH_9.2\r\n"), get("/")), works},
	{"Redis", "NX406", "Redis", with("", answers("-ERR wrong number of arguments\r\n"), get("/")), works},
	{"HTTP for FastCGI", "NX406", "HTTP/1.x", seed{conf: "location / { fastcgi_pass {peer}; }", peer: func(c net.Conn) { c.Read(make([]byte, 4096)); c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, ask: get("/")}, works},
	{"https to plain HTTP", "NX406", "plain HTTP", seed{conf: "location / { proxy_pass https://{peer}; }", peer: func(c net.Conn) { c.Read(make([]byte, 4096)); c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, ask: get("/")}, works},
	{"handshake refused", "NX502", "TLS handshake", seed{conf: "location / { proxy_pass https://{peer}; }", peer: silentTLS, ask: get("/")}, works},
	{"events are held back", "NX403", "proxy_buffering on: default", with("", events(100*time.Millisecond), get("/")), with("proxy_buffering off;", events(100*time.Millisecond), get("/"))},
	{"closed without an answer", "NX321", "closed the connection", with("", answers(""), get("/")), works},
	{"senseless head", "NX323", "Content-Length", with("", answers("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), get("/")), works},
	{"denied", "NX220", "access forbidden by rule", seed{conf: "location / { deny all; root .; }", ask: get("/a")}, seed{conf: "location / { allow all; root .; }", ask: get("/a"), files: []string{"a"}}},
	{"no password", "NX220", "auth_basic", seed{conf: "location / { auth_basic x; auth_basic_user_file u; root .; }", ask: get("/a"), files: []string{"u", "a"}}, seed{conf: "location / { root .; }", ask: get("/a"), files: []string{"a"}}},
	{"return", "NX220", "return answered 503", seed{conf: "location / { return 503; }", ask: get("/")}, seed{conf: "location / { return 204; }", ask: get("/")}},
	{"limited", "NX220", "limiting requests", seed{conf: "location / { limit_req zone=one; root .; }", ask: get("/a"), files: []string{"a"}, times: 2}, seed{conf: "location / { limit_req zone=one; root .; }", ask: get("/a"), files: []string{"a"}}},
	{"internal", "NX220", "server answered 404", seed{conf: "location / { internal; root .; }", ask: get("/a"), files: []string{"a"}}, seed{conf: "location / { root .; }", ask: get("/a"), files: []string{"a"}}},
	{"no live server", "NX320", "no server of upstream", seed{http: "upstream u { server {dead}; server {dead}; }", conf: "location / { proxy_pass http://u; }", ask: get("/"), times: 2},
		seed{http: "upstream u { server {peer}; server {peer}; }", conf: "location / { proxy_pass http://u; }", peer: answers(fine), ask: get("/"), times: 2}},
	{"bad request", "NX220", "client sent invalid host", seed{conf: "return 200;", ask: "GET / HTTP/1.1\r\nHost: a b/\r\nConnection: close\r\n\r\n"}, seed{conf: "return 200;", ask: get("/")}},
}

func (s seed) run(t *testing.T) *front {
	t.Helper()
	f := start(t, s, true)
	for range max(s.times, 1) {
		f.ask(s.ask)
	}
	return f
}

func TestFaults(t *testing.T) {
	for _, x := range faults {
		t.Run(x.name, func(t *testing.T) {
			f := x.fault.run(t)
			if !slices.Contains(f.codes(), x.code) || !strings.Contains(f.texts(), x.says) {
				t.Errorf("want %s with %q, got %v\n%s", x.code, x.says, f.codes(), f.texts())
			}
			for _, d := range f.found {
				if d.Text == "" || d.Fix == "" || strings.Contains(d.Text, "%!") || strings.Contains(d.Text, "<nil>") {
					t.Errorf("%s: %q, %q", d.ID(), d.Text, d.Fix)
				}
			}
			if f := x.twin.run(t); len(f.codes()) > 0 {
				t.Errorf("the twin has %v\n%s", f.codes(), f.texts())
			}
		})
	}
}
