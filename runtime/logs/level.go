// Package logs writes logs the way nginx does: the lines of error_log through
// log/slog, and the files and syslog servers that error_log and access_log
// share. It knows lines, files and levels; what a line says is its caller's
// business.
package logs

import "log/slog"

// nginx's levels as slog levels. Those that slog knows have its numbers, the
// others stand between them.
const (
	Debug  = slog.LevelDebug
	Info   = slog.LevelInfo
	Notice = slog.Level(2)
	Warn   = slog.LevelWarn
	Error  = slog.LevelError
	Crit   = slog.Level(10)
	Alert  = slog.Level(12)
	Emerg  = slog.Level(14)
)

// ladder is the levels in the order of syslog's severities.
var ladder = [...]struct {
	level slog.Level
	name  string
}{
	{Emerg, "emerg"}, {Alert, "alert"}, {Crit, "crit"}, {Error, "error"},
	{Warn, "warn"}, {Notice, "notice"}, {Info, "info"}, {Debug, "debug"},
}

// Severity returns syslog's number of a level: 0 for Emerg to 7 for Debug.
func Severity(l slog.Level) int {
	for i, r := range ladder {
		if l >= r.level {
			return i
		}
	}
	return len(ladder) - 1
}

// Name returns nginx's word for a level.
func Name(l slog.Level) string { return ladder[Severity(l)].name }

// ParseLevel returns the level of a word of error_log.
//
// https://nginx.org/en/docs/ngx_core_module.html#error_log
func ParseLevel(name string) (l slog.Level, ok bool) {
	for _, r := range ladder {
		if r.name == name {
			return r.level, true
		}
	}
	return 0, false
}

// IsDebugMask reports whether name is one of error_log's debug_* words, which
// choose parts of nginx's debug log.
func IsDebugMask(name string) bool {
	switch name {
	case "debug_core", "debug_alloc", "debug_mutex", "debug_event", "debug_http", "debug_mail", "debug_stream":
		return true
	}
	return false
}
