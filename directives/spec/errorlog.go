package spec

import (
	"log/slog"
	"os"
	"strings"

	"understudy/runtime/logs"
)

// An ErrorLog is one error_log directive: where it writes, of which one field
// is set, and from which level on.
//
// https://nginx.org/en/docs/ngx_core_module.html#error_log
type ErrorLog struct {
	File   string             // absolute
	Stderr bool               //
	Memory int                // bytes of a buffer in memory
	Syslog *logs.SyslogServer //
	Level  slog.Level
	Parts  logs.Parts // of the debug log, if Level is logs.Debug; none stands for all
}

// UsesStderr is the Result that some error_log names standard error: it must
// stay what it is.
type UsesStderr bool

// NewErrorLog returns a log that writes to all of list. The files are those of a
// generation, whose console stands in for standard error unless it is the debug log.
func NewErrorLog(list []ErrorLog, files *logs.Generation) *slog.Logger {
	var to []logs.Target
	var consoles []slog.Handler
	for _, l := range list {
		t := logs.Target{Level: l.Level, Parts: l.Parts}
		switch {
		case l.File != "":
			t.To = files.File(l.File)
		case l.Stderr && files.Console != nil && l.Level > logs.Debug:
			consoles = append(consoles, files.Console(l.Level))
			continue
		case l.Stderr:
			t.To = logs.NewStream(os.Stderr)
		case l.Memory > 0:
			t.To = logs.NewMemory(l.Memory)
		case l.Syslog != nil:
			t.To = files.Syslog(*l.Syslog)
		}
		to = append(to, t)
	}
	h := logs.NewHandler(logs.Options{PID: os.Getpid()}, to...)
	switch {
	case consoles == nil:
		return slog.New(h)
	case to != nil:
		consoles = append(consoles, h)
	}
	return slog.New(slog.NewMultiHandler(consoles...))
}

// memoryLine is what nginx wants to fit a memory log at the least, beside the
// name of the configuration file: its header and one line.
const memoryLine = len("MEMLOG  :\n\x00") + 2*len("-9223372036854775808") + 2048

// ErrorLog reads the arguments of an error_log directive.
func (c *Call) ErrorLog() (ErrorLog, error) {
	to := c.Args[0].Text
	var l ErrorLog
	if size, ok := strings.CutPrefix(to, "memory:"); ok {
		n, ok := ParseSize(size, false)
		if !ok || n < int64(memoryLine+len(c.Name.Pos.File)) {
			return l, c.Errorf(0, `invalid buffer size "%s"`, size)
		}
		l.Memory = int(n)
	} else if params, ok := strings.CutPrefix(to, "syslog:"); ok {
		s, err := logs.ParseSyslog(params)
		if err != nil {
			return l, c.Errorf(0, "%v", err)
		}
		l.Syslog = &s
	} else if to == "stderr" || to == "" {
		l.Stderr = true
		SetResult(c.Scope, UsesStderr(true))
	} else {
		l.File = c.Scope.FullName(to)
	}
	var err error
	l.Level, l.Parts, err = c.logLevel(1)
	return l, err
}

// logLevel reads the level from argument i on: one, or any number of the words
// that choose parts of nginx's debug log.
func (c *Call) logLevel(i int) (level slog.Level, parts logs.Parts, err error) {
	if len(c.Args) == i {
		return logs.Error, 0, nil
	}
	var given bool
	for ; i < len(c.Args); i++ {
		word := c.Args[i].Text
		l, ok := logs.ParseLevel(word)
		part, isPart := logs.ParsePart(word)
		switch {
		case ok && (given || parts != 0):
			return 0, 0, c.Errorf(i, `duplicate log level "%s"`, word)
		case ok:
			level, given = l, true
		case !isPart || given:
			return 0, 0, c.Errorf(i, `invalid log level "%s"`, word)
		default:
			level, parts = logs.Debug, parts|part
		}
	}
	return level, parts, nil
}
