//go:build unix

package main

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"understudy/runtime/listen"
	"understudy/runtime/logs"
)

// readyEnv is the environment variable that tells the process in the background
// the number of the descriptor on which the caller waits until it serves.
const readyEnv = "UNDERSTUDY_READY"

// inherit takes over the sockets of the process that started this one. The
// reply is whether that was an nginx: one in the foreground, or an old binary.
func (p *program) inherit() bool {
	p.notifyTo = p.take(notifyEnv)
	fds, pid := p.take("LISTEN_FDS"), p.take("LISTEN_PID")
	p.take("LISTEN_FDNAMES")
	borrowed := p.take(listen.BorrowedEnvName)
	env, ok := os.LookupEnv(listen.EnvName)
	if !ok {
		p.activate(fds, pid)
		return false
	}
	os.Unsetenv(listen.EnvName)
	p.daemon = true
	if fd, err := strconv.Atoi(p.take(readyEnv)); err == nil {
		unix.Umask(0)
		unix.CloseOnExec(fd)
		p.waiting = os.NewFile(uintptr(fd), "ready")
		p.origin.parent = -1                    // it ends when this process is ready
		p.sockets.Log = func(string, string) {} // nginx, which can fork, does not say that it goes on with its own sockets
		defer func() { p.sockets.Log = p.journal.words }()
	}
	p.sockets.Inherit(env, borrowed)
	return true
}

// take returns a variable of the environment that is for this process only.
func (p *program) take(name string) string {
	v := os.Getenv(name)
	os.Unsetenv(name)
	return v
}

// activate takes over the sockets that a service manager keeps, if there are any.
// sd_listen_fds(3)
func (p *program) activate(fds, pid string) {
	if pid != strconv.Itoa(os.Getpid()) {
		return
	}
	n, err := strconv.ParseUint(fds, 10, 16)
	if err != nil || n == 0 {
		p.journal.printf(logs.Emerg, `invalid number of sockets "%s" in LISTEN_FDS environment variable, ignoring`, fds)
		return
	}
	p.journal.printf(logs.Notice, "using %d sockets of the service manager", n)
	p.sockets.Activate(int(n))
}
