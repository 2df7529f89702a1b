package h1

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	nginx  = flag.String("nginx", "", "nginx `binary` to ask what it does")
	update = flag.Bool("update", false, "with -nginx: record the answers in testdata")
)

// A golden is a request and what nginx did with it. Texts are Latin-1: one
// rune is one byte.
type golden struct {
	Conf   string // of settings
	In     string
	Status int
	Log    string            `json:",omitempty"` // what the client did wrong
	Vars   map[string]string `json:",omitempty"` // if it was served
}

// A setting is a port of the nginx that is asked: the directives of its
// default server, and those of a server called two if they differ.
type setting struct{ one, two string }

var settings = map[string]setting{
	"default": {},
	"lax":     {"ignore_invalid_headers off; underscores_in_headers on; merge_slashes off;", ""},
	"small":   {"client_header_buffer_size 128; large_client_header_buffers 3 256;", ""},
	"few":     {"max_headers 3; location /tunnel { tunnel_pass 127.0.0.1:1; }", "max_headers 5; underscores_in_headers on;"},
	"mixed":   {"client_header_buffer_size 128; large_client_header_buffers 4 256;", "large_client_header_buffers 2 512;"},
}

var logged = []string{"request", "request_method", "request_uri", "uri", "args", "host", "http_host",
	"server_protocol", "request_length", "http_x_foo", "cookie_a", "arg_q"}

// options says the same as setting to the parser.
func options(name string) (one, two Options) {
	one = Defaults()
	switch name {
	case "lax":
		one.IgnoreInvalid, one.Underscores, one.MergeSlashes = false, true, false
	case "small":
		one.HeaderBuffer, one.LargeBuffers, one.LargeBuffer = 128, 3, 256
	case "few":
		one.MaxFields, one.AllowConnect = 3, true
	case "mixed":
		one.HeaderBuffer, one.LargeBuffers, one.LargeBuffer = 128, 4, 256
	}
	two = one
	switch name {
	case "few":
		two.MaxFields, two.Underscores, two.AllowConnect = 5, true, false
	case "mixed":
		two.LargeBuffers, two.LargeBuffer = 2, 512
	}
	return one, two
}

// An oracle is a running nginx.
type oracle struct {
	dir   string
	ports map[string]int
}

func startOracle(t *testing.T) *oracle {
	o := &oracle{dir: t.TempDir(), ports: map[string]int{}}
	var b strings.Builder
	b.WriteString("daemon off; master_process off; pid pid; events {}\nhttp { connection_pool_size 128; keepalive_timeout 0;\nlog_format j escape=json '{\"port\":\"$remote_port $server_port\",\"conn\":\"$connection\",\"status\":\"$status\"")
	for _, v := range logged {
		fmt.Fprintf(&b, ",\"%s\":\"$%s\"", v, v)
	}
	b.WriteString("}'; access_log access.log j;\n")
	for name, s := range settings {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close()
		o.ports[name] = port
		fmt.Fprintf(&b, "server { listen 127.0.0.1:%d; server_name one; %s return 204; }\n", port, s.one)
		if s.two == "" {
			s.two = s.one
		}
		fmt.Fprintf(&b, "server { listen 127.0.0.1:%d; server_name two; %s return 205; }\n", port, s.two)
	}
	b.WriteString("}\n")
	os.WriteFile(filepath.Join(o.dir, "c"), []byte(b.String()), 0o600)
	cmd := exec.Command(*nginx, "-p", o.dir, "-c", "c", "-e", "e")
	cmd.Args = append(cmd.Args, "-g", "error_log error.log info;")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for _, p := range o.ports {
		for range 100 {
			c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p))
			if err == nil {
				c.Close()
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	return o
}

// ask sends in, waits for the end of the answer, and returns the ports it was
// sent from and to.
func (o *oracle) ask(t *testing.T, conf, in string) (ports string) {
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", o.ports[conf]))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(5 * time.Second))
	c.Write(latin1(in))
	c.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, c)
	return fmt.Sprint(c.LocalAddr().(*net.TCPAddr).Port, o.ports[conf])
}

func latin1(s string) []byte {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return b
}

func fromLatin1(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// answers asks nginx about every request of gs, in place.
func (o *oracle) answers(t *testing.T, gs []golden) {
	byPort := map[string]int{}
	for i := range gs {
		p := o.ask(t, gs[i].Conf, gs[i].In)
		if _, ok := byPort[p]; ok {
			t.Fatalf("port %s was used twice; ask for less", p)
		}
		byPort[p] = i
	}
	time.Sleep(100 * time.Millisecond)
	byConn := map[string]int{}
	f, err := os.Open(filepath.Join(o.dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var v map[string]string
		if err := json.Unmarshal([]byte(fromLatin1(sc.Bytes())), &v); err != nil {
			t.Fatalf("%v in %q", err, sc.Bytes())
		}
		i, ok := byPort[v["port"]]
		if !ok {
			continue
		}
		byConn[v["conn"]] = i
		fmt.Sscan(v["status"], &gs[i].Status)
		delete(v, "port")
		delete(v, "conn")
		delete(v, "status")
		gs[i].Vars = v
	}
	log, _ := os.ReadFile(filepath.Join(o.dir, "error.log"))
	re := regexp.MustCompile(`(?s)\[info\] \d+#\d+: \*(\d+) (.*?)( while [a-z ]+)?, client: 127`)
	for _, line := range bytes.Split(log, []byte("\n20")) {
		if m := re.FindSubmatch(line); m != nil {
			if i, ok := byConn[string(m[1])]; ok && !bytes.HasPrefix(m[2], []byte("client timed")) {
				gs[i].Log = fromLatin1(m[2][:min(len(m[2]), 300)])
			}
		}
	}
}
