package logs

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 21, 7, 53, 27, 0, time.Local)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func newTest(level slog.Level) (*slog.Logger, *bytes.Buffer) {
	var out bytes.Buffer
	return slog.New(NewHandler(Options{PID: 2396, Now: at(noon)}, Target{Level: level, To: NewStream(&out)})), &out
}

func TestLine(t *testing.T) {
	const head = "2026/11/21 07:53:27 "
	for _, tt := range []struct {
		name string
		log  func(*slog.Logger)
		want string
	}{
		{"upstream", func(l *slog.Logger) {
			l.Error("connect() failed (111: Connection refused) while connecting to upstream", "connection", 1,
				"client", "127.0.0.1", "server", "", "request", "GET / HTTP/1.1", "upstream", "http://127.0.0.1:1/", "host", "x")
		}, head + `[error] 2396#2396: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: , request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:1/", host: "x"`},
		{"plain", func(l *slog.Logger) { l.Log(context.Background(), Notice, "signal 1 (SIGHUP) received") },
			head + "[notice] 2396#2396: signal 1 (SIGHUP) received"},
		{"control bytes are escaped, all else is not", func(l *slog.Logger) { l.Warn("a \x01\x7f\n\"", "host", "\"\t\xff\x1b[2J") },
			head + `[warn] 2396#2396: a \x01\x7F\x0A", host: ""` + "\t\xff" + `\x1B[2J"`},
		{"attributes of the logger", func(l *slog.Logger) {
			l.With("connection", uint64(7), "client", "::1").Log(context.Background(), Crit, "m", "referrer", "r")
		}, head + `[crit] 2396#2396: *7 m, client: ::1, referrer: "r"`},
		{"debug has no context", func(l *slog.Logger) {
			l.With("client", "::1", "n", 2).Debug("http header", "connection", 3, "host", "x", "ok", true)
		}, head + `[debug] 2396#2396: *3 http header, n: 2, ok: true`},
		{"groups", func(l *slog.Logger) { l.WithGroup("a").Info("m", slog.Group("b", "c", 1)) },
			head + "[info] 2396#2396: m, a.b.c: 1"},
		{"levels between", func(l *slog.Logger) { l.Log(context.Background(), Alert+1, "m") }, head + "[alert] 2396#2396: m"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, out := newTest(Debug)
			tt.log(l)
			if got := out.String(); got != tt.want+"\n" {
				t.Errorf("got  %q\nwant %q", got, tt.want+"\n")
			}
		})
	}
}

func TestLongLine(t *testing.T) {
	l, out := newTest(Debug)
	for _, n := range []int{1900, 2000, 2100, 9000} {
		out.Reset()
		l.Error(strings.Repeat("x", n), "client", strings.Repeat("y", 200))
		if got := out.Len(); got != 2048 {
			t.Errorf("message of %d: a line of %d bytes, want 2048", n, got)
		}
		if out.Bytes()[2047] != '\n' {
			t.Errorf("message of %d: no newline", n)
		}
	}
}

func TestTargets(t *testing.T) {
	var all, few bytes.Buffer
	h := NewHandler(Options{}, Target{Level: Error, To: NewStream(&few)}, Target{Level: Info, To: NewStream(&all)})
	l := slog.New(h)
	l.Debug("d")
	l.Info("i")
	l.Warn("w")
	l.Error("e")
	if got := strings.Count(all.String(), "\n"); got != 3 {
		t.Errorf("info target: %d lines, want 3", got)
	}
	if got := strings.Count(few.String(), "\n"); got != 1 {
		t.Errorf("error target: %d lines, want 1", got)
	}
	if NewHandler(Options{}).Enabled(context.Background(), Emerg) {
		t.Error("enabled without targets")
	}
}

func TestLevels(t *testing.T) {
	for i, name := range []string{"emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"} {
		l, ok := ParseLevel(name)
		if !ok || Name(l) != name || Severity(l) != i {
			t.Errorf("%s: got %v %v, name %q, severity %d", name, l, ok, Name(l), Severity(l))
		}
	}
	if _, ok := ParseLevel("warning"); ok {
		t.Error("warning is a level")
	}
	if p, ok := ParsePart("debug_http"); !ok || !p.Has(DebugHTTP) || p.Has(DebugEvent) {
		t.Error("debug_http")
	}
	if _, ok := ParsePart("debug"); ok {
		t.Error("debug is a part")
	}
}

