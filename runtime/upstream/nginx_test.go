package upstream

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var nginxBinary = flag.String("nginx", "", "check the expectations against this nginx")

// TestNginx checks what the tables of this package expect against an nginx:
// go test -run TestNginx -nginx /usr/sbin/nginx
func TestNginx(t *testing.T) {
	if *nginxBinary == "" {
		t.Skip("no -nginx")
	}
	for _, tt := range pickTests {
		t.Run(tt.name, func(t *testing.T) {
			o := startOracle(t, &tt)
			if got := tt.run(t, o); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// A hanging request has reached a server and waits there for release; ended
// gets its answer.
type hanging struct {
	letter  string
	release chan struct{}
	ended   chan string
}

const front = "127.0.0.1:21000"

// An oracle is the group of a test in nginx.
type oracle struct {
	t       *testing.T
	servers map[byte]*http.Server
	slow    map[string]time.Duration
	hangs   chan hanging // requests that reached a server
	held    []hanging
}

func startOracle(t *testing.T, tt *pickTest) *oracle {
	o := &oracle{t: t, slow: tt.slow, servers: map[byte]*http.Server{}, hangs: make(chan hanging)}
	var conf strings.Builder
	fmt.Fprintf(&conf, "daemon off; master_process off; pid nginx.pid; error_log stderr crit;\nevents {}\nhttp {\naccess_log off;\n")
	for _, m := range []string{"client_body", "proxy", "fastcgi", "scgi", "uwsgi"} {
		fmt.Fprintf(&conf, "%s_temp_path %s_temp;\n", m, m)
	}
	fmt.Fprintf(&conf, "upstream ! {\n")
	if tt.method != "" {
		fmt.Fprintf(&conf, "%s;\n", tt.method)
	}
	for _, s := range tt.servers {
		fmt.Fprintf(&conf, "server %s%s;\n", address(s[0]), s[1:])
		o.live(s[0], true)
	}
	fmt.Fprintf(&conf, "}\nserver { listen %s; location / { proxy_pass http://!; add_header X-Addr $upstream_addr always; } }\n}\n", front)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(*nginxBinary, "-p", dir, "-c", "nginx.conf", "-e", "stderr")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for len(o.held) > 0 {
			o.done()
		}
		cmd.Process.Kill()
		cmd.Wait()
		for b := range o.servers {
			o.live(b, false)
		}
	})
	for range 200 {
		c, err := net.Dial("tcp", front)
		if err == nil {
			c.Close()
			return o
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("nginx did not start")
	return nil
}

func (o *oracle) request(key string) string { return o.get("/", key) }

// get requests path and returns the letters of the servers that were tried.
func (o *oracle) get(path, key string) string {
	d := net.Dialer{}
	arg := key
	if net.ParseIP(key) != nil {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(key)}
		arg = ""
	}
	c, err := d.DialContext(context.Background(), "tcp", front)
	if err != nil {
		o.t.Error(err)
		return "?"
	}
	defer c.Close()
	fmt.Fprintf(c, "GET %s?k=%s HTTP/1.0\r\nCookie: s=%s\r\n\r\n", path, arg, arg)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		o.t.Error(err)
		return "?"
	}
	res.Body.Close()
	var letters string
	for _, a := range strings.Split(res.Header.Get("X-Addr"), ", ") {
		letters += letterOf(a)
	}
	return letters
}

func (o *oracle) hang(key string) string {
	end := make(chan string, 1)
	go func() { end <- o.get("/hang", key) }()
	select {
	case l := <-end: // refused
		return l
	case h := <-o.hangs:
		h.ended = end
		o.held = append(o.held, h)
		return h.letter
	}
}

func (o *oracle) done() {
	close(o.held[0].release)
	<-o.held[0].ended
	o.held = o.held[1:]
}

func (o *oracle) sleep(d time.Duration) { time.Sleep(d) }

func (o *oracle) live(letter byte, live bool) {
	if !live {
		o.servers[letter].Close()
		delete(o.servers, letter)
		return
	}
	l, err := net.Listen("tcp", address(letter))
	if err != nil {
		o.t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/hang" {
			time.Sleep(o.slow[string(letter)])
			return
		}
		h := hanging{letter: string(letter), release: make(chan struct{})}
		select {
		case o.hangs <- h:
		case <-r.Context().Done():
			return
		}
		select {
		case <-h.release:
		case <-r.Context().Done():
		}
	})}
	s.SetKeepAlivesEnabled(false)
	o.servers[letter] = s
	go s.Serve(l)
}
