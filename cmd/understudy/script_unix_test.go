//go:build unix

package main

import (
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
