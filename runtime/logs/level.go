// Package logs writes logs the way nginx does: the lines of error_log through
// log/slog, and the files and syslog servers that error_log and access_log
// share. It knows lines, files and levels; what a line says is its caller's
// business.
package logs

import (
	"context"
	"log/slog"
)

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

// Parts of the debug log, which the debug_* words of error_log choose. They
// are levels below Debug, so that who logs says with the level which part a
// line is of, and asking whether a log takes it costs what it costs for others.
const (
	DebugCore slog.Level = Debug - 1 - iota
	DebugAlloc
	DebugMutex
	DebugEvent
	DebugHTTP
	DebugMail
	DebugStream
)

// Parts is a set of parts of the debug log. They compare as nginx's masks do.
type Parts uint8

// AllParts is what the level "debug" stands for.
const AllParts Parts = 1<<7 - 1

// Has reports whether a part is in the set. Levels that are no part are not,
// and a nil set is empty.
func (p *Parts) Has(l slog.Level) bool { return p != nil && l < Debug && *p&part(l) != 0 }

// PartsOf returns the parts of the debug log that a log takes.
func PartsOf(log *slog.Logger) (p Parts) {
	for l := DebugStream; l <= DebugCore; l++ {
		if log.Enabled(context.Background(), l) {
			p |= part(l)
		}
	}
	return p
}

// part is the bit of a level below Debug.
func part(l slog.Level) Parts { return 1 << (DebugCore - max(l, DebugStream)) }

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

// ParsePart returns the part of nginx's debug log that a debug_* word of
// error_log chooses.
func ParsePart(name string) (Parts, bool) {
	for i, word := range [...]string{
		"debug_core", "debug_alloc", "debug_mutex", "debug_event", "debug_http", "debug_mail", "debug_stream",
	} {
		if word == name {
			return 1 << i, true
		}
	}
	return 0, false
}
