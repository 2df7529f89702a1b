package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"understudy/runtime/logs"
)

// A journal is a log whose place may change: first the initial log, then what
// the configuration says. It can be written to by code that knows no slog.
type journal struct{ h atomic.Pointer[slog.Handler] }

func newJournal(h slog.Handler) *journal {
	j := new(journal)
	j.use(h)
	return j
}

// use makes h the place of all that follows.
func (j *journal) use(h slog.Handler) { j.h.Store(&h) }

func (j *journal) handler() slog.Handler { return *j.h.Load() }

func (j *journal) printf(level slog.Level, format string, args ...any) {
	h := j.handler()
	if h.Enabled(context.Background(), level) {
		// Nobody could be told of an error.
		_ = h.Handle(context.Background(), slog.NewRecord(time.Now(), level, fmt.Sprintf(format, args...), 0))
	}
}

// words is a listen.Log.
func (j *journal) words(level, text string) {
	if level == "err" {
		level = "error"
	}
	l, _ := logs.ParseLevel(level)
	j.printf(l, "%s", text)
}

// A journal is a slog.Handler.

func (j *journal) Enabled(ctx context.Context, l slog.Level) bool {
	return j.handler().Enabled(ctx, l)
}

func (j *journal) Handle(ctx context.Context, r slog.Record) error {
	return j.handler().Handle(ctx, r)
}

func (j *journal) WithAttrs(attrs []slog.Attr) slog.Handler { return j.handler().WithAttrs(attrs) }

func (j *journal) WithGroup(name string) slog.Handler { return j.handler().WithGroup(name) }
