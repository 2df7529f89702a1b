//go:build !unix

package main

import (
	"os"
	"os/signal"

	"understudy/runtime/logs"
)

// Systems without signals know Ctrl-C, which stops the process. There is no
// process in the background, and nothing to send a signal to.

func listenForSignals() chan os.Signal {
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, os.Interrupt)
	return ch
}

// meaning says what a signal asks of a process that does not serve yet.
func meaning(os.Signal) (again, end bool) { return false, true }

func (p *program) cycle() int {
	for over := false; !over; {
		select {
		case <-p.signals:
			over = true
		case files := <-p.edits():
			p.edited(files)
		}
	}
	signal.Stop(p.signals)
	<-p.stop()
	p.removePid()
	p.journal.printf(logs.Notice, "exit")
	return 0
}

func (p *program) background() int {
	p.journal.printf(logs.Emerg, `"daemon on" needs a system with fork(): write "daemon off"`)
	return 1
}

func (p *program) sendSignal() int {
	p.journal.printf(logs.Emerg, "there are no signals on this system")
	return 1
}

func (p *program) inherit() bool { return false }

func (p *program) ready() {}

// An origin is how the process was started, which nobody asks.
type origin struct{}

func originOf([]string) origin { return origin{} }

func (p *program) elsewhere(bool) bool { return false }

func (p *program) notify(...string) {}

func (p *program) notifyReloading() {}

func (p *program) redirectStderr(*configuration) {}
