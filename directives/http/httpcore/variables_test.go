package httpcore_test

import (
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"testing"

	"understudy/directives/core"
	"understudy/directives/http/httpcore"
	"understudy/directives/http/rewrite"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A built is an http block of one server.
type built struct {
	http  *httpd.HTTP
	at    *httpd.Address
	ports []*httpd.Port
	vars  *httpd.Vars
	diags diag.List
}

func build(t testing.TB, text string, use ...string) *built {
	t.Helper()
	o := spec.Options{
		Prefix: "/prefix/", ConfPrefix: "/prefix/", Version: "1.31.5", Offline: true,
		Log: slog.New(logs.NewHandler(logs.Options{}, logs.Target{Level: logs.Emerg, To: logs.NewStream(io.Discard)})),
	}
	// A set names the variables, so that they get an index.
	names := ""
	for i, u := range use {
		names += " set $use_" + strings.Repeat("x", i+1) + " $" + u + ";"
	}
	c := spec.Compile(spec.NewTable(core.Module, httpcore.Module, rewrite.Module), parser.Parse("nginx.conf", "events {} http {"+text+"\nserver { listen 127.0.0.1:9; location / {"+names+"} } }"), o)
	b := &built{diags: *c.Main.Diags(), vars: c.Main.Vars()}
	if err := b.diags.Err(); err != nil {
		t.Fatal(err)
	}
	b.http = spec.Result[*httpd.HTTP](c.Main)
	b.ports = spec.Result[httpcore.Listening](c.Main).Ports
	b.at = b.ports[0].Any
	return b
}

func (b *built) request(t testing.TB, method, target string, fields ...[2]string) *httpd.Request {
	t.Helper()
	r, _, err := b.at.Explain(b.http, httpd.Query{
		Method: method, Target: target, Host: "A.Example:8080", Header: fields,
		Remote: netip.MustParseAddrPort("192.0.2.1:40000"), Local: netip.MustParseAddrPort("127.0.0.1:8081"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// values are variables of "POST /a%20b?x=1&Y=2&z=", answered with 403, and what
// they are. "\x00" is a variable without a value.
var values = []struct{ name, want string }{
	{"host", "a.example"},
	{"http_host", "A.Example:8080"},
	{"request", "POST /a%20b//c/?x=1&Y=2&z= HTTP/1.1"},
	{"request_method", "POST"},
	{"request_uri", "/a%20b//c/?x=1&Y=2&z="},
	{"uri", "/a b/c/"},
	{"document_uri", "/a b/c/"},
	{"args", "x=1&Y=2&z="},
	{"query_string", "x=1&Y=2&z="},
	{"is_args", "?"},
	{"arg_x", "1"},
	{"arg_y", "2"},
	{"arg_z", ""},
	{"arg_q", "\x00"},
	{"server_protocol", "HTTP/1.1"},
	{"request_port", "8080"},
	{"is_request_port", ":"},
	{"scheme", "http"},
	{"https", ""},
	{"server_name", "first.example"},
	{"request_filename", "/r/a b/c/"},
	{"document_root", "/r"},
	{"request_body", "\x00"},
	{"request_body_file", "\x00"},
	{"request_completion", ""},
	{"limit_rate", "0"},
	{"remote_user", "u"},
	{"remote_addr", "192.0.2.1"},
	{"binary_remote_addr", "\xc0\x00\x02\x01"},
	{"remote_port", "40000"},
	{"server_addr", "127.0.0.1"},
	{"server_port", "8081"},
	{"pipe", "."},
	{"bytes_sent", "0"},
	{"body_bytes_sent", "0"},
	{"nginx_version", "1.31.5"},
	{"status", "403"},
	{"http_cookie", "a=1; b=2; C=3"},
	{"cookie_b", "2"},
	{"cookie_c", "3"},
	{"cookie_d", "\x00"},
	{"http_x_y", "1, 2"},
	{"http_x_z", ""},
	{"http_none", "\x00"},
	{"http_x_forwarded_for", "a, b"},
	{"content_type", "text/x"},
	{"content_length", "3"},
	{"sent_http_connection", "keep-alive"},
	{"sent_http_content_type", "text/html"},
	{"sent_http_content_length", "153"},
	{"sent_http_location", "\x00"},
	{"sent_http_last_modified", "\x00"},
	{"sent_http_transfer_encoding", "\x00"},
	{"sent_http_keep_alive", "timeout=20"},
	{"sent_http_x", "\x00"},
	{"sent_trailer_x", "\x00"},
	{"tcpinfo_rtt", "\x00"}, // there is no connection
	{"connection", "\x00"},
}

func names() []string {
	var list []string
	for _, v := range values {
		list = append(list, v.name)
	}
	return append(list, "request_id", "request_time", "msec", "time_local", "time_iso8601", "request_length", "hostname", "pid", "connection_time")
}

func answered(t testing.TB) (*built, *httpd.Request) {
	b := build(t, "root /r; keepalive_timeout 75s 20s; server { listen 127.0.0.1:8; server_name .First.example b; }", names()...)
	b.at.Default.Name = "first.example"
	return b, b.request(t, "POST", "/a%20b//c/?x=1&Y=2&z=",
		[2]string{"Content-Length", "3"}, [2]string{"Content-Type", "text/x"}, [2]string{"Authorization", "basic  dTpwOnE="},
		[2]string{"Cookie", "a=1; b=2"}, [2]string{"cookie", "C=3"}, [2]string{"X-Y", "1"}, [2]string{"x-y", "2"}, [2]string{"X-Z", ""},
		[2]string{"X-Forwarded-For", "a"}, [2]string{"X-Forwarded-For", "b"})
}

func TestVariables(t *testing.T) {
	b, r := answered(t)
	for _, tt := range values {
		i := b.vars.Find(tt.name)
		b.vars.Forget(r, i)
		val, ok := b.vars.Get(r, i)
		got := string(val)
		if !ok {
			got = "\x00"
		}
		if got != tt.want {
			t.Errorf("$%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	first, _ := b.vars.Get(r, b.vars.Find("request_id"))
	b.vars.Forget(r, b.vars.Find("request_id"))
	again, _ := b.vars.Get(r, b.vars.Find("request_id"))
	if len(first) != 32 || string(first) != string(again) {
		t.Errorf("$request_id: got %q and %q", first, again)
	}
	if host, _ := os.Hostname(); host != "" {
		if got, _ := b.vars.Get(r, b.vars.Find("hostname")); string(got) != strings.ToLower(host) {
			t.Errorf("$hostname: got %q, want %q", got, strings.ToLower(host))
		}
	}
}

func TestSetVariables(t *testing.T) {
	b := build(t, "", "args", "uri", "limit_rate")
	r := b.request(t, "GET", "/?a=1")
	b.vars.Set(r, b.vars.Find("args"), []byte("b=2"))
	if string(r.Args) != "b=2" || r.ValidTarget {
		t.Errorf("after $args: got %q, %v", r.Args, r.ValidTarget)
	}
	for _, tt := range []struct {
		set  string
		want int64
	}{{"4k", 4096}, {"x", 4096}, {"0", 0}} {
		b.vars.Set(r, b.vars.Find("limit_rate"), []byte(tt.set))
		if got := r.Rate(); got != tt.want {
			t.Errorf("$limit_rate of %q: got %d, want %d", tt.set, got, tt.want)
		}
	}
}

// TestVariablesNoAllocations evaluates each variable as if for the first time.
func TestVariablesNoAllocations(t *testing.T) {
	b, r := answered(t)
	for _, name := range names() {
		i := b.vars.Find(name)
		if n := testing.AllocsPerRun(300, func() {
			b.vars.Forget(r, i)
			b.vars.Get(r, i)
		}); n != 0 {
			t.Errorf("$%s: got %v allocations, want 0", name, n)
		}
	}
}
