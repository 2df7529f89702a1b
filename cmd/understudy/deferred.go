package main

import (
	"fmt"
	"net/netip"
	"strings"

	"understudy/parser"
)

// A fact is something that nginx -t looks at and check does not: it is of the machine,
// not of the configuration.
type fact struct {
	Kind string `json:"kind"` // "host", "socket", "pid", "log", "certificate", "user", "module"
	Name string `json:"name"`
	spot
}

// kinds are the kinds of facts, in the order in which they are told, one and many.
var kinds = [][3]string{
	{"host", "host name", "host names"}, {"socket", "socket", "sockets"}, {"pid", "pid file", "pid files"},
	{"log", "log file", "log files"}, {"certificate", "certificate or key", "certificates and keys"},
	{"user", "user", "users"}, {"module", "module file", "module files"},
}

// deferred lists those facts.
func deferred(ds []*parser.Directive) []fact {
	var out []fact
	seen := map[[2]string]bool{}
	add := func(kind string, w parser.Word, name string) {
		if name != "" && !strings.Contains(name, "$") && !seen[[2]string{kind, name}] {
			seen[[2]string{kind, name}] = true
			out = append(out, fact{kind, name, spotOf(w.Pos)})
		}
	}
	var walk func([]*parser.Directive)
	walk = func(ds []*parser.Directive) {
		for _, d := range ds {
			if d.Err != nil {
				continue
			}
			if len(d.Args) > 0 {
				factsOf(d, add)
			}
			walk(d.Block)
		}
	}
	walk(ds)
	return out
}

func factsOf(d *parser.Directive, add func(string, parser.Word, string)) {
	w := d.Args[0]
	switch name := d.Name.Text; {
	case name == "listen":
		add("socket", w, w.Text)
	case name == "pid", name == "user":
		add(name, w, w.Text)
	case name == "load_module":
		add("module", w, w.Text)
	case name == "error_log" || name == "access_log":
		if w.Text != "off" && w.Text != "stderr" && !strings.HasPrefix(w.Text, "syslog:") {
			add("log", w, w.Text)
		}
	case strings.HasSuffix(name, "ssl_certificate"), strings.HasSuffix(name, "ssl_certificate_key"),
		strings.HasSuffix(name, "ssl_trusted_certificate"), name == "ssl_client_certificate", name == "ssl_dhparam", strings.HasSuffix(name, "ssl_crl"):
		if !strings.HasPrefix(w.Text, "data:") {
			add("certificate", w, w.Text)
		}
	case strings.HasSuffix(name, "_pass"), name == "server" && d.Block == nil, name == "resolver":
		add("host", w, hostOf(w.Text))
	}
}

// hostOf is the name that a URL or address has to be looked up for; "" if it has none.
func hostOf(text string) string {
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	if strings.HasPrefix(text, "unix:") || strings.HasPrefix(text, "[") {
		return ""
	}
	if i := strings.IndexAny(text, "/?"); i >= 0 {
		text = text[:i]
	}
	host, _, _ := strings.Cut(text, ":")
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return host
}

// withoutUpstreams leaves out the names that upstream blocks have.
func withoutUpstreams(facts []fact, ds []*parser.Directive) []fact {
	names := map[string]bool{}
	for _, d := range ds {
		for _, c := range d.Block {
			if c.Err == nil && c.Name.Text == "upstream" && len(c.Args) > 0 {
				names[strings.ToLower(c.Args[0].Text)] = true
			}
		}
	}
	out := facts[:0]
	for _, f := range facts {
		if f.Kind != "host" || !names[strings.ToLower(f.Name)] {
			out = append(out, f)
		}
	}
	return out
}

// deferredText is the line that says so: "deferred: 2 host names (api, db), 1 pid file".
func deferredText(facts []fact) string {
	var parts []string
	for _, k := range kinds {
		var names []string
		for _, f := range facts {
			if f.Kind == k[0] {
				names = append(names, f.Name)
			}
		}
		switch n := len(names); {
		case n == 0:
		case n == 1:
			parts = append(parts, fmt.Sprintf("1 %s (%s)", k[1], names[0]))
		case k[0] == "host" && n <= 4:
			parts = append(parts, fmt.Sprintf("%d %s (%s)", n, k[2], strings.Join(names, ", ")))
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, k[2]))
		}
	}
	return strings.Join(parts, ", ")
}
