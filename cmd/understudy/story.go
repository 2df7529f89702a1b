package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"understudy/parser/diag"
	"understudy/runtime/header"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A storyteller prints what became of a request: one step a line, with the
// place in the configuration at its end.
type storyteller struct {
	w     io.Writer
	color palette
}

// column is where the text of a step begins.
const column = 16

func (t *storyteller) tell(q httpd.Query, at place, r *httpd.Request, trace *httpd.Trace, log []string) {
	t.line("request", fmt.Sprintf("%s %s, Host: %s, from %s", q.Method, q.Target, q.Host, q.Remote.Addr()), diag.Pos{})
	listening := at.address.Text
	if at.why != "" {
		listening += ": " + at.why
	}
	t.line("listen", listening, diag.Pos{})
	for _, e := range trace.Events {
		t.event(e)
	}
	for _, l := range log {
		t.line("error log", l, diag.Pos{})
	}
	if st := r.Resp.Status; st > 0 {
		text := fmt.Sprint(int(st))
		if l := r.Resp.Headers.Get(header.Location); l != nil {
			text += ", Location: " + string(l)
		}
		t.line("answer", text, diag.Pos{})
	}
}

// serverName is how a person would call a server.
func serverName(name string) string {
	if name == "" {
		return "without a name"
	}
	return name
}

// event prints one event. What won is marked; what lost is faint.
func (t *storyteller) event(e httpd.Event) {
	head, more, _ := strings.Cut(e.Text, "\n")
	head = strings.TrimSuffix(head, ", "+httpd.Declined.String())
	if head == httpd.Declined.String() {
		head = map[bool]string{true: "declines", false: "done"}[e.Phase == "content"]
		if e.Name == "rewrite" {
			head = "does not match"
		}
	}
	switch e.Phase {
	case "server":
		t.line("server", t.name(serverName(e.Name))+head, e.Pos)
	case "candidate":
		t.line("", t.color.cyan("? ")+t.name(e.Name)+head, e.Pos)
	case "lost":
		t.line("", t.color.faint("✘ "+e.Name+": "+head), e.Pos)
	case "location":
		t.line("location", t.color.green("✔ ")+t.name(e.Name)+head, e.Pos)
	case "note":
		t.line("", head, e.Pos)
	default:
		t.line(e.Phase, t.name(e.Name)+head, e.Pos)
	}
	if more = strings.TrimRight(more, "\r\n"); more != "" {
		for _, l := range strings.Split(more, "\n") {
			fmt.Fprintf(t.w, "%s%s %s\n", strings.Repeat(" ", column), t.color.faint("|"), t.color.cyan(printable(strings.TrimSuffix(l, "\r"))))
		}
	}
}

func (t *storyteller) name(s string) string {
	if s == "" {
		return ""
	}
	return t.color.bold(s) + ": "
}

func (t *storyteller) line(what, text string, at diag.Pos) {
	place := ""
	if at.IsValid() {
		place = "  " + t.color.faint(at.String())
	}
	fmt.Fprintf(t.w, "%s%s%s%s\n", t.color.bold(what), strings.Repeat(" ", max(column-len(what), 1)), text, place)
}

// A listener keeps what an explained request would have logged.
type listener struct{ lines []string }

func (l *listener) Enabled(_ context.Context, level slog.Level) bool { return level >= logs.Error }

func (l *listener) Handle(_ context.Context, r slog.Record) error {
	l.lines = append(l.lines, fmt.Sprintf("[%s] %s", logs.Name(r.Level), r.Message))
	return nil
}

func (l *listener) WithAttrs([]slog.Attr) slog.Handler { return l }

func (l *listener) WithGroup(string) slog.Handler { return l }
