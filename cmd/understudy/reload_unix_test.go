//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// nginxOn runs this program under the name nginx on a configuration, which has
// "daemon off" and its pid file added, until the test ends; then it must quit in
// order.
func nginxOn(t *testing.T, addr, text string) *exec.Cmd {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "nginx.conf")
	text = "daemon off; error_log stderr crit; pid nginx.pid;\nevents {}\n" + text
	if os.Geteuid() == 0 {
		text = "user root; " + text
	}
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("nginx", "-p", dir, "-c", conf, "-e", "stderr") // TestMain puts this program into the path
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGQUIT)
		defer time.AfterFunc(patience, func() { cmd.Process.Kill() }).Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("at the end: %v", err)
		}
	})
	deadline := time.Now().Add(patience)
	for {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return cmd
		}
		if time.Now().After(deadline) {
			t.Fatal("nginx does not serve")
		}
	}
}

// TestReloadUnderLoad reloads while clients connect, ask once and read to the
// end.
func TestReloadUnderLoad(t *testing.T) {
	addr := freeAddress(t)
	cmd := nginxOn(t, addr, fmt.Sprintf("http { access_log off; server { listen %s; return 200 hi; } }\n", addr))
	stop := asking(t, addr, 4)
	for range 10 {
		time.Sleep(20 * time.Millisecond) // some load on every generation
		cmd.Process.Signal(syscall.SIGHUP)
	}
	stop()
}

// asking has n clients ask, one request after the other, until stop is called: none
// may be refused, reset or left without an answer.
func asking(t *testing.T, addr string, n int) (stop func()) {
	var clients sync.WaitGroup
	stopped := make(chan struct{})
	for range n {
		clients.Go(func() {
			for {
				select {
				case <-stopped:
					return
				default:
				}
				if err := ask(addr); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	return func() {
		close(stopped)
		clients.Wait()
	}
}

// TestQuitAgain has the process hear a signal over and over until it is gone: that
// it ends already does not make the end another.
func TestQuitAgain(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1} {
		addr := freeAddress(t)
		cmd := nginxOn(t, addr, fmt.Sprintf("http { access_log off; server { listen %s; return 200 hi; } }\n", addr))
		cmd.Process.Signal(syscall.SIGQUIT)
		gone := time.Now().Add(patience)
		for {
			cmd.Process.Signal(sig)
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
			if err != nil || strings.Contains(string(stat), ") Z ") || time.Now().After(gone) {
				break // nginxOn looks how it ended
			}
		}
	}
}

// TestReloadKeepsTunnels reloads beside an open WebSocket and an open stream
// session, and then quits: both go on until their clients leave.
func TestReloadKeepsTunnels(t *testing.T) {
	back, addr, streamAddr := echoing(t), freeAddress(t), freeAddress(t)
	cmd := nginxOn(t, addr, tunnelled(addr, back)+fmt.Sprintf("stream { server { listen %s; proxy_pass %s; } }\n", streamAddr, back))
	open := map[string]net.Conn{"http": upgrade(t, addr), "stream": upgrade(t, streamAddr)}
	signals := []syscall.Signal{syscall.SIGHUP, syscall.SIGHUP, syscall.SIGHUP, syscall.SIGQUIT}
	for i, sig := range signals {
		cmd.Process.Signal(sig)
		time.Sleep(50 * time.Millisecond) // until it is heard; too short would only prove less
		for name, c := range open {
			text := fmt.Sprintf("message %d", i)
			io.WriteString(c, text)
			answer := make([]byte, len(text))
			if _, err := io.ReadFull(c, answer); err != nil || string(answer) != text {
				t.Fatalf("%s, after signal %d: answered %q, %v", name, i, answer, err)
			}
		}
	}
	for _, c := range open {
		c.Close()
	}
}

// tunnelled is an http block that passes WebSockets at addr to back.
func tunnelled(addr, back string) string {
	return fmt.Sprintf(`
http {
    access_log off;
    server {
        listen %s;
        location / {
            proxy_pass http://%s;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
        }
    }
}
`, addr, back)
}

// echoing returns the address of an echo, which ends with the test.
func echoing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go echo(l)
	return l.Addr().String()
}

// echo answers 101 to each connection's first request, and then whatever comes.
func echo(l net.Listener) {
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

// upgrade opens a WebSocket at addr.
func upgrade(t *testing.T, addr string) net.Conn {
	t.Helper()
	return upgradeAt(t, addr, "/")
}

func upgradeAt(t *testing.T, addr, uri string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, "GET "+uri+" HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	r := bufio.NewReader(c)
	resp, err := http.ReadResponse(r, nil)
	if err != nil || resp.StatusCode != 101 || r.Buffered() > 0 {
		t.Fatalf("upgrade at %s: %v, %v", addr, resp, err)
	}
	return c
}

// ask makes one request on a connection of its own.
func ask(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
	answer, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200 OK\r\n") {
		return fmt.Errorf("answered %q: %v", answer, err)
	}
	return nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestShutdownTimeout quits beside a WebSocket that is silent: it is closed when
// worker_shutdown_timeout has passed, and the process ends.
func TestShutdownTimeout(t *testing.T) {
	addr := freeAddress(t)
	cmd := nginxOn(t, addr, "worker_shutdown_timeout 100ms;\n"+tunnelled(addr, echoing(t)))
	c := upgrade(t, addr)
	time.Sleep(400 * time.Millisecond) // longer than a silent tunnel has goroutines
	cmd.Process.Signal(syscall.SIGQUIT)
	if n, err := c.Read(make([]byte, 1)); n > 0 || os.IsTimeout(err) {
		t.Errorf("read %d bytes, %v", n, err)
	} // nginxOn's end sees whether the process ends
}
