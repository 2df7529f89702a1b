package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"understudy/runtime"
	"understudy/runtime/listen"
	"understudy/runtime/logs"
	"understudy/runtime/zone"
)

// A program is the process as nginx: what its command line said, and the
// configuration at work.
type program struct {
	argv           []string
	stdout, stderr io.Writer

	foreground *foreground // nil in nginx mode

	opts    options
	paths   paths
	initial *initialLog
	journal *journal

	logs    *logs.Set
	sockets *listen.Set
	server  *runtime.Server
	zones   *zone.Set // of the last configuration that was good
	daemon  bool      // this is the process in the background
	waiting *os.File  // tells who started it that it serves; nil: nobody waits
	signals chan os.Signal
	watch   *watcher // of the configuration's files; nil: nobody watches

	origin    origin
	notifyTo  string // socket of the service manager; "": there is none
	newBinary int    // process that SIGUSR2 started; 0: there is none
	drained   bool   // SIGWINCH: nothing is served
	ending    bool   // SIGQUIT, SIGTERM or SIGINT

	mu      sync.Mutex
	current *configuration // at work; nil before the first. Set by the main goroutine with mu held
}

func newProgram(argv []string) *program {
	return &program{argv: argv, origin: originOf(argv), stdout: os.Stdout, stderr: os.Stderr}
}

// main is nginx's main function: it returns the exit code.
func (p *program) main() int {
	var err error
	var args []string
	if len(p.argv) > 0 {
		args = p.argv[1:]
	}
	if p.opts, err = parseOptions(args); err != nil {
		fmt.Fprintf(p.stderr, "nginx: %v\n", err)
		return 1
	}
	if p.opts.version {
		fmt.Fprint(p.stderr, versionInfo(&p.opts, packaged))
		if !p.opts.test {
			return 0
		}
	}
	p.paths = p.opts.resolve()
	level := logs.Notice
	if p.opts.test {
		level = slog.LevelInfo
	}
	p.initial = openInitialLog(p.paths.errorLog, level, p.stderr)
	defer p.initial.Close()
	p.journal = newJournal(p.initial)
	p.logs = logs.NewSet(nil)
	p.zones = new(zone.Set)
	p.sockets = &listen.Set{Log: p.journal.words, Test: p.opts.test, Elsewhere: p.elsewhere}
	p.server = &runtime.Server{Sockets: p.sockets}

	switch {
	case p.opts.test:
		return p.test()
	case p.opts.signal != "":
		return p.sendSignal()
	}
	return p.start()
}

// test is -t and -T.
func (p *program) test() int {
	c, ok := p.load(nil)
	if ok && p.opts.signal == "" {
		ok = p.try(c)
	}
	if !ok {
		p.initial.console.printf("configuration file %s test failed", p.paths.conf)
		return 1
	}
	if !p.opts.quiet {
		p.initial.console.printf("configuration file %s test is successful", p.paths.conf)
	}
	if p.opts.dump {
		for _, f := range c.tree.Files {
			fmt.Fprintf(p.stdout, "# configuration file %s:\n%s\n", f.Name, f.Src)
		}
	}
	return 0
}

// try does what starting would do, and undoes it.
func (p *program) try(c *configuration) bool {
	f, err := os.OpenFile(c.settings.PID, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		p.journal.printf(logs.Emerg, `open() "%s" failed %s`, c.settings.PID, reason(err))
		return false
	}
	f.Close()
	if !p.open(c) {
		return false
	}
	next, err := p.server.Prepare(c.compiled.Graph)
	if err != nil {
		p.journal.printf(logs.Emerg, "%v", err)
		return false
	}
	next.Drop()
	return true
}
