//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestUpgrade changes the binary under load, from and to this program and the
// nginx of this machine: no request fails, and a WebSocket goes on in the old
// process after that was asked to quit.
func TestUpgrade(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	us, err := exec.LookPath("nginx") // TestMain puts this program into the path
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new string }{
		{"again", us, us},
		{"from nginx", realNginx, us},
		{"to nginx", us, realNginx},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.old == "" || tt.new == "" {
				t.Skip("there is no nginx")
			}
			upgradeBinary(t, tt.old, tt.new)
		})
	}
}

func upgradeBinary(t *testing.T, before, after string) {
	back, addr := echoing(t), freeAddress(t)
	dir := t.TempDir()
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	temps := ""
	for _, of := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		temps += of + "_temp_path temp;\n"
	}
	conf := fmt.Sprintf(`%s
error_log error.log notice;
pid nginx.pid;
worker_processes 3;
events {}
http {
    %s
    access_log off;
    server {
        listen %s reuseport; # nginx has three sockets for it
        location = / { return 200 hi; }
        location /ws {
            proxy_pass http://%s/;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
        }
    }
}
`, user, temps, addr, back)
	binary, pidFile := filepath.Join(dir, "nginx"), filepath.Join(dir, "nginx.pid")
	if err := os.WriteFile(dir+"/nginx.conf", []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(before, binary); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-p", dir+"/", "-c", "nginx.conf", "-e", "error.log")
	cmd.Args[0] = binary
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() {
		for _, name := range []string{pidFile, pidFile + oldSuffix} {
			if pid, ok := pidFrom(name); ok {
				syscall.Kill(pid, syscall.SIGTERM)
				awaitThat(t, "the end", func() bool { return syscall.Kill(pid, 0) != nil })
			}
		}
		if t.Failed() {
			text, _ := os.ReadFile(dir + "/error.log")
			t.Logf("%s", text)
		}
	})
	var old int
	awaitThat(t, "the pid file", func() (ok bool) { old, ok = pidFrom(pidFile); return ok })

	stop := asking(t, addr, 2)
	ws := upgradeAt(t, addr, "/ws")
	os.Remove(binary)
	if err := os.Symlink(after, binary); err != nil {
		t.Fatal(err)
	}
	syscall.Kill(old, syscall.SIGUSR2)
	var heir int
	awaitThat(t, "the new binary", func() (ok bool) {
		if _, ok = pidFrom(pidFile + oldSuffix); ok {
			heir, ok = pidFrom(pidFile)
		}
		return ok && heir != old
	})
	awaitThat(t, "the new binary's start", func() bool { return logged(dir, fmt.Sprintf("%d#%[1]d: start worker process ", heir)) })
	syscall.Kill(old, syscall.SIGWINCH)
	awaitThat(t, "gracefully shutting down", func() bool { return logged(dir, "gracefully shutting down") })
	time.Sleep(50 * time.Millisecond) // some load on the new one alone
	syscall.Kill(old, syscall.SIGQUIT)
	awaitThat(t, "SIGQUIT", func() bool { return logged(dir, "(SIGQUIT) received") })
	time.Sleep(50 * time.Millisecond)
	stop()
	io.WriteString(ws, "still")
	answer := make([]byte, 5)
	if _, err := io.ReadFull(ws, answer); err != nil || string(answer) != "still" {
		t.Errorf("the tunnel: %q, %v", answer, err)
	}
	ws.Close()
	awaitThat(t, "the end of the old binary", func() bool { _, ok := pidFrom(pidFile + oldSuffix); return !ok })
	if pid, _ := pidFrom(pidFile); pid != heir {
		t.Errorf("pid file: got %d, want %d", pid, heir)
	}
	if err := ask(addr); err != nil {
		t.Error(err)
	}
}

func logged(dir, text string) bool {
	log, err := os.ReadFile(dir + "/error.log")
	return err == nil && strings.Contains(string(log), text)
}

func pidFrom(name string) (pid int, ok bool) {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, false
	}
	return parsePid(strings.TrimSpace(string(text)))
}

// awaitThat waits until ok.
func awaitThat(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s", what)
		}
	}
}