// A target with parts takes those and whatever is more than debug; nginx asks
// the log with the largest mask, and writes to all that are in debug at all.
func TestParts(t *testing.T) {
	http, _ := ParsePart("debug_http")
	event, _ := ParsePart("debug_event")
	for _, tt := range []struct {
		name string
		to   []Target
		ctx  context.Context
		want string
	}{
		{"debug", []Target{{Level: Debug}}, context.Background(), "event http info"},
		{"debug_http", []Target{{Level: Debug, Parts: http}}, context.Background(), "http info"},
		{"debug_http and debug_event", []Target{{Level: Debug, Parts: http}, {Level: Debug, Parts: event}}, context.Background(), "http http info info"},
		{"debug and error", []Target{{Level: Debug}, {Level: Error}}, context.Background(), "event http info"},
		{"info", []Target{{Level: Info}}, context.Background(), "info"},
		{"error", []Target{{Level: Error}}, context.Background(), ""},
		{"error, debug_connection", []Target{{Level: Error}}, Everything(), "event http info"},
		{"none, debug_connection", nil, Everything(), ""},
	} {
		var out strings.Builder
		for i := range tt.to {
			tt.to[i].To = NewStream(&out)
		}
		l := slog.New(NewHandler(Options{}, tt.to...))
		l.Log(tt.ctx, DebugEvent, "event")
		l.Log(tt.ctx, DebugHTTP, "http")
		l.Log(tt.ctx, Info, "info")
		var got []string
		for line := range strings.Lines(out.String()) {
			got = append(got, strings.Fields(line)[4])
			if word := got[len(got)-1]; (word == "info") == strings.Contains(line, "[debug]") {
				t.Errorf("%s: level of %q", tt.name, line)
			}
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, s, tt.want)
		}
	}
}

func TestAllocs(t *testing.T) {
	l := slog.New(NewHandler(Options{PID: 1}, Target{Level: Error, To: NewStream(discard{})}))
	ctx := context.Background()
	attrs := []slog.Attr{slog.Uint64("connection", 1), slog.String("client", "127.0.0.1"), slog.String("request", "GET / HTTP/1.1")}
	if n := testing.AllocsPerRun(100, func() { l.LogAttrs(ctx, Info, "m", attrs...) }); n != 0 {
		t.Errorf("a level that is off: %v allocations, want 0", n)
	}
	if n := testing.AllocsPerRun(100, func() { l.LogAttrs(ctx, Error, "m", attrs...) }); n > 1 {
		t.Errorf("a line: %v allocations, want at most 1", n)
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func TestMemory(t *testing.T) {
	m := NewMemory(10)
	m.WriteLine(Info, noon, []byte("1234\n"))
	if got := string(m.Bytes()); got != "1234\n" {
		t.Errorf("got %q", got)
	}
	m.WriteLine(Info, noon, []byte("abcdef\n"))
	if got := string(m.Bytes()); got != "34\nabcdef\n" {
		t.Errorf("got %q", got)
	}
	m.WriteLine(Info, noon, []byte("0123456789ABCDEFGHIJ"))
	if got := string(m.Bytes()); got != "ABCDEFGHIJ" {
		t.Errorf("got %q", got)
	}
}

func TestConsole(t *testing.T) {
	var out bytes.Buffer
	slog.New(NewConsole(&out, Info, false)).Log(context.Background(), Notice, "started", "workers", 2)
	if got := out.String(); !strings.HasSuffix(got, " [notice] started workers=2\n") {
		t.Errorf("got %q", got)
	}
	out.Reset()
	slog.New(NewConsole(&out, Info, true)).Error("broken")
	if got := out.String(); !strings.Contains(got, "\x1b[91m[error]") {
		t.Errorf("no colour in %q", got)
	}
}

func TestColor(t *testing.T) {
	for _, tt := range []struct {
		env      string
		terminal bool
		want     bool
	}{
		{"", true, true},
		{"", false, false},
		{"NO_COLOR=1", true, false},
		{"TERM=dumb", true, false},
		{"CLICOLOR=0", true, false},
		{"CLICOLOR_FORCE=1", false, true},
		{"CLICOLOR_FORCE=0", false, false},
		{"CLICOLOR_FORCE=1 TERM=dumb", false, true},
		{"CLICOLOR_FORCE=1 NO_COLOR=1", true, false},
	} {
		env := map[string]string{}
		for _, kv := range strings.Fields(tt.env) {
			k, v, _ := strings.Cut(kv, "=")
			env[k] = v
		}
		if got := Color(tt.terminal, func(k string) string { return env[k] }); got != tt.want {
			t.Errorf("%q terminal %v: got %v", tt.env, tt.terminal, got)
		}
	}
}
