package main

import (
	"fmt"
	"log/slog"
	"os"

	"understudy/directives/core"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/logs"
)

// settings are what a configuration wants of the process.
type settings struct {
	core.Settings
	log     slog.Handler // of error_log
	logFile string       // the first file of error_log; "": there is none
	stderr  bool         // standard error is among the logs

	usesStderr bool // some error_log, of whatever block, writes to standard error
}

// settingsOf reads them, and names the log files that they need.
func (p *program) settingsOf(c *configuration) settings {
	s := settings{Settings: core.SettingsOf(c.compiled.Main)}
	switch {
	case p.foreground != nil:
		s.Daemon = false
		s.PID = p.foreground.pidFile(c.tree, s.PID)
	case !names(c.tree, "pid"):
		s.PID = p.paths.pid
	}
	errorLogs := s.ErrorLogs
	if s.DefaultLog() {
		errorLogs = append(errorLogs[:len(errorLogs):len(errorLogs)],
			spec.ErrorLog{File: p.paths.errorLog, Stderr: p.paths.errorLog == "", Level: logs.Error})
	}
	for _, l := range errorLogs {
		s.stderr = s.stderr || l.Stderr
		if l.File != "" && s.logFile == "" {
			s.logFile = l.File
		}
	}
	s.usesStderr = usesStderr(c.tree.Directives)
	s.log = errorLog(errorLogs, c.logs, c.journal)
	if p.foreground != nil {
		s.log = p.foreground.handler(&s)
	}
	return s
}

// errorLog returns a handler that writes to all of list.
func errorLog(list []spec.ErrorLog, g *logs.Generation, j *journal) slog.Handler {
	var to []logs.Target
	for _, l := range list {
		t := logs.Target{Level: l.Level, Parts: l.Parts}
		switch {
		case l.File != "":
			t.To = g.File(l.File)
		case l.Stderr:
			t.To = logs.NewStream(os.Stderr)
		case l.Memory > 0:
			t.To = logs.NewMemory(l.Memory)
		case l.Syslog != nil:
			t.To = logs.NewSyslog(*l.Syslog, nil, func(l slog.Level, msg string) { j.printf(l, "%s", msg) })
		default:
			panic(fmt.Sprintf("error_log that writes nowhere: %+v", l))
		}
		to = append(to, t)
	}
	return logs.NewHandler(logs.Options{PID: os.Getpid()}, to...)
}

// names reports whether the main context has a directive.
func names(t *parser.Tree, directive string) bool {
	for _, d := range t.Directives {
		if d.Err == nil && d.Name.Text == directive {
			return true
		}
	}
	return false
}

// usesStderr reports whether ds or what is in their blocks logs to standard
// error.
func usesStderr(ds []*parser.Directive) bool {
	for _, d := range ds {
		if d.Err == nil && d.Name.Text == "error_log" && len(d.Args) > 0 && d.Args[0].Text == "stderr" || usesStderr(d.Block) {
			return true
		}
	}
	return false
}
