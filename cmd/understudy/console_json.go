package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/logs"
)

// json writes an event as one line of JSON: "time" and "event", and what it has.
func (s *screen) json(event string, more map[string]any) {
	m := map[string]any{"time": time.Now().Format(time.RFC3339Nano), "event": event}
	maps.Copy(m, more)
	text, err := json.Marshal(m)
	if err != nil { // nothing of it comes from outside but text
		return
	}
	s.write(s.stdout, string(text)+"\n")
}

// refused says that a configuration that was read cannot be used: because of an edit
// of files, or from the beginning. Standard error has the reasons.
func (s *screen) refused(files []string) {
	if s.show.json {
		s.json("refused", map[string]any{"config": s.f.source.conf, "files": files})
	}
}

// diagnostic makes an event of what is wrong with the configuration.
func (s *screen) diagnostic(d diag.Diagnostic) {
	s.json("finding", map[string]any{
		"code": d.ID(), "name": d.Code, "severity": d.Severity.String(), "text": d.Msg, "detail": d.Detail,
		"file": s.short(d.Pos.File), "line": d.Pos.Line, "column": d.Pos.Col,
	})
}

// events is a slog.Handler that makes an event of each line of the error log.
type events struct {
	screen *screen
	level  slog.Level
	attrs  []slog.Attr
}

func (e events) Enabled(_ context.Context, l slog.Level) bool { return l >= e.level }

func (e events) Handle(_ context.Context, r slog.Record) error {
	m := map[string]any{"level": logs.Name(r.Level), "text": r.Message}
	add := func(a slog.Attr) bool {
		m[a.Key] = a.Value.Resolve().Any()
		return true
	}
	for _, a := range e.attrs {
		add(a)
	}
	r.Attrs(add)
	e.screen.json("log", m)
	return nil
}

func (e events) WithAttrs(attrs []slog.Attr) slog.Handler {
	e.attrs = append(slices.Clip(e.attrs), attrs...)
	return e
}

// WithGroup returns e: nothing that logs here has groups.
func (e events) WithGroup(string) slog.Handler { return e }
