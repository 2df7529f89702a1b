package lint

import (
	"strings"

	"understudy/parser/diag"
	"understudy/runtime/httpd"
)

// way is where the location is that a request found first, and the one it ended in.
func (a answer) way() (first diag.Pos, last *httpd.Location) {
	for _, e := range a.trace.Events {
		if e.Phase == "location" {
			return e.Pos, a.trace.Location
		}
	}
	return diag.Pos{}, a.trace.Location
}

// found is where the location is that a request found first.
func (a answer) found() diag.Pos {
	first, _ := a.way()
	return first
}

// version is the name of what stands among the fields of a request for its version.
const version = ":version"

// upstream is the request that the upstream gets; ok is false if none gets one, or it
// is not one of HTTP.
func (a answer) upstream() (target string, fields [][2]string, ok bool) {
	if a.trace.Asked == nil || a.trace.Asked.Text != "" {
		return "", nil, false
	}
	head, _, _ := strings.Cut(string(a.trace.Asked.Request), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	words := strings.Split(lines[0], " ")
	if len(words) != 3 || !strings.HasPrefix(words[2], "HTTP/") {
		return "", nil, false
	}
	fields = append(fields, [2]string{version, words[2]})
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		fields = append(fields, [2]string{strings.ToLower(name), strings.TrimSpace(value)})
	}
	return words[1], fields, true
}

// field is the value of a field, by its name in lower case.
func field(fields [][2]string, name string) (string, bool) {
	for _, f := range fields {
		if f[0] == name {
			return f[1], true
		}
	}
	return "", false
}

// asks is what a request at a place makes the upstream get; ok is false if that cannot
// be said.
func (l *linter) asks(p *place, header ...[2]string) (target string, fields [][2]string, ok bool) {
	if l.proof(p) == nil {
		return "", nil, false
	}
	w := *l.proof(p)
	w.query.Header = header
	a, ok := l.ask(w)
	if !ok || a.trace.Location != p.loc {
		return "", nil, false
	}
	return a.upstream()
}
