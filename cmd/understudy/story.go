package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"strings"

	"understudy/parser/diag"
	"understudy/runtime/httpd"
	"understudy/runtime/logs"
)

// A storyteller prints what became of a request: one step a line, with the
// place in the configuration at its end.
type storyteller struct {
	w     io.Writer
	color palette
	at    spot // of the step before
}

// column is where the text of a step begins.
const column = 16

func (t *storyteller) tell(x *explanation) {
	q := &x.Request
	switch {
	case q.Method != "":
		t.line("request", fmt.Sprintf("%s %s, Host: %s, from %s", q.Method, q.Target, q.Host, host(q.Client)), spot{})
	case q.SNI != "":
		t.line("session", fmt.Sprintf("%s to %s, SNI %s, from %s", q.Scheme, q.Host, q.SNI, host(q.Client)), spot{})
	default:
		t.line("session", fmt.Sprintf("%s to %s, from %s", q.Scheme, q.Host, host(q.Client)), spot{})
	}
	listening := x.Listen.Address
	if x.Listen.Why != "" {
		listening += ": " + x.Listen.Why
	}
	t.line("listen", listening, spot{})
	for _, s := range x.Steps {
		t.step(s)
	}
	for _, l := range x.Log {
		t.line("error log", l, spot{})
	}
	if x.Status > 0 && q.Method != "" {
		text := fmt.Sprint(x.Status)
		if x.Redirect != "" {
			text += ", Location: " + x.Redirect
		}
		t.line("answer", text, spot{})
	}
	for i, f := range x.Headers {
		t.line(first1(i, "header"), fmt.Sprintf("%s %s (%s)", t.color.bold(f.Name+":"), printable(f.Value), f.By), f.spot)
	}
	for i, v := range x.Variables {
		text := t.color.bold(v.Name) + " is not set"
		switch {
		case v.Note != "":
			text = t.color.bold(v.Name) + ": " + v.Note
		case v.Value != nil:
			text = fmt.Sprintf("%s = %q", t.color.bold(v.Name), *v.Value)
		}
		t.line(first1(i, "variable"), text, spot{})
	}
	word := "in force"
	for _, e := range x.Effective {
		if len(e.Lost) == 0 && e.Given[0].Default {
			continue // JSON has all of them
		}
		t.effective(word, e)
		word = ""
	}
}

// first1 is the word at the head of the first of several lines.
func first1(i int, word string) string {
	if i > 0 {
		return ""
	}
	return word
}

// host is an address without its port.
func host(addr string) string {
	if a, err := netip.ParseAddrPort(addr); err == nil {
		return a.Addr().String()
	}
	return addr
}

// effective prints what a directive comes to, and what does not count.
func (t *storyteller) effective(what string, e effective) {
	for i, g := range e.Given {
		text := g.Text
		if g.Default {
			text += t.color.faint("  the default")
		} else if g.Block != "" {
			text += t.color.faint("  in " + g.Block)
		}
		t.line(first1(i, what), text, g.spot)
	}
	for i, l := range e.Lost {
		text := t.color.yellow("✘ " + l.Text)
		if l.By != nil {
			text += " is hidden by " + l.By.Text + t.color.faint(" "+l.By.place())
		} else {
			text += " is not inherited"
		}
		t.line(first1(i+len(e.Given), what), text, l.spot)
	}
}

func (s spot) place() string { return diag.Pos{File: s.File, Line: s.Line, Col: s.Col}.String() }

// serverName is how a person would call a server.
func serverName(name string) string {
	if name == "" {
		return "without a name"
	}
	return name
}

// step prints one step. What won is marked; what lost is faint.
func (t *storyteller) step(e step) {
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
		t.line("server", t.name(serverName(e.Name))+head, e.spot)
	case "candidate":
		t.line("", t.color.cyan("? ")+t.name(e.Name)+head, e.spot)
	case "lost":
		t.line("", t.color.faint("✘ "+e.Name+": "+head), e.spot)
	case "location":
		t.line("location", t.color.green("✔ ")+t.name(e.Name)+head, e.spot)
	case "note":
		at := e.spot
		if at == t.at {
			at = spot{}
		}
		t.line("", printable(head), at)
	default:
		t.line(e.Phase, t.name(e.Name)+head, e.spot)
	}
	t.at = e.spot
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

func (t *storyteller) line(what, text string, at spot) {
	place := ""
	if at.Line > 0 {
		place = "  " + t.color.faint(at.place())
	}
	fmt.Fprintf(t.w, "%s%s%s%s\n", t.color.bold(what), strings.Repeat(" ", max(column-len(what), 1)), text, place)
}

// A listener keeps what an explained request would have logged.
type listener struct{ lines []string }

func (l *listener) Enabled(_ context.Context, level slog.Level) bool { return level >= logs.Info }

func (l *listener) Handle(_ context.Context, r slog.Record) error {
	l.lines = append(l.lines, fmt.Sprintf("[%s] %s", logs.Name(r.Level), r.Message))
	return nil
}

func (l *listener) WithAttrs([]slog.Attr) slog.Handler { return l }

func (l *listener) WithGroup(string) slog.Handler { return l }
