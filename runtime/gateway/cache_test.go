package gateway_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// caching runs a server with a cache in dir that passes all to a peer.
func caching(t *testing.T, dir, conf, peer string) *front {
	return run(t, `events {} http {
		access_log off;
		proxy_cache_path `+dir+` keys_zone=one:1m use_temp_path=off;
		server {
			listen 127.0.0.1:8080;
			lingering_close off;
			add_header X-Cache $upstream_cache_status always;
			location / { proxy_pass http://`+peer+`; proxy_cache one; proxy_cache_valid 200 1m; `+conf+` }
		}
	}`)
}

// ask asks for a path on a connection of its own, and returns when all is done that
// the request began.
func (f *front) ask(t *testing.T, method string) (r *http.Response, body string) {
	t.Helper()
	c := f.dial()
	c.say(t, method+" / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	r, body, err := c.response(t, method)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	f.wg.Wait()
	return r, body
}

const old = "HTTP/1.1 200 OK\r\nX-Accel-Expires: @1\r\nContent-Length: 3\r\n\r\nold"

func TestCache(t *testing.T) {
	for _, tt := range []struct {
		name, conf string
		methods    string // of two requests
		replies    []reply
		want       []string // X-Cache and body
	}{
		{
			"background update", "proxy_cache_background_update on; proxy_cache_use_stale updating;", "GET GET GET",
			[]reply{{text: old}, fine("new")},
			[]string{"MISS old", "STALE old", "HIT new"},
		}, {
			"a failed background update", "proxy_cache_background_update on; proxy_cache_use_stale updating;", "GET GET GET",
			[]reply{{text: old}, {end: true}, fine("new")},
			[]string{"MISS old", "STALE old", "STALE old"},
		},
		{"HEAD is kept", "", "HEAD GET", []reply{fine("body")}, []string{"MISS ", "HIT body"}},
		{"unbuffered", "proxy_buffering off;", "GET GET", []reply{fine("one"), fine("two")}, []string{"MISS one", "MISS two"}},
		{"to the end", "", "GET GET", []reply{{text: "HTTP/1.1 200 OK\r\n\r\nbody", end: true}}, []string{"MISS body", "HIT body"}},
		{"chunked", "", "GET GET", []reply{{text: chunkedOK + "4\r\nbody\r\n0\r\n\r\n"}}, []string{"MISS body", "HIT body"}},
		{"error", "proxy_cache_use_stale error;", "GET GET", []reply{{text: old}, {end: true}}, []string{"MISS old", "STALE old"}},
		{
			"stale-if-error", "", "GET GET",
			[]reply{{text: "HTTP/1.1 200 OK\r\nX-Accel-Expires: @1\r\nCache-Control: stale-if-error=4000000000\r\nContent-Length: 3\r\n\r\nold"}, {end: true}},
			[]string{"MISS old", "STALE old"},
		}, {
			"for as long as there is time", "", "GET GET",
			[]reply{{text: "HTTP/1.1 200 OK\r\nX-Accel-Expires: 9223372036854775807\r\nContent-Length: 1\r\n\r\na"}, fine("b")},
			[]string{"MISS a", "HIT a"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := serve(t, tt.replies...)
			f := caching(t, t.TempDir(), tt.conf, p.addr)
			for i, m := range strings.Fields(tt.methods) {
				r, body := f.ask(t, m)
				if got := r.Header.Get("X-Cache") + " " + body; got != tt.want[i] {
					t.Errorf("request %d: got %q, want %q", i+1, got, tt.want[i])
				}
			}
		})
	}
}

// What cannot be written is passed on all the same.
func TestCacheNoRoom(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f := caching(t, dir, "", serve(t, fine("body")).addr)
	for range 2 {
		if r, body := f.ask(t, "GET"); body != "body" || r.Header.Get("X-Cache") != "MISS" {
			t.Errorf("got %q %q", r.Header.Get("X-Cache"), body)
		}
	}
}

// A response is kept although the client leaves.
func TestCacheClientLeaves(t *testing.T) {
	dir := t.TempDir()
	p := serve(t, reply{text: "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1000000)})
	f := caching(t, dir, "", p.addr)
	c := f.dial()
	c.say(t, get("/"))
	if _, err := c.in.ReadByte(); err != nil {
		t.Fatal(err)
	}
	c.Close()
	f.wg.Wait()
	if r, body := f.ask(t, "GET"); len(body) != 1000000 || r.Header.Get("X-Cache") != "HIT" {
		t.Errorf("got %q, %d bytes", r.Header.Get("X-Cache"), len(body))
	}
}
