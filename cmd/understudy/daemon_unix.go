//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"understudy/directives/spec"
	"understudy/runtime/listen"
	"understudy/runtime/logs"
)

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
	sockets, heir := p.sockets.Heirs()
	cmd := &exec.Cmd{
		Path:        path,
		Args:        p.argv,
		Stderr:      os.Stderr, // until the error log takes its place; the others are the null device
		ExtraFiles:  append(sockets, done),
		Env:         append(append(p.origin.env, heir...), readyEnv+"="+strconv.Itoa(listen.FirstFD+len(sockets))),
		SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := cmd.Start(); err != nil {
		return fail("fork()", err)
	}
	done.Close()
	served := make(chan struct{})
	defer close(served)
	go p.passOn(cmd.Process, served)
	if n, _ := io.ReadFull(ready, make([]byte, 1)); n == 0 {
		return 1 // it has said why
	}
	p.notify(fmt.Sprintf("MAINPID=%d", cmd.Process.Pid), "READY=1")
	return 0
}

// passOn has a signal that is to end this process end the one that it has started,
// and waits for, in a session that the terminal's signals do not reach.
func (p *program) passOn(to *os.Process, served <-chan struct{}) {
	for {
		select {
		case s := <-p.signals:
			switch s {
			case syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT:
				to.Signal(syscall.SIGTERM)
			}
		case <-served:
			return
		}
	}
}

// ready tells whoever started this process that all is well.
func (p *program) ready() {
	if p.waiting == nil {
		p.notify("READY=1", fmt.Sprintf("MAINPID=%d", os.Getpid()))
		return
	}
	p.waiting.Write([]byte{1}) // it is the caller that the service manager believes
	p.waiting.Close()
	p.waiting = nil
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
