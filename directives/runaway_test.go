package directives_test

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"understudy/runtime/logs"
)

// TestRunaway: a match that would run away is stopped wherever a pattern may
// stand, and logged in nginx's words. What follows is what follows in nginx,
// which closes the connection for the one in server_name, and lets one in
// valid_referers pass.
func TestRunaway(t *testing.T) {
	as := strings.Repeat("a", 100)
	const re = `^.*?((a|aa)+)\1(?<=[!x])$` // not regular: no engine but the backtracking one can run it
	for _, tt := range []struct{ name, conf, target, field, want string }{
		{"location", `location ~ "RE" { return 200 yes; }`, "/" + as, "", "HTTP/1.1 500 "},
		{"location with a regular pattern", `location ~ ^/(a+)+$ { return 200 yes; } location / { return 200 no; }`, "/" + as + "!", "", "no"},
		{"nested quantifiers, not ASCII", `location ~ ^/(a+)+$ { return 200 yes; }`, "/" + as + "%ff!", "", "HTTP/1.1 500 "},
		{"backreference", `location ~ ^/(a+)+\1(?:x|!$) { return 200 yes; }`, "/" + as + "!b", "", "HTTP/1.1 500 "},
		{"look-behind", `location ~ ^/(a+)+$(?<=[!?]) { return 200 yes; }`, "/" + as + "!b", "", "HTTP/1.1 500 "},
		{"nested location", `location /a { location ~ "RE" { return 200 yes; } }`, "/" + as, "", "HTTP/1.1 500 "},
		{"rewrite", `location / { rewrite "RE" /x last; return 200 no; }`, "/" + as, "", "HTTP/1.1 500 "},
		{"rewrite of a server", `rewrite "RE" /x last; location / { return 200 no; }`, "/" + as, "", "HTTP/1.1 500 "},
		{"if", `location / { if ($uri ~ "RE") { return 200 yes; } return 200 no; }`, "/" + as, "", "HTTP/1.1 500 "},
		{"if not", `location / { if ($uri !~* "RE") { return 200 yes; } return 200 no; }`, "/" + as, "", "HTTP/1.1 500 "},
		{"map", `location / { return 200 map=$m; }`, "/" + as, "", "map=other"},
		{"valid_referers", `location / { valid_referers "~RE"; if ($invalid_referer) { return 403; } return 200 no; }`, "/", "Referer: http://" + as + "\r\n", "HTTP/1.1 403 "},
		{"server_name", `location / { return 200 no; } } server { listen 127.0.0.1:8080; server_name "~RE";`, "/", "HOST", "HTTP/1.1 500 "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conf := `events {} http { access_log off; map $uri $m { "~RE" hit; default other; }
				server { listen 127.0.0.1:8080 default_server; server_name localhost; client_header_buffer_size 16k; ` + tt.conf + ` } }`
			request := get(tt.target, tt.field)
			if tt.field == "HOST" {
				request = "GET / HTTP/1.1\r\nConnection: close\r\nHost: " + as + "\r\n\r\n"
			}
			var log lockedBuffer
			to := logs.NewHandler(logs.Options{}, logs.Target{Level: logs.Alert, To: logs.NewStream(&log)})
			c := logged(t, strings.ReplaceAll(conf, "RE", re), slog.New(to))
			c.SetDeadline(time.Now().Add(10 * time.Second))
			io.WriteString(c, request)
			got, err := io.ReadAll(c)
			if err != nil || !strings.HasPrefix(string(got), tt.want) && !strings.HasSuffix(string(got), tt.want) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
			if line := log.String(); (tt.want != "no") != strings.Contains(line, `[alert] 0#0: *0 pcre2_match() failed: -47 on "`) || tt.want != "no" && !strings.Contains(line, `" using "`) {
				t.Errorf("logged %q", line)
			}
		})
	}
}

// TestRunawayStream is TestRunaway for a session: a map has its default.
func TestRunawayStream(t *testing.T) {
	as := strings.Repeat("a", 100)
	var log lockedBuffer
	to := logs.NewHandler(logs.Options{}, logs.Target{Level: logs.Alert, To: logs.NewStream(&log)})
	c := logged(t, `events {} stream { map $pid $v { default `+as+`; } map $v $m { "~^((a|aa)+)\1(?<=[!x])$" hit; default other; }
		server { listen 127.0.0.1:8080; return "map=$m"; } }`, slog.New(to))
	c.SetDeadline(time.Now().Add(10 * time.Second))
	got, err := io.ReadAll(c)
	if err != nil || string(got) != "map=other" {
		t.Errorf("got %q, %v", got, err)
	}
	if line := log.String(); !strings.Contains(line, `*0 pcre2_match() failed: -47 on "aaaa`) {
		t.Errorf("logged %q", line)
	}
}

// A lockedBuffer is a log that is read while the server may write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
