package main

import (
	"log/slog"

	"understudy/directives"
)

// settings are the main context's directives that concern the process.
type settings struct {
	daemon, master bool
	pid            string
	log            slog.Handler // of error_log; nil: none is configured
	logFile        string       // the first file of error_log; "": there is none
	stderr         bool         // error_log stderr is among them
}

func settingsOf(c *directives.Compiled, p paths) settings {
	return settings{daemon: true, master: true, pid: p.pid}
}
