package main

import (
	"fmt"
	"strings"

	"understudy/directives"
	"understudy/directives/spec"
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

// deferred lists those facts, as the overlay has them.
func deferred(ds []*parser.Directive, o *overlay) []fact {
	var out []fact
	upstreams := map[string]bool{} // whose names are no host's
	for _, d := range ds {
		for _, c := range d.Block {
			if c.Err == nil && c.Name.Text == "upstream" && len(c.Args) > 0 {
				upstreams[strings.ToLower(c.Args[0].Text)] = true
			}
		}
	}
	seen := map[[2]string]bool{}
	var walk func([]*parser.Directive)
	walk = func(ds []*parser.Directive) {
		for _, d := range ds {
			if d.Err != nil {
				continue
			}
			w, names := directives.Table.NamedBy(d)
			if kind := namesKind[names]; w != nil && kind != "" {
				name := w.Text
				if names == spec.ServerAddress {
					if name = hostOf(o.server(name)); upstreams[strings.ToLower(name)] {
						name = ""
					}
				}
				if key := [2]string{kind, name}; name != "" && !strings.Contains(name, "$") && !seen[key] {
					seen[key] = true
					out = append(out, fact{kind, name, spotOf(w.Pos)})
				}
			}
			walk(d.Block)
		}
	}
	walk(ds)
	return out
}

// namesKind are the kinds of facts that directives name.
var namesKind = map[spec.Names]string{
	spec.SocketAddress: "socket", spec.PidFile: "pid", spec.UserName: "user", spec.ModuleFile: "module", spec.LogFile: "log",
	spec.CertificateFile: "certificate", spec.ServerAddress: "host",
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
