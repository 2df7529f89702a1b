package faults

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"understudy/conformance"
)

// TestRunFaults runs each fault of the table and its twin and asks them what the table
// says: the one has the finding, the other has none at all.
func TestRunFaults(t *testing.T) { runFaults(t, "run.conf", leastRun) }

// TestSocketFaults does the same with clients that want a WebSocket.
func TestSocketFaults(t *testing.T) { runFaults(t, "sockets.conf", leastSockets) }

func runFaults(t *testing.T, file string, least int) {
	bin := program(t)
	for _, f := range read(t, file, least) {
		t.Run(f.code+" "+f.name, func(t *testing.T) {
			t.Parallel()
			s := scene(t, &f, false)
			got := s.play(bin)
			if !slices.ContainsFunc(got, func(x finding) bool {
				return x.Code == f.code && strings.Contains(x.Text, s.says) && strings.Contains(x.Fix, s.fix)
			}) {
				t.Errorf("want %s with %q and %q, got %v\n%s", f.code, s.says, s.fix, got, s.said.String())
			}
			for _, x := range got {
				if x.Text == "" || x.Fix+x.Detail == "" || strings.Contains(x.Text+x.Fix, "%!") || strings.Contains(x.Text+x.Fix, "<nil>") {
					t.Errorf("badly worded: %v", x)
				}
			}
			s = scene(t, &f, true)
			if got := s.play(bin); len(got) > 0 {
				t.Errorf("the twin has %v\n%s", got, s.said.String())
			}
		})
	}
}

// A finding is what run says of a request or a session.
type finding struct{ Event, Code, Request, Text, Fix, Detail string }

func (f finding) String() string {
	return fmt.Sprintf("%s %s: %s\n    %s\n", f.Code, f.Request, f.Text, f.Fix)
}

// An asking is one request, or what a session sends.
type asking struct {
	stream bool
	text   string
	then   string        // what follows the head
	flood  int           // bytes that follow
	deaf   time.Duration // before anything is read
}

// A play is a configuration that runs, what stands around it, and what is asked.
type play struct {
	t     *testing.T
	dir   string
	addr  string
	back  string
	says  string
	fix   string
	ask   []asking
	args  []string
	times int
	said  bytes.Buffer // by the program, for people
}

var key = regexp.MustCompile(`^(says|fix|back|file|ask|socket|dial|body|flood|deaf|times|args): ?(.*)$`)

