package doctor_test

import (
	"slices"
	"strings"
	"testing"
)

// Subrequests that run beside a request fail at the same time as it does.
func TestMirror(t *testing.T) {
	const beside = "internal; log_subrequest on; proxy_pass http://{dead};"
	f := start(t, seed{conf: "location / { mirror /m; mirror /n; proxy_pass http://{dead}; } location /m { " + beside + " } location /n { " + beside + " }"}, true)
	for range 20 {
		f.ask(get("/", html))
	}
	if n := strings.Count(f.texts(), "nothing listens"); n != 3*20 {
		t.Errorf("told of %d failures, want %d\n%s", n, 3*20, f.texts())
	}
}

// What fails beside a request does not explain its status.
func TestMirrorExplainsNothing(t *testing.T) {
	f := start(t, seed{conf: "location / { mirror /m; root .; } location /m { internal; proxy_pass http://{dead}; }"}, true)
	for range 20 {
		f.ask(get("/b"))
	}
	if n := strings.Count(f.texts(), "NX606 404"); n != 20 {
		t.Errorf("told of %d missing files, want 20\n%s", n, f.texts())
	}
}

// Whoever is asked by several clients at once redirects them all.
func TestRedirectsAtOnce(t *testing.T) {
	f := start(t, seed{conf: "return 301 http://$http_host$request_uri;"}, true)
	for range 8 {
		c := f.dial()
		defer c.Close()
		c.Write([]byte(get("/x")))
	}
	f.wg.Wait()
	if !slices.Contains(f.codes(), "NX705") {
		t.Errorf("got %v\n%s", f.codes(), f.texts())
	}
}
