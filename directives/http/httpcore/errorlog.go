package httpcore

import (
	"log/slog"

	"understudy/directives/spec"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// An errorLog is the error_log directives of a block. All blocks that inherit
// them share it, and with it the buffer of a "memory:" log.
type errorLog struct {
	list  []spec.ErrorLog
	log   *slog.Logger // nil until a location needs it
	debug logs.Parts
}

var errorLogs = spec.Directive[conf]{
	Name: "error_log", Names: spec.LogFile, In: anywhere, Args: spec.AtLeast(1),
	Syntax: "file | stderr | syslog:server=address[,parameter=value] | memory:size [debug | info | notice | warn | error | crit | alert | emerg]",
	Doc:    "Sets where errors are logged, and which.",
	Set: spec.Fill(func(c *conf) *spec.Value[*errorLog] { return &c.errorLog }, func(l **errorLog, call *spec.Call) error {
		one, err := call.ErrorLog()
		if err != nil {
			return err
		}
		if *l == nil {
			*l = new(errorLog)
		}
		if files := call.Scope.Env().Logs; files != nil && one.File != "" {
			files.File(one.File) // opened even if no location is there to use it
		}
		(*l).list = append((*l).list, one)
		return nil
	}),
}

// logger returns the log of a block, or outer's if the block has none of its
// own or nothing is to be written, and what it takes of the debug log. What
// outer takes will be known when the whole configuration is.
func (l *errorLog) logger(outer *httpd.HTTP, files *logs.Generation) (*slog.Logger, *logs.Parts) {
	if l == nil || files == nil {
		return outer.Log, &outer.Debug
	}
	if l.log != nil {
		return l.log, &l.debug
	}
	l.log = spec.NewErrorLog(l.list, files)
	l.debug = logs.PartsOf(l.log)
	return l.log, &l.debug
}
