//go:build unix

package main

import (
	"errors"
	"os"
	"strings"
	"syscall"

	"understudy/runtime/logs"
)

var signalOf = map[string]syscall.Signal{
	"stop": syscall.SIGTERM, "quit": syscall.SIGQUIT, "reopen": syscall.SIGUSR1, "reload": syscall.SIGHUP,
}

// sendSignal is -s: it sends the signal to the process whose number is in the
// pid file that the configuration names.
func (p *program) sendSignal() int {
	c, ok := p.load(nil)
	if !ok {
		return 1
	}
	p.journal.printf(logs.Notice, "signal process started")
	name := c.settings.PID
	text, err := os.ReadFile(name)
	if failed := (*os.PathError)(nil); errors.As(err, &failed) && failed.Op == "read" {
		p.journal.printf(logs.Crit, `pread() "%s" failed %s`, name, reason(err))
		return 1
	}
	if err != nil {
		p.journal.printf(logs.Error, `open() "%s" failed %s`, name, reason(err))
		return 1
	}
	const most = 20 + 2 // of which nginx reads no more
	number := strings.TrimRight(string(text[:min(len(text), most)]), "\r\n")
	pid, ok := parsePid(number)
	if !ok {
		p.journal.printf(logs.Error, `invalid PID number "%s" in "%s"`, number, name)
		return 1
	}
	if err := syscall.Kill(pid, signalOf[p.opts.signal]); err != nil {
		p.journal.printf(logs.Alert, "kill(%d, %d) failed %s", pid, signalOf[p.opts.signal], reason(err))
		return 1
	}
	return 0
}
