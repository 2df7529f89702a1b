package accesslog_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"understudy/directives/accesslog"
	"understudy/directives/core"
	"understudy/directives/http/httpcore"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A site is a compiled http block whose logs can be written to.
type site struct {
	t    testing.TB
	dir  string // with a final "/"
	http *httpd.HTTP
	at   *httpd.Address
	logs *logs.Generation

	errors bytes.Buffer // the error log
}

// compile builds a http block of top, and of a server that holds in.
func compile(t testing.TB, top, in string) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir() + "/"}
	if err := os.Mkdir(s.dir+"logs", 0o777); err != nil {
		t.Fatal(err)
	}
	s.logs = logs.NewSet(nil).Next(func(err error) { t.Error(err) })
	o := spec.Options{
		Prefix: s.dir, ConfPrefix: s.dir, Version: "1.31.5", Logs: s.logs, Offline: true,
		Log: slog.New(logs.NewHandler(logs.Options{}, logs.Target{Level: logs.Error, To: logs.NewStream(&s.errors)})),
	}
	table := spec.NewTable(core.Module, httpcore.Module, accesslog.HTTP)
	c := spec.Compile(table, parser.Parse("nginx.conf", "events {} http {"+top+"\nserver { listen 127.0.0.1:8080;"+in+"\n} }"), o)
	if err := c.Main.Diags().Err(); err != nil {
		t.Fatal(err)
	}
	s.http = spec.Result[*httpd.HTTP](c.Main)
	s.at = spec.Result[httpcore.Listening](c.Main).Ports[0].Any
	if err := s.logs.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.logs.Release() })
	return s
}

