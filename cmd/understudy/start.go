package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"understudy/parser"
	"understudy/runtime"
	"understudy/runtime/conn"
	"understudy/runtime/logs"
)

// start runs the configuration until a signal ends it.
func (p *program) start() int {
	inherited := p.inherit()
	next, c, ok := p.prepare(nil)
	for !ok {
		if !p.awaitRepair() {
			return 1
		}
		next, c, ok = p.prepare(nil)
	}
	if c.settings.Daemon && !inherited {
		next.Listen()
		return p.background()
	}
	if !p.writePid(c.settings.PID) {
		return 1
	}
	if p.foreground == nil {
		p.announce()
	}
	if p.foreground == nil && !(p.apply(c, true) && p.drop(c.settings.User)) {
		os.Remove(c.settings.PID)
		return 2 // as a worker of nginx, which is not started again
	}
	p.begin(next, c)
	if p.foreground != nil {
		p.follow(true)
		p.foreground.started(c)
	} else {
		p.redirectStderr(c)
		p.initial.console.on.Store(false)
	}
	p.ready()
	code := p.cycle()
	p.release(p.current)
	return code
}

// prepare loads the configuration, or what was read of it before, and opens all
// that it needs.
func (p *program) prepare(tree *parser.Tree) (*runtime.Next, *configuration, bool) {
	c, ok := p.load(tree)
	if !ok {
		return nil, nil, false
	}
	if !p.open(c) {
		c.logs.Release()
		return nil, nil, false
	}
	old := p.journal.handler()
	c.journal.use(p.handlerOf(c))
	c.debug()
	if p.foreground == nil {
		p.journal.use(c.journal.handler()) // nginx reports what follows to the new log
	}
	if p.signals == nil {
		p.signals = listenForSignals() // whoever can connect may send one
	}
	drop := func() (*runtime.Next, *configuration, bool) {
		p.journal.use(old)
		c.logs.Release()
		return nil, nil, false
	}
	if p.foreground != nil {
		if err := p.foreground.fit(c, p.current); err != nil {
			p.foreground.refuse(err, p.current == nil)
			return drop()
		}
	}
	c.compiled.Graph.Done = func() { p.retired(c) }
	next, err := p.server.Prepare(c.compiled.Graph)
	if err != nil {
		p.journal.printf(logs.Emerg, "%v", err)
		return drop()
	}
	return next, c, true
}

// handlerOf is the log of a configuration, with the console beside it.
func (p *program) handlerOf(c *configuration) slog.Handler {
	if p.foreground != nil {
		return c.settings.log
	}
	return p.initial.console.around(c.settings.log, c.settings.stderr)
}

// debug tells the parts of a configuration what is read of the debug log, now
// that it is known where it goes.
func (c *configuration) debug() {
	parts := logs.PartsOf(slog.New(c.journal))
	if h := c.compiled.HTTP; h != nil {
		h.Debug = parts
	}
	if st := c.compiled.Stream; st != nil {
		st.Debug = parts
	}
	if who := c.settings.Debug; len(who) > 0 {
		c.compiled.Graph.Debug = func(c *conn.Conn) bool { return who.Has(c.RemoteAddr().Addr()) }
	}
}

// announce logs what nginx logs when it starts.
func (p *program) announce() {
	p.journal.printf(logs.Notice, "using the \"%s\" event method", eventMethod)
	p.journal.printf(logs.Notice, "nginx/%s", target)
	p.journal.printf(logs.Notice, "built by %s", builder())
	for _, line := range systemStatus() {
		p.journal.printf(logs.Notice, "%s", line)
	}
}

// begin serves a configuration. The one before it retires.
func (p *program) begin(next *runtime.Next, c *configuration) {
	next.Serve()
	p.drained = false
	p.mu.Lock()
	old := p.current
	p.current, p.zones = c, c.zones
	if old != nil && old.idle {
		p.release(old)
	}
	p.mu.Unlock()
	p.journal.printf(logs.Notice, "start worker processes")
	p.journal.printf(logs.Notice, "start worker process %d", os.Getpid())
}

// retired is called when nothing of a configuration runs any more.
func (p *program) retired(c *configuration) {
	p.journal.printf(logs.Notice, "exiting")
	p.journal.printf(logs.Notice, "exit")
	p.mu.Lock()
	c.idle = true
	if c != p.current {
		p.release(c)
	}
	p.mu.Unlock()
	p.journal.printf(logs.Notice, "worker process %d exited with code 0", os.Getpid())
}

// release closes the log files of a configuration that is not at work.
func (p *program) release(c *configuration) {
	if err := c.logs.Release(); err != nil {
		p.journal.printf(logs.Alert, "%v", first(err))
	}
}

// writePid creates the pid file.
func (p *program) writePid(name string) bool {
	err := os.WriteFile(name, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o644)
	if err != nil {
		p.journal.printf(logs.Emerg, `open() "%s" failed %s`, name, reason(err))
	}
	return err == nil
}

func (p *program) removePid() {
	name := p.current.settings.PID
	if p.newBinary != 0 {
		name += oldSuffix
	}
	if err := os.Remove(name); err != nil {
		p.journal.printf(logs.Alert, `unlink() "%s" failed %s`, name, reason(err))
	}
}

// reload reads the configuration again and serves it beside the old one. It returns
// nil if it cannot, and the old one stays.
func (p *program) reload() *configuration {
	c := p.renew()
	if p.foreground != nil {
		p.follow(c != nil)
	}
	return c
}

func (p *program) renew() *configuration {
	next, c, ok := p.prepare(nil)
	if !ok {
		return nil
	}
	if c.settings.PID != p.current.settings.PID {
		if !p.writePid(c.settings.PID) {
			next.Drop()
			c.logs.Release()
			p.journal.use(p.current.journal.handler())
			return nil
		}
		p.removePid()
	}
	p.journal.printf(logs.Notice, "using the \"%s\" event method", eventMethod)
	if p.foreground == nil {
		p.apply(c, false)
	}
	p.begin(next, c)
	if p.foreground == nil {
		p.redirectStderr(c)
	}
	p.journal.printf(logs.Notice, "gracefully shutting down")
	return c
}

// resume serves the configuration at work again after it was drained. Its files
// are not read: they may be for the new binary only.
func (p *program) resume() {
	if !p.drained { // nginx would have more workers, of which we have but one
		p.journal.printf(logs.Notice, "start worker processes")
		return
	}
	next, c, ok := p.prepare(p.current.tree)
	if !ok {
		return
	}
	p.begin(next, c)
}

// reopen opens the log files again by their names.
func (p *program) reopen() {
	p.journal.printf(logs.Notice, "reopening logs")
	if err := p.logs.Reopen(); err != nil {
		var many interface{ Unwrap() []error }
		if errors.As(err, &many) {
			for _, e := range many.Unwrap() {
				p.journal.printf(logs.Emerg, "%v", e)
			}
		}
	}
	if p.foreground == nil {
		p.redirectStderr(p.current)
	}
}
