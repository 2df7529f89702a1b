package conformance

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	tunnels      = 200 // of each kind
	reloadLimit  = 10 * time.Second
	settledEarly = 10 // reloads until memory is what it stays

	// What is left of a process that has reloaded any number of times.
	mostGoroutines = 40
	mostGrowth     = 24 << 10 // KB of resident memory; the race detector's own is not counted
)

// Reloads reloads n times under load, beside open WebSockets and stream sessions:
// every reload is obeyed, no request fails, no tunnel ends, and the process has in
// the end what it had in the beginning.
func (s *Suite) Reloads(t *testing.T, n int) {
	dir := prefix(t)
	back, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	go echoAll(back)
	r := &reloads{t: t, dir: dir, back: back.Addr().String()}
	for _, addr := range []*string{&r.web, &r.stream} {
		port, err := FreePort()
		if err != nil {
			t.Fatal(err)
		}
		*addr = "127.0.0.1:" + port
	}
	r.configure(0)
	p, err := start(t, s.Binary, dir)
	if err != nil {
		t.Fatal(err)
	}
	r.process = p.cmd.Process
	defer func() {
		if t.Failed() {
			log, _ := os.ReadFile(dir + "/logs/error.log")
			t.Logf("%.4000s", log)
		}
	}()
	r.expect(0)
	idle := r.descriptors()

	var open []*tunnelEnd
	for range tunnels {
		open = append(open, r.open(r.web), r.open(r.stream))
	}
	busy := r.descriptors()
	stop, clients := make(chan struct{}), new(sync.WaitGroup)
	var answers atomic.Int64
	for range 2 {
		clients.Go(func() { r.load(stop, &answers) })
	}
	var memory int
	for i := 1; i <= n && !t.Failed(); i++ {
		r.configure(i)
		r.process.Signal(syscall.SIGHUP)
		r.expect(i)
		if i == settledEarly {
			memory = r.memory()
		}
		if end := open[i%len(open)]; !end.echo(i) {
			t.Fatalf("after %d reloads a tunnel is dead", i)
		}
	}
	close(stop)
	clients.Wait()
	t.Logf("%d reloads, %d answers", n, answers.Load())
	for i, end := range open {
		if !end.echo(n + i) {
			t.Errorf("in the end a tunnel is dead")
			break
		}
	}
	r.settle("descriptors beside the tunnels", r.descriptors, busy)
	if grown := r.memory() - memory; n > settledEarly && !raceEnabled && grown > mostGrowth {
		t.Errorf("memory: %d KB more than after %d reloads, want %d at most", grown, settledEarly, mostGrowth)
	} else {
		t.Logf("memory: %d KB, %+d", memory+grown, grown)
	}
	for _, end := range open {
		end.Close()
	}
	r.settle("descriptors in the end", r.descriptors, idle)
	r.goroutines(p)
}

// A reloads is one run of Reloads.
type reloads struct {
	t                 *testing.T
	dir               string
	web, stream, back string
	process           *os.Process
}

// configure writes a configuration that answers with number.
func (r *reloads) configure(number int) {
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	conf := fmt.Sprintf(`%s
daemon off;
worker_processes 2;
pid logs/nginx.pid;
error_log logs/error.log error;
worker_rlimit_nofile 4096;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000;
    server {
        listen %s;
        location = / { return 200 %d; }
        location = /passed { proxy_pass http://%[2]s/; }
        location / {
            proxy_pass http://%[4]s;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_read_timeout 1h;
        }
    }
}
stream { server { listen %[5]s; proxy_pass %[4]s; proxy_timeout 1h; } }
`, user, r.web, number, r.back, r.stream)
	if err := os.WriteFile(r.dir+"/next.conf", []byte(conf), 0o644); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Rename(r.dir+"/next.conf", r.dir+"/nginx.conf"); err != nil {
		r.t.Fatal(err)
	}
}

