//go:build linux

// Package laptop runs configurations as they are found in repositories, without
// an edit and as a user without rights, and sees whether they answer. The
// configurations are other people's and not part of this project: the
// environment names a folder of them, and without it the test is skipped.
package laptop

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// folderEnv names the folder: each of its folders has an orig.conf, and a
	// meta.json whose "path" is the name of that file in its repository.
	folderEnv = "UNDERSTUDY_CORPUS"
	// binaryEnv names the program; without it the test builds one.
	binaryEnv = "UNDERSTUDY_BIN"
)

const (
	leastStarted  = 100              // of the configurations, so that it is no success
	leastAnswered = 100              // likewise
	patience      = 20 * time.Second // for one to start
	nobody        = 65534
)

func TestUnedited(t *testing.T) {
	folder := os.Getenv(folderEnv)
	if folder == "" {
		t.Skip(folderEnv + " names no folder of configurations")
	}
	names, err := filepath.Glob(filepath.Join(folder, "*", "orig.conf"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s has no configurations: %v", folder, err)
	}
	bin := program(t)
	started, answered := 0, 0
	for _, name := range names {
		o := run(t, bin, name)
		if o.started {
			started++
		}
		if o.answered {
			answered++
		}
		if !o.started || !o.answered {
			t.Logf("%s: started %v, answered %v\n%s", filepath.Base(filepath.Dir(name)), o.started, o.answered, o.why)
		}
	}
	t.Logf("%d configurations: %d start, %d answer on all their ports", len(names), started, answered)
	if started < min(leastStarted, len(names)) || answered < min(leastAnswered, len(names)) {
		t.Errorf("fewer than %d", leastStarted)
	}
}

func program(t *testing.T) string {
	if bin := os.Getenv(binaryEnv); bin != "" {
		return bin
	}
	bin := filepath.Join(open(t), "understudy")
	if out, err := exec.Command("go", "build", "-o", bin, "understudy/cmd/understudy").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// open makes a folder that every user can enter; t.TempDir is its owner's.
func open(t *testing.T) string {
	dir, err := os.MkdirTemp("", "understudy-laptop-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

type outcome struct {
	started, answered bool
	why               string
}

// run runs one configuration and asks each of its ports.
func run(t *testing.T, bin, name string) (o outcome) {
	dir := open(t)
	defer os.RemoveAll(dir)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, called(name))
	if err := os.WriteFile(conf, text, 0o644); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o777); err != nil {
		t.Fatal(err)
	}
	said := filepath.Join(dir, "stderr")
	out, err := os.Create(said)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := exec.Command(bin, "run", conf)
	cmd.Dir = dir
	cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "NO_COLOR=1"}
	if os.Geteuid() == 0 {
		if err := os.Chown(home, nobody, nobody); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(said, nobody, nobody); err != nil { // which /dev/stdout opens again
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { cmd.Wait(); close(gone) }()
	defer func() { cmd.Process.Signal(syscall.SIGTERM); <-gone }()

	ports := await(cmd.Process.Pid, gone)
	if o.started = len(ports) > 0; o.started {
		o.answered = true
		for _, at := range ports {
			if err := ask(at); err != nil {
				o.answered = false
				o.why += fmt.Sprintf("%s: %v\n", at, err)
			}
		}
	}
	log, _ := os.ReadFile(said)
	o.why += string(last(log, 2000))
	return o
}

func last(b []byte, n int) []byte { return bytes.TrimSpace(b[max(0, len(b)-n):]) }

// called is the name of a configuration in its repository.
func called(name string) string {
	var meta struct{ Path string }
	text, err := os.ReadFile(filepath.Join(filepath.Dir(name), "meta.json"))
	if err != nil || json.Unmarshal(text, &meta) != nil || meta.Path == "" {
		return filepath.Base(name)
	}
	return filepath.Base(meta.Path)
}

// await returns what a process listens on, once it does, or nothing when it has
// ended or patience has.
func await(pid int, gone <-chan struct{}) []netip.AddrPort {
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if ports := listens(pid); len(ports) > 0 {
			return ports
		}
		select {
		case <-gone:
			return nil
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// listens returns the addresses of the TCP sockets that a process listens on.
func listens(pid int) (list []netip.AddrPort) {
	own := map[string]bool{}
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil {
			own[to] = true
		}
	}
	for _, file := range []string{"tcp", "tcp6"} {
		f, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, file))
		if err != nil {
			continue
		}
		for s := bufio.NewScanner(f); s.Scan(); {
			c := strings.Fields(s.Text())
			if len(c) < 10 || c[3] != "0A" || !own["socket:["+c[9]+"]"] {
				continue
			}
			_, hex, _ := strings.Cut(c[1], ":")
			port, err := strconv.ParseUint(hex, 16, 16)
			if err != nil {
				continue
			}
			to := netip.AddrFrom4([4]byte{127, 0, 0, 1})
			if file == "tcp6" {
				to = netip.IPv6Loopback()
			}
			list = append(list, netip.AddrPortFrom(to, uint16(port)))
		}
		f.Close()
	}
	return list
}

// ask wants a response of a port: of HTTP, or else of HTTP over TLS.
func ask(at netip.AddrPort) error {
	text, err := exchange(func() (net.Conn, error) { return net.DialTimeout("tcp", at.String(), 2*time.Second) })
	if err == nil && !strings.Contains(text, "plain HTTP request was sent to HTTPS port") {
		return nil
	}
	text, terr := exchange(func() (net.Conn, error) {
		d := &net.Dialer{Timeout: 2 * time.Second}
		return tls.DialWithDialer(d, "tcp", at.String(), &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"})
	})
	if terr != nil {
		return terr
	}
	if text == "" {
		return fmt.Errorf("no answer")
	}
	return nil
}

func exchange(dial func() (net.Conn, error)) (string, error) {
	c, err := dial()
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body := make([]byte, 4096)
	n, _ := resp.Body.Read(body)
	return resp.Status + "\n" + string(body[:n]), nil
}
