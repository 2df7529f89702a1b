package logs

import (
	"io"
	"log/slog"

	"github.com/lmittmann/tint"
)

// NewConsole returns a handler for people at a terminal: short lines, in
// colour if color is set.
func NewConsole(w io.Writer, level slog.Leveler, color bool) slog.Handler {
	return tint.NewTextHandler(w, &tint.Options{
		Level:      level,
		TimeFormat: "15:04:05",
		NoColor:    !color,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			l, ok := a.Value.Any().(slog.Level)
			if a.Key != slog.LevelKey || len(groups) > 0 || !ok {
				return a
			}
			return tint.Attr(colorOf(l), slog.String(a.Key, "["+Name(l)+"]"))
		},
	})
}

// colorOf returns the terminal's number of a colour.
func colorOf(l slog.Level) uint8 {
	switch {
	case l >= Error:
		return 9 // red
	case l >= Warn:
		return 11 // yellow
	case l >= Info:
		return 10 // green
	}
	return 8 // grey
}

// Color reports whether output may be coloured: on a terminal that is not
// dumb, unless NO_COLOR is set; CLICOLOR_FORCE asks for it anywhere.
//
// https://no-color.org, https://bixense.com/clicolors
func Color(terminal bool, getenv func(string) string) bool {
	if getenv("NO_COLOR") != "" {
		return false
	}
	if force := getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true
	}
	return terminal && getenv("TERM") != "dumb" && getenv("CLICOLOR") != "0"
}
