package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal makes a pseudo-terminal: what is written to the second is read from the first.
func terminal(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals: %v", err)
	}
	t.Cleanup(func() { reader.Close() })
	var n int
	if err = unix.IoctlSetPointerInt(int(reader.Fd()), unix.TIOCSPTLCK, 0); err == nil {
		n, err = unix.IoctlGetInt(int(reader.Fd()), unix.TIOCGPTN)
	}
	if err == nil {
		writer, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { writer.Close() })
	return reader, writer
}

// On a terminal there is a line for each request, and no access log beside it.
func TestRequestsOnTerminal(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		args                 []string
		stdout, lines, plain bool // standard output is the terminal too; requests are in lines, in an access log
	}{
		{"both", nil, true, true, false},
		{"standard error only", nil, false, true, true},
		{"quiet", []string{"--quiet"}, true, false, false},
		{"quiet, piped", []string{"--quiet"}, false, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, at := t.TempDir(), freeAddress(t)
			conf := filepath.Join(dir, "site.conf")
			if err := os.WriteFile(conf, []byte("server { listen "+at+"; location /n { return 200 ok; } location /end { return 503; } }"), 0o644); err != nil {
				t.Fatal(err)
			}
			r, w := terminal(t)
			var piped locked
			cmd := exec.Command("understudy", append(append([]string{"run", "--color", "never"}, tt.args...), conf)...)
			cmd.Stdout, cmd.Stderr, cmd.Env = &piped, w, append(os.Environ(), "XDG_STATE_HOME="+dir)
			if tt.stdout {
				cmd.Stdout = w
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Wait()
			defer cmd.Process.Signal(syscall.SIGTERM)
			awaitAnswer(t, at, "ok")
			if c, err := net.Dial("tcp", at); err == nil {
				fmt.Fprintf(c, "GET /end HTTP/1.0\r\n\r\n")
				io.Copy(io.Discard, c)
				c.Close()
			}
			var said strings.Builder
			for s := bufio.NewScanner(r); s.Scan(); {
				fmt.Fprintln(&said, s.Text())
				if strings.Contains(s.Text(), "NX220") { // the last request, which is told before its line
					break
				}
			}
			cmd.Process.Signal(syscall.SIGTERM)
			cmd.Wait()
			all := said.String() + piped.String()
			if got := regexp.MustCompile(`(?m)^200 +\d+(µs|ms)  GET /n  /n .*site.conf:1\r?$`).MatchString(all); got != tt.lines {
				t.Errorf("a line for a request: %v, want %v, in\n%s", got, tt.lines, all)
			}
			if got := strings.Contains(all, `"GET /n HTTP/1.0" 200`); got != tt.plain {
				t.Errorf("an access log: %v, want %v, in\n%s", got, tt.plain, all)
			}
		})
	}
}
