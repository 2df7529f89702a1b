package logs

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// A Sink takes finished lines of an error log. It is called concurrently, and
// keeps nothing of the line.
type Sink interface {
	WriteLine(level slog.Level, now time.Time, line []byte)
}

// A Target is one error_log directive.
type Target struct {
	Level slog.Level // the least level that is written
	Parts Parts      // of the debug log, if Level is Debug; none stands for all
	To    Sink
}

// parts returns the parts of the debug log that t asks for.
func (t *Target) parts() Parts {
	switch {
	case t.Level > Debug:
		return 0
	case t.Parts == 0:
		return AllParts
	}
	return t.Parts
}

// takes reports whether t writes lines of a level, given that somebody takes
// them: which parts of the debug log there are is up to one target for all.
func (t *Target) takes(l slog.Level) bool { return max(l, Debug) >= t.Level }

// Everything is a context in which every target takes every level: that of a
// connection that debug_connection names.
func Everything() context.Context { return everything }

type everythingKey struct{}

var everything = context.WithValue(context.Background(), everythingKey{}, true)

// Options are what lines need to know of the process.
type Options struct {
	PID int
	Now func() time.Time // nil: the time of the record
}

// A Handler is a slog.Handler that writes the lines of nginx's error_log:
//
//	2026/11/21 07:53:27 [error] 2396#2396: *1 message, client: 127.0.0.1, server: , request: "GET / HTTP/1.1"
//
// The attribute "connection" becomes the number after the star; the others
// follow the message in their order.
type Handler struct {
	targets []Target
	least   slog.Level
	debug   Parts // of the debug log that are written
	opts    Options
	conn    slog.Value // of WithAttrs
	suffix  []byte     // attributes of WithAttrs, as they are written
	context []byte     // those of them that debug lines leave out
	group   string     // of WithGroup, with its dot
	lines   *sync.Pool // of *[]byte
}

// NewHandler returns a handler for targets. Without any, nothing is enabled.
func NewHandler(o Options, targets ...Target) *Handler {
	h := &Handler{targets: slices.Clone(targets), least: slog.Level(1 << 30), opts: o}
	for _, t := range targets {
		h.least = min(h.least, t.Level)
		h.debug = max(h.debug, t.parts()) // nginx asks the first log, which is the one with the largest mask
	}
	h.lines = &sync.Pool{New: func() any {
		b := make([]byte, 0, maxLine)
		return &b
	}}
	return h
}

// Enabled reports whether any target takes lines of the level.
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool {
	if l < Debug {
		return h.debug&part(l) != 0 || ctx == everything && len(h.targets) > 0
	}
	return l >= h.least || ctx == everything && len(h.targets) > 0
}

// Handle writes one line to every target that takes its level.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	now := r.Time
	if h.opts.Now != nil {
		now = h.opts.Now()
	}
	buf := h.lines.Get().(*[]byte)
	line := h.format((*buf)[:0], now, &r)
	for i := range h.targets {
		if t := &h.targets[i]; t.takes(r.Level) || ctx == everything {
			t.To.WriteLine(r.Level, now, line)
		}
	}
	if cap(line) <= 2*maxLine { // a message may have been far too long
		*buf = line[:0]
		h.lines.Put(buf)
	}
	return nil
}

// WithAttrs returns a handler that adds attributes to each line.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	n := *h
	n.suffix, n.context = slices.Clip(n.suffix), slices.Clip(n.context)
	for _, a := range attrs {
		if a.Key == "connection" && h.group == "" {
			n.conn = a.Value.Resolve()
			continue
		}
		n.suffix = appendAttr(n.suffix, h.group, a)
		if !isContext(a.Key) {
			n.context = appendAttr(n.context, h.group, a)
		}
	}
	return &n
}

// WithGroup returns a handler that puts name before the keys that follow.
func (h *Handler) WithGroup(name string) slog.Handler {
	n := *h
	if name != "" {
		n.group += name + "."
	}
	return &n
}
