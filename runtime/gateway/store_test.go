package gateway_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestStore(t *testing.T) {
	const modified = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
	dir := t.TempDir() + "/"
	for _, tt := range []struct {
		name, conf, text string
		end              bool
		file             string // "" if nothing is stored
		mode             os.FileMode
		body             string
	}{
		{"by root", "root " + dir + "a; proxy_store on;", "HTTP/1.1 200 OK\r\n" + modified + "Content-Length: 4\r\n\r\nbody", false, "a/x/y", 0o600, "body"},
		{"by name", "proxy_store " + dir + "b$uri.stored; proxy_store_access group:rw all:r;", chunkedOK + "4\r\nbody\r\n0\r\n\r\n", false, "b/x/y.stored", 0o664, "body"},
		{"empty", "root " + dir + "c; proxy_store on;", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, "c/x/y", 0o600, ""},
		{"to the end", "root " + dir + "d; proxy_store on;", "HTTP/1.1 200 OK\r\n\r\nbody", true, "d/x/y", 0o600, "body"},
		{"cut off", "root " + dir + "e; proxy_store on;", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody", true, "", 0, ""},
		{"not 200", "root " + dir + "f; proxy_store on;", "HTTP/1.1 203 OK\r\nContent-Length: 4\r\n\r\nbody", false, "", 0, ""},
		{"not buffered", "root " + dir + "g; proxy_store on; proxy_buffering off;", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", false, "", 0, ""},
		{"off", "root " + dir + "h; proxy_store off;", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", false, "", 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			temp := t.TempDir()
			p := serve(t, reply{text: tt.text, end: tt.end})
			f := proxying(t, "proxy_temp_path "+temp+"; "+tt.conf, p.addr)
			c := f.dial()
			c.say(t, "GET /x/y HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
			io.Copy(io.Discard, c.in)
			c.Close()
			f.wg.Wait()
			if names, _ := filepath.Glob(temp + "/*"); len(names) > 0 {
				t.Errorf("there remain %v", names)
			}
			if tt.file == "" {
				return
			}
			got, err := os.ReadFile(dir + tt.file)
			if err != nil || string(got) != tt.body {
				t.Fatalf("got %q, %v, want %q", got, err, tt.body)
			}
			info, _ := os.Stat(dir + tt.file)
			if got := info.Mode().Perm(); got != tt.mode {
				t.Errorf("permissions are %o, want %o", got, tt.mode)
			}
			if tt.name == "by root" && !info.ModTime().Equal(time.Unix(784111777, 0)) {
				t.Errorf("time is %v", info.ModTime())
			}
		})
	}
	for _, name := range []string{"e", "f", "g", "h"} {
		if _, err := os.Stat(dir + name); err == nil {
			t.Errorf("%s: something was stored", name)
		}
	}
}

// What is stored is read to its end though the client has left.
func TestStoreWithoutClient(t *testing.T) {
	dir := t.TempDir()
	f, _ := passing(t, listening(t, func(c io.ReadWriteCloser) {
		defer c.Close()
		var req [512]byte
		c.Read(req[:])
		bodies["in chunks"].send(c)
	}), "root "+dir+"; proxy_store on;")
	c := f.narrow()
	c.say(t, get("/stored"))
	c.in.Peek(1000)
	c.Close()
	f.wg.Wait()
	if got, err := os.ReadFile(dir + "/stored"); err != nil || string(got) != string(pattern) {
		t.Errorf("got %d bytes, %v, want %d", len(got), err, len(pattern))
	}
}

// A file whose name is the one it had while it was temporary is not removed: that of
// somebody else may be called so by then.
func TestStoreKeepsName(t *testing.T) {
	dir := t.TempDir()
	f := proxying(t, "proxy_temp_path "+dir+"; proxy_store "+dir+"/0000000001;", serve(t, fine("body")).addr)
	c := f.dial()
	c.say(t, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	io.Copy(io.Discard, c.in)
	f.wg.Wait()
	if got, err := os.ReadFile(dir + "/0000000001"); err != nil || string(got) != "body" {
		t.Errorf("got %q, %v", got, err)
	}
}

// Interim responses are no responses, and a 101 that was not asked for is none either.
func TestInterim(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"100", "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n", "body"},
		{"many", "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nLink: </a>\r\n\r\nHTTP/1.1 199 X\r\n\r\n", "body"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ok := fine("body")
			c := proxying(t, "", serve(t, reply{text: tt.text + ok.text}).addr).dial()
			for range 2 {
				c.say(t, get("/"))
				r, got, err := c.response(t, "GET")
				if err != nil || got != tt.want || r.StatusCode != 200 || r.Header.Get("X") != "" {
					t.Errorf("got %d %q, %v", r.StatusCode, got, err)
				}
			}
		})
	}
	c := proxying(t, "", serve(t, reply{text: "HTTP/1.1 101 Switching Protocols\r\n\r\n", hang: true}).addr).dial()
	c.say(t, get("/"))
	if r, got, err := c.response(t, "GET"); r.StatusCode != 502 || got != "" || err != nil {
		t.Errorf("101: got %d %q, %v, want 502 without a body", r.StatusCode, got, err)
	}
}