// request is a request that has been answered.
func (s *site) request(target string, fields ...[2]string) *httpd.Request {
	s.t.Helper()
	r, _, err := s.at.Explain(s.http, httpd.Query{
		Method: "GET", Target: target, Host: "a.example", Header: fields,
		Remote: netip.MustParseAddrPort("192.0.2.1:40000"), Local: netip.MustParseAddrPort("127.0.0.1:8080"),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func logRequest(r *httpd.Request) {
	for i := range r.Loc.Log {
		r.Loc.Log[i].Run(r)
	}
}

func (s *site) read(name string) string {
	s.t.Helper()
	if err := s.logs.Flush(); err != nil {
		s.t.Fatal(err)
	}
	b, err := os.ReadFile(s.dir + name)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

func TestFormats(t *testing.T) {
	const agent = "a\"b\\c\x01\x7f\xc3\xa9 d"
	for _, tt := range []struct{ format, want string }{
		{`"$request"`, "GET /x?a=%22 HTTP/1.1"},
		{`"$http_user_agent"`, `a\x22b\x5Cc\x01\x7F\xC3\xA9 d`},
		{`escape=default "$http_user_agent"`, `a\x22b\x5Cc\x01\x7F\xC3\xA9 d`},
		{`escape=json "$http_user_agent"`, "a\\\"b\\\\c\\u0001\x7f\xc3\xa9 d"},
		{`escape=none "$http_user_agent"`, agent},
		{`"$http_nothing|${http_nothing}"`, "-|-"},
		{`escape=json "$http_nothing|"`, "|"},
		{`escape=none "$http_nothing|"`, "|"},
		{`"a$status" b "-$STATUS-"`, "a404b-404-"},
		{`"${status}0"`, "4040"},
		{`$remote_addr|$remote_user|$pipe|$uri|$args|$arg_a`, "192.0.2.1|-|.|/x|a=%22|%22"},
		{`"a" " b  " c`, "a b  c"},
	} {
		s := compile(t, "log_format x "+tt.format+";", "access_log logs/a x;")
		logRequest(s.request("/x?a=%22", [2]string{"User-Agent", agent}))
		if got := s.read("logs/a"); got != tt.want+"\n" {
			t.Errorf("%s: got %q, want %q", tt.format, got, tt.want)
		}
	}
}

func TestCombined(t *testing.T) {
	s := compile(t, "", "")
	r := s.request("/", [2]string{"Referer", "r"}, [2]string{"User-Agent", "u"}, [2]string{"Authorization", "Basic YTpi"})
	logRequest(r)
	line := s.read("logs/access.log")
	before, rest, _ := strings.Cut(line, "[")
	at, after, _ := strings.Cut(rest, "]")
	if _, err := time.Parse("02/Jan/2006:15:04:05 -0700", at); err != nil {
		t.Error(err)
	}
	if got, want := before+"[]"+after, "192.0.2.1 - a [] \"GET / HTTP/1.1\" 403 0 \"r\" \"u\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInheritance(t *testing.T) {
	s := compile(t, "access_log logs/http;", `
		location /in { }
		location /own { access_log logs/own; access_log logs/own2; }
		location /off { access_log off; }
		location /both { access_log off; access_log logs/both; }
		location /if { access_log logs/if combined if=$arg_x; }
		location /except { limit_except GET { access_log logs/except; } }`)
	for _, target := range []string{"/in", "/own", "/off", "/both", "/if?x=0", "/if?x=", "/if", "/if?x=00", "/except"} {
		logRequest(s.request(target))
	}
	for _, tt := range []struct{ name, want string }{
		{"http", "/in /except"}, {"own", "/own"}, {"own2", "/own"}, {"both", ""}, {"if", "/if?x=00"}, {"except", ""},
	} {
		var got []string
		for line := range strings.Lines(s.read("logs/" + tt.name)) {
			got = append(got, strings.Fields(line)[6])
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestVariableName(t *testing.T) {
	s := compile(t, "log_format x $uri; root html;", `
		access_log logs/$arg_n x;
		location /gone { root $arg_root; }`)
	if err := os.Mkdir(s.dir+"html", 0o777); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/1?n=a", "/2?n=b", "/3?n=a", "/4?n=no/c", "/gone?n=d&root=nosuch", "/gone?n=d&root=html"} {
		logRequest(s.request(target))
	}
	for name, want := range map[string]string{"a": "/1\n/3\n", "b": "/2\n", "d": "/gone\n"} {
		if got := s.read("logs/" + name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for _, want := range []string{
		`[crit] 0#0: open() "` + s.dir + `logs/no/c" failed (2: No such file or directory) while logging request, client: 192.0.2.1`,
		`[error] 0#0: testing "` + s.dir + `nosuch" existence failed (2: No such file or directory) while logging request, client: 192.0.2.1`,
	} {
		if got := s.errors.String(); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
}

func TestBuffered(t *testing.T) {
	s := compile(t, "log_format x $uri;", `
		access_log logs/plain x buffer=64;
		access_log logs/zipped x gzip=9;`)
	for range 10 {
		logRequest(s.request("/0123456789"))
	}
	b, err := os.ReadFile(s.dir + "logs/plain")
	if want := strings.Repeat("/0123456789\n", 5); string(b) != want || err != nil {
		t.Errorf("before the buffer is full again: got %q, %v, want %q", b, err, want)
	}
	want := strings.Repeat("/0123456789\n", 10)
	if got := s.read("logs/plain"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	zr, err := gzip.NewReader(strings.NewReader(s.read("logs/zipped")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(zr); string(got) != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestSyslog(t *testing.T) {
	at := filepath.Join(t.TempDir(), "s")
	c, err := net.ListenPacket("unixgram", at)
	if err != nil {
		t.Skip(err)
	}
	defer c.Close()
	s := compile(t, "log_format x $uri;", "access_log syslog:server=unix:"+at+",facility=user,severity=debug,tag=t,nohostname x;")
	logRequest(s.request("/a"))
	b := make([]byte, 100)
	n, _, err := c.ReadFrom(b)
	if got := string(b[:n]); err != nil || !strings.HasPrefix(got, "<15>") || !strings.HasSuffix(got, " t: /a") {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestNoAllocations writes what most sites log, and what they would rather log.
func TestNoAllocations(t *testing.T) {
	s := compile(t, `log_format x escape=json '{"t":"$time_iso8601","r":"$request","s":$status,"b":$body_bytes_sent,"d":$request_time,"ua":"$http_user_agent","x":"$http_x_forwarded_for","h":"$host","m":"$msec"}';`,
		"access_log logs/a; access_log logs/b x; access_log logs/c x buffer=32k;")
	r := s.request("/", [2]string{"User-Agent", `Mozilla/5.0 "x"`}, [2]string{"Referer", "r"})
	if n := testing.AllocsPerRun(500, func() { logRequest(r) }); n != 0 {
		t.Errorf("got %v allocations, want 0", n)
	}
}

func BenchmarkCombined(b *testing.B) {
	s := compile(b, "", "access_log logs/a combined buffer=32k;")
	r := s.request("/", [2]string{"User-Agent", "Mozilla/5.0"}, [2]string{"Referer", "r"})
	b.ReportAllocs()
	for b.Loop() {
		logRequest(r)
	}
}