// scene prepares a fault, or its twin.
func scene(t *testing.T, f *fault, twin bool) *play {
	t.Helper()
	port, err := conformance.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	dead, err := conformance.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	s := &play{t: t, dir: t.TempDir(), addr: "127.0.0.1:" + port, back: fine, times: 1}
	places := strings.NewReplacer("$ADDR", s.addr, "$PORT", port, "$DEAD", "127.0.0.1:"+dead, "$DPORT", dead)
	text := strings.TrimPrefix(places.Replace(f.side(twin)), "\n")
	for {
		line, rest, _ := strings.Cut(text, "\n")
		m := key.FindStringSubmatch(line)
		if m == nil {
			break
		}
		s.line(m[1], m[2])
		text = rest
	}
	back := backend(t, s.back)
	_, backPort, _ := net.SplitHostPort(back)
	places = strings.NewReplacer("$BACK", back, "$BPORT", backPort)
	text = places.Replace(text)
	for i := range s.args {
		s.args[i] = places.Replace(s.args[i])
	}
	const around = "access_log off; limit_req_zone $uri zone=one:1m rate=1r/m; map $http_upgrade $connection_upgrade { default upgrade; '' close; }\n"
	switch f.block {
	case "server":
		text = "server { listen " + s.addr + "; lingering_close off;\n" + text + "\n}\n"
		fallthrough
	case "http":
		text = "events {}\nhttp {\n" + around + text + "\n}\n"
	case "stream":
		text = "events {}\nstream {\n" + text + "\n}\n"
	}
	if err := os.WriteFile(filepath.Join(s.dir, "nginx.conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// line reads a line of what stands around the configuration.
func (s *play) line(key, value string) {
	s.t.Helper()
	last := func() *asking {
		if len(s.ask) == 0 {
			s.t.Fatalf("%s: before anything is asked", key)
		}
		return &s.ask[len(s.ask)-1]
	}
	var err error
	switch key {
	case "says":
		s.says = value
	case "fix":
		s.fix = value
	case "back":
		if s.back == fine {
			s.back = value
		} else {
			s.back += "\n" + value
		}
	case "file":
		name := filepath.Join(s.dir, value)
		if strings.HasSuffix(value, "/") {
			err = os.MkdirAll(name, 0o700)
			break
		}
		if err = os.MkdirAll(filepath.Dir(name), 0o700); err == nil {
			err = os.WriteFile(name, []byte("file"), 0o600)
		}
	case "ask":
		s.ask = append(s.ask, asking{text: request(value, s.addr)})
	case "socket":
		s.ask = append(s.ask, asking{text: request("GET "+value+"; Upgrade: websocket; Connection: Upgrade; Sec-WebSocket-Version: 13; Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", s.addr)})
	case "dial":
		value, err = strconv.Unquote(value)
		s.ask = append(s.ask, asking{stream: true, text: value})
	case "body":
		last().then, err = strconv.Unquote(value)
	case "flood":
		last().flood, err = strconv.Atoi(value)
	case "deaf":
		last().deaf, err = time.ParseDuration(value)
	case "times":
		s.times, err = strconv.Atoi(value)
	case "args":
		s.args = strings.Fields(value)
	}
	if err != nil {
		s.t.Fatalf("%s: %v", key, err)
	}
}

// request is a request of "METHOD TARGET; FIELD; FIELD". Host is a name with the port,
// and the connection closes, unless fields say otherwise.
func request(text, addr string) string {
	parts := strings.Split(text, "; ")
	out := parts[0] + " HTTP/1.1\r\n"
	_, port, _ := net.SplitHostPort(addr)
	for _, missing := range []string{"Host: h:" + port, "Connection: close"} {
		name, _, _ := strings.Cut(missing, " ")
		if !slices.ContainsFunc(parts[1:], func(p string) bool { return strings.HasPrefix(p, name) }) {
			out += missing + "\r\n"
		}
	}
	for _, p := range parts[1:] {
		out += p + "\r\n"
	}
	return out + "\r\n"
}

// patience is for whatever has to happen at some time.
const patience = 20 * time.Second

// play runs the program, asks, ends it, and returns what it found.
func (s *play) play(bin string) (found []finding) {
	s.t.Helper()
	args := append([]string{"run", "--json"}, s.args...)
	cmd := exec.Command(bin, append(args, "nginx.conf")...)
	cmd.Dir, cmd.Stderr = s.dir, &s.said
	cmd.Env = append(os.Environ(), "HOME="+s.dir, "XDG_DATA_HOME=", "NO_COLOR=1", "GORACE=atexit_sleep_ms=0") // or the race detector waits a second before each exit
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer late.Stop()
	running := make(chan bool)
	ended := make(chan []finding)
	go func() {
		var list []finding
		in := bufio.NewScanner(out)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			var f finding
			if err := json.Unmarshal(in.Bytes(), &f); err != nil {
				f = finding{Event: "finding", Text: "no JSON: " + in.Text(), Fix: err.Error()}
			}
			switch f.Event {
			case "running":
				running <- true
			case "finding":
				list = append(list, f)
			}
		}
		close(running)
		ended <- list
	}()
	if <-running {
		for range s.times {
			for _, a := range s.ask {
				s.asks(a)
			}
		}
		cmd.Process.Signal(syscall.SIGQUIT) // requests end, and are told of
	} else {
		s.t.Errorf("it does not start")
	}
	found = <-ended
	if err := cmd.Wait(); err != nil {
		s.t.Errorf("%v\n%s", err, s.said.String())
	}
	return found
}

// asks sends what is asked and reads the whole answer.
func (s *play) asks(a asking) {
	s.t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Error(err)
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, a.text+a.then)
	if a.flood > 0 {
		go c.Write(make([]byte, a.flood)) // ends when c is closed
	}
	time.Sleep(a.deaf)
	if a.stream {
		io.Copy(io.Discard, c)
		return
	}
	method, _, _ := strings.Cut(a.text, " ")
	in := bufio.NewReader(c)
	r, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		s.t.Errorf("%.60q: %v", a.text, err)
		return
	}
	if r.StatusCode == http.StatusSwitchingProtocols {
		io.Copy(io.Discard, in)
	} else {
		io.Copy(io.Discard, r.Body)
	}
	r.Body.Close()
}
