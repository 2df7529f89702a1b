package clients

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program returns an application server that a test needs. A machine may lack
// it, but CI installs it.
func program(t *testing.T, pattern string) string {
	t.Helper()
	found, _ := filepath.Glob(pattern)
	if len(found) > 0 {
		return found[len(found)-1]
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("there is no %s", pattern)
	}
	t.Skipf("there is no %s", pattern)
	return ""
}

// ask sends a request and returns the response with its body.
func ask(t *testing.T, method, url, body string) (*http.Response, string) {
	t.Helper()
	q, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("User-Agent", "clients")
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r, err := http.DefaultTransport.RoundTrip(q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(b)
}

// An exchange is a request to a site, and what its answer has.
type exchange struct {
	method, path, body string
	status             int
	want               string // of the body: a part
	length             int    // of it, if want is ""
}

func converse(t *testing.T, addr string, list []exchange) {
	t.Helper()
	for _, x := range list {
		r, body := ask(t, x.method, "http://"+addr+x.path, x.body)
		if r.StatusCode != x.status || !strings.Contains(body, x.want) || x.want == "" && len(body) != x.length {
			t.Errorf("%s %s: got %d, %d bytes %.200q, want %d, %q", x.method, x.path, r.StatusCode, len(body), body, x.status, x.want)
		}
		if r.Header.Get("X-Powered-By") != "" || r.Header.Get("Status") != "" {
			t.Errorf("%s %s: fields that are hidden: %v", x.method, x.path, r.Header)
		}
	}
}

// A PHP application with a front controller, behind PHP-FPM.
func TestSitePHPApp(t *testing.T) {
	fpm := program(t, "/usr/sbin/php-fpm*")
	addr, socket := address(t), filepath.Join(t.TempDir(), "fpm.sock")
	dir := install(t, "sites/php-app", mapping{"listen 80 ": "listen " + addr + " ", "/run/php/php-fpm.sock": socket})
	pool := fmt.Sprintf("[global]\nerror_log = %[1]s/fpm.log\ndaemonize = no\n[www]\nlisten = %[2]s\npm = static\npm.max_children = 2\nuser = %[3]d\n", dir, socket, os.Getuid())
	if err := os.WriteFile(filepath.Join(dir, "fpm.conf"), []byte(pool), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, exec.Command(fpm, "-n", "-R", "-F", "-y", filepath.Join(dir, "fpm.conf")))
	awaitOn(t, "unix", socket)
	serve(t, dir, addr)

	large := strings.Repeat("x", 300000)
	converse(t, addr, []exchange{
		{"GET", "/users?a=1", "", 200, `"path":"\/users","query":{"a":"1"}`, 0},
		{"GET", "/", "", 200, `"agent":"clients","script":"\/index.php"`, 0},
		{"POST", "/form", "name=value", 200, `"form":{"name":"value"},"length":10`, 0},
		{"POST", "/upload", "f=" + large, 200, `"length":300002`, 0},
		{"GET", "/missing", "", 404, "no such page", 0},
		{"GET", "/moved", "", 302, "", 0},
		{"GET", "/large", "", 200, "", 1000000},
		{"HEAD", "/large", "", 200, "", 0},
		{"GET", "/assets/site.css", "", 200, "margin: 0", 0},
		{"GET", "/none.php", "", 404, "404 Not Found", 0},
		{"GET", "/.env", "", 403, "403 Forbidden", 0},
	})
}

// A Python application behind uWSGI, and memcached beside it.
func TestSitePythonApp(t *testing.T) {
	uwsgi, memcached := program(t, "/usr/bin/uwsgi"), program(t, "/usr/bin/memcached")
	addr, app, cache := address(t), address(t), address(t)
	dir := install(t, "sites/python-app", mapping{"listen 80;": "listen " + addr + ";", "127.0.0.1:8001": app, "127.0.0.1:11211": cache})
	run(t, exec.Command(uwsgi, "--plugin", "python3", "--socket", app, "--wsgi-file", filepath.Join(dir, "app.py"), "--master", "--processes", "1", "--die-on-term"))
	_, port, _ := net.SplitHostPort(cache)
	run(t, exec.Command(memcached, "-l", "127.0.0.1", "-p", port, "-u", "root", "-U", "0"))
	await(t, app)
	await(t, cache)
	serve(t, dir, addr)

	c, err := net.Dial("tcp", cache)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "set app:/fragment/menu 0 0 4\r\nmenu\r\n")
	if n, err := c.Read(make([]byte, 64)); n == 0 {
		t.Fatal(err)
	}
	converse(t, addr, []exchange{
		{"GET", "/users?a=1", "", 200, `"path": "/users", "query": "a=1"`, 0},
		{"POST", "/form", strings.Repeat("x", 200000), 200, `"length": 200000`, 0},
		{"GET", "/missing", "", 404, "no such page", 0},
		{"GET", "/large", "", 200, "", 1000000},
		{"GET", "/static/site.css", "", 200, "margin: 0", 0},
		{"GET", "/fragment/menu", "", 200, "menu", 0},
		{"GET", "/fragment/other", "", 200, `"path": "/fragment/other"`, 0},
	})
	var got map[string]any
	if _, body := ask(t, "GET", "http://"+addr+"/", ""); json.Unmarshal([]byte(body), &got) != nil || got["agent"] != "clients" {
		t.Errorf("got %q", body)
	}
}
