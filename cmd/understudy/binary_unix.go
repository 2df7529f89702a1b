//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"understudy/runtime/logs"
)

// An origin is how the process was started, which is how a new binary is.
type origin struct {
	parent int      // -1: it was not meant to stay
	path   string   // of the program
	dir    string   // where a relative path begins; "": unknown
	env    []string // before the configuration took away from it

	rights *syscall.Credential // nil: those that the process has now
}

// originOf is called before anything of it changes.
func originOf(argv []string) origin {
	o := origin{parent: os.Getppid(), env: os.Environ()}
	if len(argv) > 0 {
		o.path = argv[0]
	}
	if !strings.ContainsRune(o.path, filepath.Separator) {
		if path, err := exec.LookPath(o.path); err == nil {
			o.path = path
		}
	}
	o.dir, _ = os.Getwd() // it is needed for relative paths only
	return o
}

// parentStays reports whether the process that started this one still runs.
func (p *program) parentStays() bool { return os.Getppid() == p.origin.parent }

// elsewhere is listen.Set.Elsewhere: the new binary has all sockets, and the old
// one those that it gave away.
func (p *program) elsewhere(inherited bool) bool {
	return p.newBinary != 0 || inherited && p.parentStays()
}

// mayChangeBinary reports whether SIGUSR2 is obeyed: while two binaries run, one
// of them has to end first.
func (p *program) mayChangeBinary() bool {
	return p.foreground == nil && p.newBinary == 0 && !p.parentStays()
}

func (p *program) refuseBinary() {
	p.journal.printf(logs.Crit, "the changing binary signal is ignored: you should shutdown or terminate before either old or new binary's process")
}

// changeBinary is SIGUSR2: it starts the program that is now where this one was,
// with the sockets of this process. Both serve, until one of them is asked to
// quit. https://nginx.org/en/docs/control.html#upgrade
func (p *program) changeBinary() {
	p.journal.printf(logs.Notice, "changing binary")
	pid, old := p.current.settings.PID, p.current.settings.PID+oldSuffix
	if err := os.Rename(pid, old); err != nil {
		p.journal.printf(logs.Alert, `rename() %s to %s failed before executing new binary process "%s" %s`, pid, old, p.argv[0], reason(err))
		return
	}
	sockets, heir := p.sockets.Heirs()
	env := append(p.current.settings.Environ(p.origin.env), p.origin.own()...)
	child, err := os.StartProcess(p.origin.path, p.argv, &os.ProcAttr{
		Dir:   p.origin.dir,
		Env:   append(env, heir...),
		Files: append([]*os.File{os.Stdin, os.Stdout, os.Stderr}, sockets...),
		Sys:   &syscall.SysProcAttr{Credential: p.origin.rights},
	})
	if err != nil {
		p.journal.printf(logs.Alert, `execve() failed while executing new binary process "%s" %s`, p.argv[0], reason(err))
		if err := os.Rename(old, pid); err != nil {
			p.journal.printf(logs.Alert, `rename() %s back to %s failed after an attempt to execute new binary process "%s" %s`, old, pid, p.argv[0], reason(err))
		}
		return
	}
	p.newBinary = child.Pid
	p.journal.printf(logs.Notice, "start new binary process %d", child.Pid)
	child.Release() // reap waits for it
}

// own are the variables that no configuration has to name: those of the language's
// runtime, and that of the service manager.
func (o *origin) own() []string {
	var env []string
	for _, v := range o.env {
		switch name, _, _ := strings.Cut(v, "="); name {
		case notifyEnv, "GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GORACE", "GOTRACEBACK":
			env = append(env, v)
		}
	}
	return env
}

// reap is SIGCHLD. A process with the number 1 gets children it has not started.
func (p *program) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || pid == 0 {
			return
		}
		name := "unknown process"
		if pid == p.newBinary {
			name = "new binary process"
		}
		if status.Signaled() {
			core := ""
			if status.CoreDump() {
				core = " (core dumped)"
			}
			p.journal.printf(logs.Alert, "%s %d exited on signal %d%s", name, pid, int(status.Signal()), core)
		} else {
			p.journal.printf(logs.Notice, "%s %d exited with code %d", name, pid, status.ExitStatus())
		}
		if pid == p.newBinary {
			p.restore()
		}
	}
}

// restore makes this process the one at work again: the new binary has ended.
func (p *program) restore() {
	p.newBinary = 0
	pid, old := p.current.settings.PID, p.current.settings.PID+oldSuffix
	if err := os.Rename(old, pid); err != nil {
		p.journal.printf(logs.Alert, `rename() %s back to %s failed after the new binary process "%s" exited %s`, old, pid, p.argv[0], reason(err))
	}
	if p.drained && !p.ending {
		p.resume()
	}
}
