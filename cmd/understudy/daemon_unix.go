//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"understudy/directives/spec"
	"understudy/runtime/listen"
	"understudy/runtime/logs"
)

// readyEnv is the environment variable that tells the process in the background
// the number of the descriptor on which the caller waits until it serves.
const readyEnv = "UNDERSTUDY_READY"

// background starts this program again as a process of its own session, with
// the sockets that are open, and waits until that serves: so that whoever
// called nginx finds it at work, and its pid file written. A process cannot
// fork once it has threads.
func (p *program) background() int {
	fail := func(what string, err error) int {
		p.journal.printf(logs.Emerg, "%s failed %s", what, reason(err))
		return 1
	}
	path, err := os.Executable()
	if err != nil {
		return fail("readlink()", err)
	}
	ready, done, err := os.Pipe()
	if err != nil {
		return fail("pipe()", err)
	}
	sockets := p.sockets.Files()
	const first = 3 // descriptor of a child's first extra file
	cmd := &exec.Cmd{
		Path:       path,
		Args:       p.argv,
		Stderr:     os.Stderr, // until the error log takes its place; the others are the null device
		ExtraFiles: append(sockets, done),
		Env: append(os.Environ(),
			listen.EnvName+"="+listen.Env(first, len(sockets)),
			readyEnv+"="+strconv.Itoa(first+len(sockets))),
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := cmd.Start(); err != nil {
		return fail("fork()", err)
	}
	done.Close()
	if n, _ := io.ReadFull(ready, make([]byte, 1)); n == 0 {
		return 1 // it has said why
	}
	return 0
}

// inherit takes over the sockets of the process that started this one. The
// reply is whether there was one.
func (p *program) inherit() bool {
	env, ok := os.LookupEnv(listen.EnvName)
	if !ok {
		return false
	}
	os.Unsetenv(listen.EnvName)
	p.daemon = true
	if fd, err := strconv.Atoi(os.Getenv(readyEnv)); err == nil {
		os.Unsetenv(readyEnv)
		unix.Umask(0)
		unix.CloseOnExec(fd)
		p.waiting = os.NewFile(uintptr(fd), "ready")
		p.sockets.Log = func(string, string) {} // nginx, which can fork, does not say that it goes on with its own sockets
		defer func() { p.sockets.Log = p.journal.words }()
	}
	p.sockets.Inherit(env)
	return true
}

// ready tells the process that started this one that all is well.
func (p *program) ready() {
	if p.waiting != nil {
		p.waiting.Write([]byte{1})
		p.waiting.Close()
		p.waiting = nil
	}
}

// redirectStderr makes standard error the error log's file, as nginx does:
// what the language's runtime has to say before it dies is then found there.
func (p *program) redirectStderr(c *configuration) {
	if c.settings.logFile == "" || spec.Result[spec.UsesStderr](c.compiled.Main) {
		return
	}
	f, err := os.OpenFile(c.settings.logFile, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err == nil {
		err = dup(int(f.Fd()), 2)
		f.Close()
	}
	if err != nil {
		p.journal.printf(logs.Alert, "dup2(STDERR_FILENO) failed %s", reason(err))
	}
}
