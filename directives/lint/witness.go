package lint

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"understudy/directives/http/httpcore"
	"understudy/runtime/httpd"
)

// A door is an address at which a server is reached, with the host that does.
type door struct {
	addr  *httpd.Address
	local netip.AddrPort
	host  string
	named bool // by a name of the server, not as the default
}

// port is that of the address as a Host field has it: "" for the scheme's own.
func (d door) port() string {
	if p := d.local.Port(); p != 80 && !d.addr.SSL || p != 443 && d.addr.SSL {
		return fmt.Sprintf(":%d", p)
	}
	return ""
}

// A witness is a request that shows something.
type witness struct {
	door  door
	query httpd.Query
}

// An answer is what the engine says of a witness.
type answer struct {
	*httpd.Request
	trace *httpd.Trace
	log   []string
}

// reach finds for each server how a client comes to it.
func (l *linter) reach(all httpcore.Listening, servers map[*httpd.Server]*server) {
	for i, port := range all.Ports {
		local, err := netip.ParseAddrPort(all.Entries[i].Addr)
		if err != nil { // a unix socket: any address does
			local = netip.MustParseAddrPort("127.0.0.1:80")
		}
		addrs := slices.SortedFunc(maps.Keys(port.Addrs), netip.Addr.Compare)
		for _, a := range addrs {
			l.enter(port.Addrs[a], netip.AddrPortFrom(a, local.Port()), servers)
		}
		if port.Any != nil {
			l.enter(port.Any, local, servers)
		}
	}
}

// enter tries the names of all servers at one address.
func (l *linter) enter(a *httpd.Address, local netip.AddrPort, servers map[*httpd.Server]*server) {
	for _, s := range l.servers {
		host := ""
		for _, name := range s.srv.Names {
			h := strings.ToLower(name)
			switch {
			case h == "" || h == "_" || strings.HasPrefix(h, "~") || strings.Contains(h, "$"):
				continue
			case strings.HasPrefix(h, "*."):
				h = "www" + h[1:]
			case strings.HasPrefix(h, "."):
				h = h[1:]
			case strings.HasSuffix(h, ".*"):
				h = h[:len(h)-1] + "example"
			}
			// An address with one server does not look at names.
			if got, _, _ := a.Find(nil, []byte(h)); got == s.srv {
				host = h
				break
			}
		}
		switch {
		case host != "":
			s.doors = append(s.doors, door{a, local, host, true})
		case a.Default == s.srv:
			for _, h := range []string{"localhost", "example.com"} {
				if got, _, _ := a.Find(nil, []byte(h)); got == s.srv {
					s.doors = append(s.doors, door{a, local, h, false})
					break
				}
			}
		}
	}
}

// query is a GET of a target at a door, as a browser makes it.
func (d door) query(target string) httpd.Query {
	return httpd.Query{
		Method: "GET", Target: target, Host: d.host + d.port(), Local: d.local, Secure: d.addr.SSL,
		Remote: netip.MustParseAddrPort("127.0.0.1:54321"),
	}
}

// ask takes a request through the configuration, once.
func (l *linter) ask(w witness) (a answer, ok bool) {
	key := question{addr: w.door.addr, host: w.query.Host, target: w.query.Target, fields: len(w.query.Header)}
	if len(w.query.Header) > 0 {
		key.first = w.query.Header[0][0]
	}
	if a, ok := l.asked[key]; ok {
		return a, a.Request != nil
	}
	l.log.lines = nil
	r, t, err := w.door.addr.Explain(l.c.HTTP, w.query)
	if err == nil {
		a = answer{r, t, l.log.lines}
	}
	l.asked[key] = a
	return a, err == nil
}

// A question is what tells witnesses apart: each list of fields that rules send has a
// length and a first name of its own.
type question struct {
	addr         *httpd.Address
	host, target string
	fields       int
	first        string
}

// proof is a request that ends in p; nil if none is known. It is looked for when it is
// first asked for: most places of a large configuration are nobody's concern.
func (l *linter) proof(p *place) *witness {
	if !p.tried {
		p.tried = true
		l.prove(p)
	}
	return p.shown
}

func (l *linter) prove(p *place) {
	switch {
	case len(p.server.doors) == 0 || p.loc == p.server.srv.Root:
		return
	case p.loc.Match == httpd.Named:
		// Others lead here.
		for _, q := range l.places {
			if q.server == p.server && q.loc.Match != httpd.Named && p.shown == nil {
				l.proof(q)
			}
		}
		return
	}
	d := p.server.doors[0]
	for _, target := range targets(p.loc) {
		w := witness{d, d.query(target)}
		a, ok := l.ask(w)
		if !ok {
			return
		}
		first, last := a.way()
		for _, loc := range []*httpd.Location{last, a.Request.Loc} {
			if q := l.byLoc[loc]; q != nil && q != p && q.loc.Match == httpd.Named && q.shown == nil {
				q.shown = &w
			}
		}
		if first == p.loc.Pos && last == p.loc {
			p.shown = &w
			return
		}
	}
}

// targets are request targets that may end in a location.
func targets(loc *httpd.Location) []string {
	name := loc.Name
	switch loc.Match {
	case httpd.Exact:
		return []string{escape(name)}
	case httpd.Regex:
		var out []string
		for _, s := range samples(name) {
			out = append(out, escape(s))
		}
		return out
	}
	if strings.HasSuffix(name, "/") {
		return []string{escape(name + "x"), escape(name)}
	}
	return []string{escape(name), escape(name + "/x")}
}

// escape writes a path as a request line has it.
func escape(path string) string {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	var b strings.Builder
	for i := range len(path) {
		if c := path[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`%?#"<>\^{}|`, c) >= 0 || c == '`' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// A Log keeps what the engine logs about witnesses: it has to be the handler of the
// log of the compilation.
type Log struct{ lines []string }

// Enabled is true of all levels.
func (g *Log) Enabled(context.Context, slog.Level) bool { return true }

// Handle keeps the text of a record.
func (g *Log) Handle(_ context.Context, rec slog.Record) error {
	g.lines = append(g.lines, rec.Message)
	return nil
}

// WithAttrs is the same log: nobody asks for attributes.
func (g *Log) WithAttrs([]slog.Attr) slog.Handler { return g }

// WithGroup is the same log.
func (g *Log) WithGroup(string) slog.Handler { return g }
