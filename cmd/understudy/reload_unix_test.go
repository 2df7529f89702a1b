//go:build unix

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestReloadUnderLoad reloads while clients connect, ask once and read to the
// end: none may be refused, reset or left without an answer.
func TestReloadUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	addr := freeAddress(t)
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf("daemon off; error_log stderr crit; pid nginx.pid; user root;\nevents {}\nhttp { access_log off; server { listen %s; return 200 hi; } }\n", addr)
	if os.Geteuid() != 0 {
		text = strings.Replace(text, "user root;", "", 1)
	}
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("nginx", "-p", dir, "-c", conf, "-e", "stderr") // TestMain puts this program into the path
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Signal(syscall.SIGQUIT)
		if err := cmd.Wait(); err != nil {
			t.Errorf("at the end: %v", err)
		}
	}()
	deadline := time.Now().Add(patience)
	for ask(addr) != nil {
		if time.Now().After(deadline) {
			t.Fatal("nginx does not serve")
		}
	}
	var clients sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
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
	for range 10 {
		time.Sleep(20 * time.Millisecond) // some load on every generation
		cmd.Process.Signal(syscall.SIGHUP)
	}
	close(stop)
	clients.Wait()
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
