//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestDaemonEnded: whoever ends the process that waits for the daemon it has started
// ends that as well. The daemon is kept from serving by an included pipe that nobody
// writes to a second time.
func TestDaemonEnded(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	dir := t.TempDir()
	conf, pipe := filepath.Join(dir, "nginx.conf"), filepath.Join(dir, "pipe")
	if err := os.WriteFile(conf, []byte("error_log stderr; pid nginx.pid; include pipe;\nevents {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(sig.String(), func(t *testing.T) {
			cmd := exec.Command("nginx", "-p", dir, "-c", conf, "-e", "stderr") // TestMain puts this program into the path
			cmd.Stderr = os.Stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer time.AfterFunc(patience, func() { cmd.Process.Kill() }).Stop()
			if err := os.WriteFile(pipe, []byte("worker_processes 1;\n"), 0); err != nil {
				t.Fatal(err)
			}
			children := fmt.Sprintf("/proc/%d/task/%[1]d/children", cmd.Process.Pid)
			if _, err := os.Stat(children); err != nil {
				cmd.Process.Kill()
				cmd.Wait()
				t.Skip("the system does not tell what a process has started")
			}
			for deadline := time.Now().Add(patience); !started(cmd.Process.Pid) && time.Now().Before(deadline); {
				time.Sleep(10 * time.Millisecond)
			}
			cmd.Process.Signal(sig)
			if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 1 {
				t.Errorf("got %v, want exit status 1", err)
			}
			if _, err := os.Stat(filepath.Join(dir, "nginx.pid")); err == nil {
				t.Error("there is a pid file")
			}
		})
	}
}

// started reports whether a process has a child.
func started(pid int) bool {
	list, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, name := range list {
		if b, _ := os.ReadFile(name); len(b) > 0 {
			return true
		}
	}
	return false
}
