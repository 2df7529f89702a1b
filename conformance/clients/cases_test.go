package clients

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// libraries are the npm packages that client.js knows.
var libraries = []string{"ws", "websocket"}

// four maps the four backends of cases 1 and 2.
func four(t *testing.T, m mapping) mapping {
	t.Helper()
	for i, addr := range backends(t, 4) {
		m["127.0.0.1:"+strings.Repeat(fmt.Sprint(i+2), 4)] = addr
	}
	return m
}

// get asks for url, and says who else the request passed.
func get(t *testing.T, url string) reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", "203.0.113.9")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	var r reply
	if err != nil || resp.StatusCode != 200 || json.Unmarshal(body, &r) != nil {
		t.Fatalf("GET %s: got %s %q, %v", url, resp.Status, body, err)
	}
	return r
}

// Case 1, layer 4: any path reaches a backend, a connection stays with its
// backend, and successive connections rotate.
func TestCase1Layer4(t *testing.T) {
	addr := address(t)
	serve(t, install(t, "cases/1", four(t, mapping{"listen 8080": "listen " + addr})), addr)
	for _, library := range libraries {
		for _, path := range []string{"/", "/wsapp/", "/any/path?x=1"} {
			t.Run(library+" "+path, func(t *testing.T) {
				var order []int
				for _, c := range connect(t, library, "ws://"+addr+path, 8, 5) {
					backend := c.Replies[0].Backend
					order = append(order, backend)
					for i, r := range c.Replies {
						if r.Backend != backend || r.Path != path {
							t.Errorf("message %d: got backend %d and path %q, want %d and %q", i, r.Backend, r.Path, backend, path)
						}
					}
				}
				for i := range order {
					if want := (order[0] + i) % 4; order[i] != want {
						t.Fatalf("connections went to backends %v, which is not a rotation", order)
					}
				}
			})
		}
	}
}

// Case 2, layer 7: both apps, with each client.
func TestCase2Layer7(t *testing.T) {
	addr := address(t)
	dir := install(t, "cases/2", four(t, mapping{"listen 8080": "listen " + addr, "localhost:8080": addr}))
	serve(t, dir, addr)
	for _, library := range libraries {
		for _, path := range []string{"/wsapp/", "/wsapp/chat", "/wsapp/deeper?x=1"} {
			t.Run(library+" "+path, func(t *testing.T) {
				seen := make(map[int]bool)
				for _, c := range connect(t, library, "ws://"+addr+path, 4, 3) {
					seen[c.Replies[0].Backend] = true
					for i, r := range c.Replies {
						if r.Backend != c.Replies[0].Backend || r.Path != path || r.Message == "" {
							t.Errorf("message %d: got %+v from a connection to backend %d", i, r, c.Replies[0].Backend)
						}
						if r.Headers["Host"] != "127.0.0.1" || r.Headers["Connection"] != "Upgrade" || r.Headers["Upgrade"] != "websocket" {
							t.Errorf("the backend got header %v", r.Headers)
						}
					}
				}
				if len(seen) != 4 {
					t.Errorf("four connections went to %d backends", len(seen))
				}
			})
		}
	}
	t.Run("page", func(t *testing.T) {
		texts := browse(t, "http://"+addr+"/",
			step{"fill": "#line", "text": "a line for wsapp"}, step{"click": "#send"},
			step{"wait": "#answers li", "text": "a line for wsapp"},
			step{"select": "#app", "text": "wsapp/chat"},
			step{"fill": "#line", "text": "a line for chat"}, step{"click": "#send"},
			step{"wait": "#answers li", "text": "a line for chat"})
		want := []struct{ path, message string }{{"/wsapp/", "a line for wsapp"}, {"/wsapp/chat", "a line for chat"}}
		if len(texts) != len(want) {
			t.Fatalf("the page shows %q", texts)
		}
		for i, text := range texts {
			var r reply
			if err := json.Unmarshal([]byte(text), &r); err != nil || r.Path != want[i].path || r.Message != want[i].message {
				t.Errorf("the page shows %q, want the answer to %q from %s (%v)", text, want[i].message, want[i].path, err)
			}
		}
	})
}

// Cases 3 and 4: one location for upgrades and for plain requests, by a map.
func TestCases3And4Map(t *testing.T) {
	for _, tt := range []struct {
		dir, listen string
		host        string // as the backend must see it
	}{
		{"cases/3", "listen 8020", "websocket"}, // proxy_set_header Host is not given: the upstream's name
		{"cases/4", "listen 443", "127.0.0.1"},
	} {
		t.Run(tt.dir, func(t *testing.T) {
			addr := address(t)
			serve(t, install(t, tt.dir, mapping{tt.listen: "listen " + addr, "192.168.100.10:8010": backends(t, 1)[0]}), addr)
			t.Run("wscat", func(t *testing.T) {
				lines := []string{"hello", "and a second line"}
				for i, r := range wscat(t, "ws://"+addr+"/x", lines...) {
					if r.Message != lines[i] || r.Path != "/x" {
						t.Errorf("got message %q on %q, want %q on /x", r.Message, r.Path, lines[i])
					}
					if r.Headers["Connection"] != "upgrade" || r.Headers["Upgrade"] != "websocket" || r.Headers["Host"] != tt.host {
						t.Errorf("the backend got header %v", r.Headers)
					}
				}
			})
			t.Run("plain GET", func(t *testing.T) {
				r := get(t, "http://"+addr+"/plain")
				_, upgrade := r.Headers["Upgrade"]
				if r.Path != "/plain" || r.Headers["Connection"] != "close" || upgrade || r.Headers["Host"] != tt.host {
					t.Errorf("the backend got %s and header %v", r.Path, r.Headers)
				}
			})
		})
	}
}

// Case 5: two services and a front end by location, once someone has filled in
// the placeholder.
func TestCase5REST(t *testing.T) {
	const api1, api2, front = 0, 1, 2
	addr, to := address(t), backends(t, 3)
	serve(t, install(t, "cases/5", mapping{
		"listen 80":      "listen " + addr,
		"127.0.0.1:3001": to[api1],
		"127.0.0.1:3002": to[api2],
		"<frontend_url>": to[front],
	}), addr)
	for _, tt := range []struct {
		path    string
		backend int
		want    string // path at the backend
		host    string
	}{
		{"/apiv1/users?id=1", api1, "/users?id=1", "127.0.0.1"},
		{"/apiv2/orders/7", api2, "/orders/7", "127.0.0.1"},
		{"/", front, "/", to[front]},
		{"/apiv1", api1, "/", "127.0.0.1"}, // after a redirect to /apiv1/
		{"/assets/app.js", front, "/assets/app.js", to[front]},
	} {
		r := get(t, "http://"+addr+tt.path)
		if r.Backend != tt.backend || r.Path != tt.want || r.Headers["Host"] != tt.host {
			t.Errorf("%s: got backend %d, path %s, host %s; want %d, %s, %s", tt.path, r.Backend, r.Path, r.Headers["Host"], tt.backend, tt.want, tt.host)
		}
		if got, want := r.Headers["X-Forwarded-For"], "203.0.113.9, 127.0.0.1"; got != want {
			t.Errorf("%s: got X-Forwarded-For %q, want %q", tt.path, got, want)
		}
	}
	for _, library := range libraries {
		for _, c := range connect(t, library, "ws://"+addr+"/ws/room", 1, 3) {
			for _, r := range c.Replies {
				if r.Backend != api1 || r.Path != "/ws/room" {
					t.Errorf("%s: got backend %d and path %s, want %d and /ws/room", library, r.Backend, r.Path, api1)
				}
			}
		}
	}
}
