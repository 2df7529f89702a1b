//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"

	"understudy/runtime/logs"
)

// A command is what a signal asks for.
type command struct {
	name, action string
	run          func(*program) // nil: the cycle ends
}

// commands are the signals that are obeyed.
func commands() map[syscall.Signal]command {
	return map[syscall.Signal]command{
		syscall.SIGHUP:   {"SIGHUP", ", reconfiguring", (*program).reconfigure},
		syscall.SIGUSR1:  {"SIGUSR1", ", reopening logs", (*program).reopen},
		syscall.SIGWINCH: {"SIGWINCH", ", stop accepting connections", (*program).drain},
		syscall.SIGUSR2:  {"SIGUSR2", ", changing binary", (*program).changeBinary},
		syscall.SIGCHLD:  {"SIGCHLD", "", (*program).reap},
		syscall.SIGQUIT:  {"SIGQUIT", ", shutting down", nil},
		syscall.SIGTERM:  {"SIGTERM", ", exiting", nil},
		syscall.SIGINT:   {"SIGINT", ", exiting", nil},
	}
}

// listenForSignals begins to collect signals.
func listenForSignals() chan os.Signal {
	ch := make(chan os.Signal, 16)
	for s := range commands() {
		signal.Notify(ch, s)
	}
	signal.Ignore(syscall.SIGPIPE)
	return ch
}

// meaning says what a signal asks of a process that does not serve yet: to try
// again, or to end.
func meaning(s os.Signal) (again, end bool) {
	sig := s.(syscall.Signal)
	return sig == syscall.SIGHUP, commands()[sig].run == nil
}

// cycle obeys signals until one of them ends the process. It returns the exit
// code. Those that come later have no effect: they are still collected, for what
// the system does by itself on one would not be an orderly end.
func (p *program) cycle() int {
	var gone <-chan struct{}
	for {
		select {
		case s := <-p.signals:
			sig := s.(syscall.Signal)
			c := commands()[sig]
			switch {
			case sig == syscall.SIGWINCH && !p.daemon:
				c.action, c.run = "", func(*program) {}
			case sig == syscall.SIGUSR2 && !p.mayChangeBinary():
				c.action, c.run = ", ignoring", (*program).refuseBinary
			}
			p.journal.printf(logs.Notice, "signal %d (%s) received%s", int(sig), c.name, c.action)
			if c.run == nil && !p.ending {
				p.ending = true
				p.notifyEnd()
			}
			switch {
			case c.run == nil && sig == syscall.SIGQUIT:
				gone = p.quit()
			case c.run == nil:
				gone = p.stop()
			case !p.ending, sig == syscall.SIGCHLD:
				c.run(p)
			}
		case files := <-p.edits():
			if !p.ending {
				p.edited(files)
			}
		case <-gone:
			p.removePid()
			p.journal.printf(logs.Notice, "exit")
			return 0
		}
	}
}
