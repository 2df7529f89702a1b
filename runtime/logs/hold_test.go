package logs_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"understudy/runtime/logs"
)

// Lines of a request wait until somebody writes them; others and worse ones do not.
func TestHeld(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(logs.Patient(logs.NewConsole(&out, logs.Info, false)))
	said := func() string {
		var words []string
		for line := range strings.Lines(out.String()) {
			words = append(words, strings.Fields(line)[2])
		}
		out.Reset()
		return strings.Join(words, " ")
	}
	var h logs.Held
	ctx := logs.Holding(context.Background(), &h)
	for _, l := range []struct {
		level slog.Level
		text  string
	}{{logs.Info, "info"}, {logs.Warn, "warn"}, {logs.Error, "error"}, {logs.Crit, "crit"}, {logs.Alert, "alert"}} {
		log.Log(ctx, l.level, l.text)
	}
	log.Error("other")
	if got := said(); got != "info alert other" {
		t.Errorf("at once: %s", got)
	}
	h.Write(func(message string) bool { return message == "crit" })
	if got := said(); got != "warn error" {
		t.Errorf("all but those that are known: %s", got)
	}
	h.Write(nil)
	log.Log(ctx, logs.Error, "more")
	h.Write(nil)
	if got := said(); got != "more" {
		t.Errorf("later: %s", got)
	}
	log.With("a", 1).Log(logs.Holding(logs.Everything(), &h), logs.Error, "everything")
	if got := said(); got != "everything" {
		t.Errorf("of a connection that is debugged: %s", got)
	}
}
