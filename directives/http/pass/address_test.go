package pass

import (
	"strings"
	"testing"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/resolver"
)

// TestInstead: who stands in for a host of a variable is found once if it is an address,
// and for each request if it is a name.
func TestInstead(t *testing.T) {
	f := &Finder{over: &spec.Overlay{Server: func(host string, port int) (string, bool) {
		to, ok := map[string]string{"a": "127.0.0.1:1", "u": "unix:/run/x.sock", "n": "localhost:2", "unix:/run/y.sock": "127.0.0.1:3"}[host]
		return to, ok
	}}}
	r := &httpd.Request{Loc: &httpd.Location{}}
	for _, tt := range []struct {
		text, peer string
		once       bool
	}{
		{"a:80", "127.0.0.1:1", true},
		{"a", "127.0.0.1:1", true},
		{"u", "unix:/run/x.sock", true},
		{"unix:/run/y.sock", "127.0.0.1:3", true},
		{"n", ":2", false},
		{"192.0.2.1", "192.0.2.1:80", true},
	} {
		u := parse(t, tt.text)
		g, err := f.group(r, u, 80)
		if err != nil {
			t.Errorf("%s: %v", tt.text, err)
			continue
		}
		if got := g.Peers()[0].Name; !strings.HasSuffix(got, tt.peer) {
			t.Errorf("%s: got %s, want %s", tt.text, got, tt.peer)
		}
		if again, _ := f.group(r, u, 80); (again == g) != tt.once {
			t.Errorf("%s: the same group again: %v, want %v", tt.text, again == g, tt.once)
		}
	}
	if _, err := f.group(r, parse(t, "other"), 80); err == nil || err.Error() != "no resolver defined to resolve other" {
		t.Errorf("no one stands in: %v", err)
	}
}

func parse(t *testing.T, text string) resolver.URL {
	t.Helper()
	u, err := ParseURL(text, 80, false)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
