package streamcore

import (
	"log/slog"
	"os"

	"understudy/directives/spec"
	"understudy/runtime/logs"
)

// newLogger returns a logger that writes to all of list.
func newLogger(list []spec.ErrorLog, env *spec.Options) *slog.Logger {
	var to []logs.Target
	for _, l := range list {
		t := logs.Target{Level: l.Level, Parts: l.Parts}
		switch {
		case l.Stderr:
			t.To = logs.NewStream(os.Stderr)
		case l.Memory > 0:
			t.To = logs.NewMemory(l.Memory)
		case l.Syslog != nil:
			t.To = env.Logs.Syslog(*l.Syslog)
		default:
			t.To = env.Logs.File(l.File)
		}
		to = append(to, t)
	}
	return slog.New(logs.NewHandler(logs.Options{PID: os.Getpid()}, to...))
}
