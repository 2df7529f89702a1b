package clients

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// application starts the Node.js application of a site.
func application(t *testing.T, script string) string {
	t.Helper()
	modules, err := filepath.Abs("node_modules") // where the site has none of its own
	if err != nil {
		t.Fatal(err)
	}
	cmd := node(t, script)
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	return listeners(t, cmd)[0]
}

// The site of a Node.js application: pages, an API, server-sent events and
// WebSocket through one configuration, all as it is but for ports.
func TestSiteNodeApp(t *testing.T) {
	addr := address(t)
	dir := install(t, "sites/node-app", mapping{"listen 80 ": "listen " + addr + " ", "127.0.0.1:3000": application(t, "../../testdata/sites/node-app/app.js")})
	serve(t, dir, addr)

	t.Run("api", func(t *testing.T) {
		r := get(t, "http://"+addr+"/api/users?id=7")
		if r.Method != "GET" || r.Path != "/users?id=7" {
			t.Errorf("the application saw %s %s", r.Method, r.Path)
		}
		want := map[string]string{
			"host": "127.0.0.1", "x-real-ip": "127.0.0.1",
			"x-forwarded-for": "203.0.113.9, 127.0.0.1", "x-forwarded-proto": "http",
		}
		for name, value := range want {
			if r.Headers[name] != value {
				t.Errorf("the application saw %s: %q, want %q", name, r.Headers[name], value)
			}
		}
	})
	// The page asks for each event when it has the one before: were one held back
	// on the way, there would be no other.
	for _, path := range []string{"/", "/#feed"} {
		t.Run("page "+path, func(t *testing.T) {
			got := browse(t, "http://"+addr+path,
				step{"wait": "#events li", "text": "welcome"}, step{"wait": "#events li", "text": "event 1"},
				step{"wait": "#events li", "text": "event 3"}, step{"wait": "#socket", "text": "HELLO"})
			if want := []string{"welcome", "event 1", "event 3", "HELLO"}; !slices.Equal(got, want) {
				t.Errorf("the page shows %q, want %q", got, want)
			}
		})
	}
}
