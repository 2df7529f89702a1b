//go:build unix

package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

func sendSignalTo(ts *testscript.TestScript, neg bool, args []string) {
	sig, ok := map[string]syscall.Signal{
		"HUP": syscall.SIGHUP, "QUIT": syscall.SIGQUIT, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT,
		"USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2, "WINCH": syscall.SIGWINCH,
	}[args[0]]
	if !ok {
		ts.Fatalf("no signal %q", args[0])
	}
	ts.Check(syscall.Kill(pidIn(ts, args[1]), sig))
}

// ended FILE waits until the process of a pid file's copy is no more, or nothing
// but a zombie, which its parent may take its time with. While it has threads its
// children have not been told.
func ended(ts *testscript.TestScript, neg bool, args []string) {
	pid := pidIn(ts, args[0])
	until(ts, args[0], func() error {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		if err == nil && strings.Contains(string(stat), ") Z ") && len(threads) <= 1 || syscall.Kill(pid, 0) == syscall.ESRCH {
			return nil
		}
		return fmt.Errorf("process %d goes on", pid)
	})
}
