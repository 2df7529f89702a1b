package httpd_test

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
)

// debugLog serves one request, and returns the messages of the debug log.
func debugLog(t *testing.T, conf, text string, to logs.Target, all bool) []string {
	t.Helper()
	var out strings.Builder
	to.To = logs.NewStream(&out)
	log := slog.New(logs.NewHandler(logs.Options{}, to))
	c := compile(t, conf, log.Handler())
	c.HTTP.Debug = logs.PartsOf(log)
	talkOn(t, c, text, func(k *conn.Conn) {
		if all {
			k.SetDebug()
		}
	})
	var got []string
	for line := range strings.Lines(out.String()) {
		if _, msg, ok := strings.Cut(line, "[debug] 0#0: *0 "); ok {
			got = append(got, strings.TrimSpace(msg))
		}
	}
	return got
}

// The main steps of a request are in the debug log, in nginx's words and order.
func TestDebug(t *testing.T) {
	const conf = `events {} http { server { listen 80;
		location / { return 404; }
		location ~ ^/r(.*) { rewrite ^/r(.*) /x$1 last; }
		location /x { error_page 402 = @n; return 402; }
		location @n { return 200 "$uri"; } } }`
	const request = "GET /rfoo?a=b HTTP/1.1\r\nHost: a\r\nX: y\r\nConnection: close\r\n\r\n"
	http, _ := logs.ParsePart("debug_http")
	event, _ := logs.ParsePart("debug_event")
	for _, tt := range []struct {
		name string
		to   logs.Target
		all  bool
		want string // regular expressions of some lines, in this order
		not  string
	}{
		{"all", logs.Target{Level: logs.Debug}, false, `accept: 127\.0\.0\.1:\d+ fd:\d+
			http wait request handler
			recv: fd:\d+ 60 of 1024
			http process request line
			http request line: "GET /rfoo\?a=b HTTP/1\.1"
			http uri: "/rfoo"
			http args: "a=b"
			http exten: ""
			http header: "Host: a"
			http header: "X: y"
			http header done
			test location: "/"
			test location: ~ "\^/r\(\.\*\)"
			using configuration "\^/r\(\.\*\)"
			http cl:-1 max:1048576
			rewrite phase: 0
			http script regex: "\^/r\(\.\*\)"
			uri changes: 11
			using configuration "/x"
			http finalize request: 402, "/xfoo\?a=b"
			http special response: 402, "/xfoo\?a=b"
			using location: @n "/xfoo\?a=b"
			HTTP/1\.1 200 OK
			http output filter "/xfoo\?a=b"
			http write filter: l:1 f:0 s:\d+
			writev: (\d+) of \d+
			http close request
			http log handler`, ``},
		{"debug_http", logs.Target{Level: logs.Debug, Parts: http}, false, `http wait request handler
			http log handler`, `^(recv|writev|accept): `},
		{"debug_event", logs.Target{Level: logs.Debug, Parts: event}, false, `accept: .*
			recv: .*
			writev: .*`, `^http `},
		{"info", logs.Target{Level: logs.Info}, false, ``, `.`},
		{"debug_connection", logs.Target{Level: logs.Alert}, true, `accept: .*
			http request line: .*
			writev: .*`, ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := debugLog(t, conf, request, tt.to, tt.all)
			i := 0
			for want := range strings.FieldsFuncSeq(tt.want, func(c rune) bool { return c == '\n' }) {
				re := regexp.MustCompile("^" + strings.TrimSpace(want) + "$")
				for i < len(got) && !re.MatchString(got[i]) {
					i++
				}
				if i == len(got) {
					t.Fatalf("no %q in its place in\n%s", re, strings.Join(got, "\n"))
				}
				i++
			}
			if tt.not == "" {
				return
			}
			for _, line := range got {
				if regexp.MustCompile(tt.not).MatchString(line) {
					t.Errorf("unexpected %q", line)
				}
			}
		})
	}
}
