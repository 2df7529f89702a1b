package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"

	"understudy/runtime/conn"
	"understudy/runtime/logs"
)

// An initialLog is where nginx logs before a configuration says where: a file,
// or standard error. While its console is on, what is warn or worse is told on
// standard error as well, unless that is where the log goes.
type initialLog struct {
	console *console
	file    *os.File // nil: standard error
	slog.Handler
}

// openInitialLog opens the file called name, or standard error if that is
// empty. A file that cannot be opened is an alert, and standard error stands
// in for it.
func openInitialLog(name string, level slog.Level, stderr io.Writer) *initialLog {
	l := &initialLog{console: &console{w: stderr}}
	l.console.on.Store(true)
	var to logs.Sink = logs.NewStream(stderr)
	direct := true
	if name != "" {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
		if err == nil {
			l.file, to, direct = f, logs.NewStream(f), false
		} else {
			l.console.printf(`[alert] could not open error log file: open() "%s" failed %s`, name, conn.ErrnoText(err))
		}
	}
	h := logs.NewHandler(logs.Options{PID: os.Getpid()}, logs.Target{Level: level, To: to})
	l.Handler = l.console.around(h, direct)
	return l
}

func (l *initialLog) Close() {
	if l.file != nil {
		l.file.Close()
	}
}

// A console is standard error while a person may be looking at it: until the
// first configuration is at work.
type console struct {
	w  io.Writer
	on atomic.Bool
}

// printf writes one line with nginx's name before it.
func (c *console) printf(format string, args ...any) {
	fmt.Fprintf(c.w, "nginx: "+format+"\n", args...)
}

// around returns h with the console beside it. direct says that h writes to
// standard error itself.
func (c *console) around(h slog.Handler, direct bool) slog.Handler {
	if direct {
		return h
	}
	return &consoleHandler{h, c}
}

type consoleHandler struct {
	slog.Handler
	console *console
}

func (h *consoleHandler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= logs.Warn && h.console.on.Load() {
		h.console.printf("[%s] %s", logs.Name(r.Level), r.Message)
	}
	return h.Handler.Handle(ctx, r)
}

func (h *consoleHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &consoleHandler{h.Handler.WithAttrs(attrs), h.console}
}

func (h *consoleHandler) WithGroup(name string) slog.Handler {
	return &consoleHandler{h.Handler.WithGroup(name), h.console}
}
