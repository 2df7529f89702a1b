package main

import (
	"os"
	"runtime"
	"strings"
	"time"

	"understudy/runtime/logs"
)

// apply makes the process what a configuration wants it to be, the first one
// in everything, the later ones in what can be changed: as new workers would
// be. It reports whether it may serve.
func (p *program) apply(c *configuration, firstOne bool) bool {
	s := &c.settings
	runtime.GOMAXPROCS(min(s.Workers, runtime.NumCPU()))
	p.limits(c)
	if s.WorkingDirectory != "" && strings.HasPrefix(p.paths.prefix, "/") {
		if err := os.Chdir(s.WorkingDirectory); err != nil {
			p.journal.printf(logs.Alert, `chdir("%s") failed %s`, s.WorkingDirectory, reason(err))
			return false
		}
	}
	if firstOne {
		p.environment(c)
	}
	return true
}

// environment leaves what env directives name. What was read from the
// environment before, such as by the language's runtime, stays in force.
func (p *program) environment(c *configuration) {
	env := c.settings.Environ(os.Environ())
	os.Clearenv()
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		os.Setenv(name, value)
		if name == "TZ" {
			if zone, err := time.LoadLocation(strings.TrimPrefix(value, ":")); err == nil {
				time.Local = zone
			}
		}
	}
}
