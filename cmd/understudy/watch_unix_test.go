//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A locked is a buffer that a process writes to while it is read.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// mostDelay is how long an edit may take to be in force. The machine of a test may
// do other things: the median is what counts.
const mostDelay = 300 * time.Millisecond

// TestWatchKeepsConnections edits a configuration while 100 WebSockets are open.
func TestWatchKeepsConnections(t *testing.T) {
	const sockets, edits = 100, 9
	dir := t.TempDir()
	back, front := echoing(t), freeAddress(t)
	conf := filepath.Join(dir, "site.conf")
	write := func(n int) {
		text := fmt.Sprintf(`server { listen %s; location /n { return 200 "edit %d.\n"; }
			location /ws { proxy_pass http://%s; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; } }
			%s`, front, n, back, strings.Repeat("# filling\n", n))
		temp := conf + ".new"
		if err := os.WriteFile(temp, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(temp, conf); err != nil {
			t.Fatal(err)
		}
	}
	write(0)
	var said locked
	cmd := exec.Command("understudy", "run", "--watch", conf) // TestMain puts this program into the path
	cmd.Stdout, cmd.Stderr, cmd.Env = &said, &said, append(os.Environ(), "XDG_STATE_HOME="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Signal(syscall.SIGTERM)
	awaitAnswer(t, front, "edit 0.")
	var open []net.Conn
	for range sockets {
		c := upgradeAt(t, front, "/ws")
		c.SetDeadline(time.Now().Add(time.Minute))
		open = append(open, c)
	}
	var took []time.Duration
	for n := 1; n <= edits; n++ {
		began := time.Now()
		write(n)
		awaitAnswer(t, front, fmt.Sprintf("edit %d.", n))
		took = append(took, time.Since(began))
	}
	for i, c := range open {
		if err := says(c, fmt.Sprintf("still %03d", i)); err != nil {
			t.Fatalf("connection %d after %d edits: %v", i, edits, err)
		}
	}
	median := slices.Sorted(slices.Values(took))[len(took)/2]
	t.Logf("%d edits with %d connections: %v, median %v", edits, sockets, took, median)
	if median > mostDelay {
		t.Errorf("an edit is in force after %v, want %v\n%s", median, mostDelay, said.String())
	}
}

// awaitAnswer asks until the answer has a text.
func awaitAnswer(t *testing.T, addr, want string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			continue
		}
		fmt.Fprintf(c, "GET /n HTTP/1.0\r\n\r\n")
		var b bytes.Buffer
		b.ReadFrom(c)
		c.Close()
		if strings.Contains(b.String(), want) {
			return
		}
	}
	t.Fatalf("no %q within %v", want, patience)
}

// says sends a text over an echoing tunnel and reads it back.
func says(c net.Conn, text string) error {
	if _, err := c.Write([]byte(text)); err != nil {
		return err
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	if string(got) != text {
		return fmt.Errorf("got %q, want %q", got, text)
	}
	return nil
}