// expect waits until the configuration with number answers.
func (r *reloads) expect(number int) {
	r.t.Helper()
	want := strconv.Itoa(number)
	for deadline := time.Now().Add(reloadLimit); ; {
		got, err := r.ask("/")
		if err != nil {
			r.t.Fatal(err)
		}
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("the configuration that answers: got %s, want %s", got, want)
		}
	}
}

// ask makes one request on a connection of its own.
func (r *reloads) ask(uri string) (body string, err error) {
	c, err := net.Dial("tcp", r.web)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(reloadLimit))
	io.WriteString(c, "GET "+uri+" HTTP/1.0\r\n\r\n")
	answer, err := io.ReadAll(c)
	head, text, ok := bytes.Cut(answer, []byte("\r\n\r\n"))
	if err != nil || !ok || !bytes.HasPrefix(head, []byte("HTTP/1.1 200 OK\r\n")) {
		return "", fmt.Errorf("%s: answered %q: %v", uri, answer, err)
	}
	return string(text), nil
}

// load asks until stop, itself and through a proxy.
func (r *reloads) load(stop <-chan struct{}, answers *atomic.Int64) {
	for {
		for _, uri := range []string{"/", "/passed"} {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := r.ask(uri); err != nil {
				r.t.Errorf("after %d answers: %v", answers.Load(), err)
				return
			}
			answers.Add(1)
		}
	}
}

// descriptors is how many files the process has open.
func (r *reloads) descriptors() int {
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.process.Pid))
	if err != nil {
		r.t.Fatal(err)
	}
	return len(files)
}

var resident = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// memory is the resident memory of the process in KB.
func (r *reloads) memory() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.process.Pid))
	m := resident.FindSubmatch(status)
	if m == nil {
		r.t.Fatalf("status %q, %v", status, err)
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

// settle waits until there is no more of something than there was.
func (r *reloads) settle(what string, now func() int, want int) {
	r.t.Helper()
	got := now()
	for deadline := time.Now().Add(reloadLimit); got > want && time.Now().Before(deadline); got = now() {
		time.Sleep(10 * time.Millisecond)
	}
	if got > want {
		r.t.Errorf("%s: got %d, want %d", what, got, want)
	}
}

// goroutines ends the process in a way that makes it list its goroutines.
func (r *reloads) goroutines(p *process) {
	r.process.Signal(syscall.SIGABRT)
	<-p.done
	log, err := os.ReadFile(r.dir + "/logs/error.log") // where standard error goes
	if err != nil {
		r.t.Fatal(err)
	}
	n := bytes.Count(log, []byte("\ngoroutine "))
	r.t.Logf("%d goroutines", n)
	if n == 0 || n > mostGoroutines {
		r.t.Errorf("goroutines: got %d, want 1 to %d", n, mostGoroutines)
	}
}

// A tunnelEnd is the client's end of a tunnel.
type tunnelEnd struct{ net.Conn }

// open opens a WebSocket through an HTTP server or a stream server.
func (r *reloads) open(addr string) *tunnelEnd {
	r.t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	io.WriteString(c, "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	c.SetReadDeadline(time.Now().Add(reloadLimit))
	in := bufio.NewReader(c)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols || in.Buffered() > 0 {
		r.t.Fatalf("upgrade at %s: %v, %v", addr, resp, err)
	}
	return &tunnelEnd{c}
}

// echo reports whether what is sent comes back.
func (e *tunnelEnd) echo(number int) bool {
	text := []byte(strconv.Itoa(number))
	e.SetDeadline(time.Now().Add(reloadLimit))
	answer := make([]byte, len(text))
	_, err := e.Write(text)
	if err == nil {
		_, err = io.ReadFull(e, answer)
	}
	return err == nil && bytes.Equal(text, answer)
}

// echoAll answers 101 to the first request of each connection, and then whatever
// comes.
func echoAll(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
				return
			}
			io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
			io.Copy(c, c)
		}()
	}
}
