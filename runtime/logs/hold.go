package logs

import (
	"context"
	"log/slog"
	"sync"
)

// A Held is lines for people that wait until it is known whether something else says
// what they say. Its methods may be called from several goroutines.
type Held struct {
	mu    sync.Mutex
	lines []heldLine
}

type heldLine struct {
	to     slog.Handler
	record slog.Record
}

// Write writes what waits, and forgets those lines whose message is known; nil: none is.
func (h *Held) Write(known func(message string) bool) {
	h.mu.Lock()
	lines := h.lines
	h.lines = nil
	h.mu.Unlock()
	for _, l := range lines {
		if known == nil || !known(l.record.Message) {
			// Nobody could be told of an error.
			_ = l.to.Handle(context.Background(), l.record)
		}
	}
}

type heldKey struct{}

// Holding returns a context whose lines wait in h, where they may. That of a connection
// of which everything is logged stays as it is.
func Holding(ctx context.Context, h *Held) context.Context {
	if ctx == everything {
		return ctx
	}
	return context.WithValue(ctx, heldKey{}, h)
}

// Patient returns a handler for lines that may wait: those from Warn to Crit do, if
// their context is of Holding.
func Patient(h slog.Handler) slog.Handler { return patient{h} }

type patient struct{ slog.Handler }

func (p patient) Handle(ctx context.Context, r slog.Record) error {
	h, ok := ctx.Value(heldKey{}).(*Held)
	if !ok || r.Level < Warn || r.Level > Crit {
		return p.Handler.Handle(ctx, r)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, heldLine{p.Handler, r.Clone()})
	return nil
}

func (p patient) WithAttrs(attrs []slog.Attr) slog.Handler {
	return patient{p.Handler.WithAttrs(attrs)}
}

func (p patient) WithGroup(name string) slog.Handler { return patient{p.Handler.WithGroup(name)} }
