package main

import (
	"time"

	"understudy/runtime/logs"
)

// stopGrace is how long a fast exit waits for what it has cut off.
const stopGrace = time.Second

// reconfigure is SIGHUP. Beside a new binary it takes a SIGWINCH back.
func (p *program) reconfigure() {
	if p.newBinary != 0 {
		p.resume()
		return
	}
	p.notifyReloading()
	p.journal.printf(logs.Notice, "reconfiguring")
	now := p.reload()
	switch f := p.foreground; {
	case f == nil:
	case now == nil:
		f.screen.refused(nil)
	default:
		f.started(now)
	}
	p.notify("READY=1")
}

// drain is SIGWINCH.
func (p *program) drain() {
	if p.drained {
		return
	}
	p.drained = true
	p.journal.printf(logs.Notice, "gracefully shutting down")
	p.server.Drain()
}

// quit is SIGQUIT: the channel is closed when the last connection is gone.
func (p *program) quit() <-chan struct{} {
	p.journal.printf(logs.Notice, "gracefully shutting down")
	return p.server.Quit()
}

// stop is SIGTERM and SIGINT: what does not end at once is not waited for.
func (p *program) stop() <-chan struct{} {
	gone := p.server.Stop()
	end := make(chan struct{})
	go func() {
		defer close(end)
		t := time.NewTimer(stopGrace)
		defer t.Stop()
		select {
		case <-gone:
		case <-t.C:
			p.current.logs.Flush()
		}
	}()
	return end
}
