package main

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"understudy/directives/spec"
	"understudy/parser/diag"
	"understudy/runtime/doctor"
	"understudy/runtime/httpd"
)

// showing is how much run shows of what it does.
type showing struct{ quiet, json bool }

func consoleFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "json", Usage: "write what happens to standard output, a JSON object a line"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "show neither where the configuration can be reached nor, on a terminal, requests: only what goes wrong"},
	}
}

func showingOf(c *cli.Context) showing { return showing{c.Bool("quiet"), c.Bool("json")} }

// A screen shows what the running configuration does: a few lines when it starts,
// then, on a terminal, one for each request, and one for each thing that goes wrong.
type screen struct {
	f       *foreground
	show    showing
	stdout  io.Writer
	folder  string // file names are relative to it, where that is shorter
	version string
	sockets sockets

	mu     sync.Mutex // for lines to be whole
	opened bool
}

func newScreen(f *foreground, show showing, stdout io.Writer) *screen {
	s := &screen{f: f, show: show, stdout: stdout, version: f.source.version}
	s.folder, _ = os.Getwd()
	return s
}

// shows reports whether each request is shown in a line: a person is looking. Where
// standard error is a file or a pipe, the access log is what has them.
func (s *screen) shows() bool {
	return !s.show.json && !s.show.quiet && onTerminal(s.f.stderr)
}

// logs reports whether requests are shown where the access log would be, which has no
// place in machine output, and on a terminal says the same twice, or what is not wanted.
func (s *screen) logs() bool {
	return s.show.json || (s.show.quiet || s.shows()) && onTerminal(s.stdout)
}

// attach has the requests of a configuration examined and shown.
func (s *screen) attach(c *configuration) {
	h := c.compiled.HTTP
	if h == nil {
		return
	}
	_, err := os.Stat("/.dockerenv")
	d := &doctor.Doctor{
		Where: func(l *httpd.Location, directive string) doctor.Setting {
			set := c.compiled.Setting(l, directive, s.version)
			set.Pos.File = s.short(set.Pos.File)
			return set
		},
		Listeners: s.sockets.listeners,
		Container: err == nil,
		Here:      here,
		Tell:      s.finding,
	}
	if s.show.json || s.shows() {
		d.Line = s.request
	}
	h.Doctor = d
}

// short is the name of a file as a person in this folder would write it.
func (s *screen) short(name string) string {
	if rel, err := filepath.Rel(s.folder, name); err == nil && len(rel) < len(name) {
		return rel
	}
	return name
}

// place is the file and line of a position.
func (s *screen) place(p diag.Pos) string {
	if !p.IsValid() {
		return ""
	}
	return fmt.Sprintf("%s:%d", s.short(p.File), p.Line)
}

// write writes a whole line, or more.
func (s *screen) write(w io.Writer, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	io.WriteString(w, text)
}

// request shows a request that has ended.
func (s *screen) request(l *doctor.Line) {
	if s.show.json {
		s.json("request", map[string]any{
			"status": l.Status, "seconds": l.Took.Seconds(), "method": l.Method, "target": l.Target, "host": l.Host,
			"location": l.Location, "file": s.short(l.Pos.File), "line": l.Pos.Line, "upstream": l.Upstream, "bytes": l.Sent,
		})
		return
	}
	color := s.f.color
	paint := color.green
	switch {
	case l.Status >= 500 || l.Status == 0:
		paint = color.red
	case l.Status >= 400:
		paint = color.yellow
	case l.Status >= 300:
		paint = color.cyan
	}
	text := fmt.Sprintf("%s %7s  %s %s", paint(fmt.Sprintf("%3d", l.Status)), took(l.Took), l.Method, l.Target)
	where := l.Location
	if at := s.place(l.Pos); at != "" {
		where += " " + at
	}
	text += "  " + color.faint(where)
	if len(l.Upstream) > 0 {
		text += "  → " + strings.Join(l.Upstream, ", ")
	}
	s.write(s.f.stderr, text+"\n")
}

// took is how long a request took.
func took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%dµs", d.Microseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1fs", d.Seconds())
}

// finding shows what went wrong.
func (s *screen) finding(x *doctor.Diagnosis) {
	if s.show.json {
		m := map[string]any{"code": x.ID(), "status": x.Status, "request": x.Request, "text": x.Text, "fix": x.Fix, "evidence": x.Values()}
		if x.Entry != nil {
			m["name"] = x.Entry.Name
		}
		if x.Setting.Text != "" {
			m["directive"], m["default"] = x.Setting.Text, !x.Setting.Pos.IsValid()
		}
		if p := x.Setting.Pos; p.IsValid() {
			m["file"], m["line"] = p.File, p.Line
		} else if p := x.At; p.IsValid() {
			m["file"], m["line"] = s.short(p.File), p.Line
		}
		s.json("finding", m)
		return
	}
	color := s.f.color
	s.write(s.f.stderr, fmt.Sprintf("%s %s: %s %s\n", color.yellow(x.ID()), x.Request, x.Text, color.cyan("→ "+x.Fix)))
}

// running shows where a configuration can be reached, and at first what else there
// is to know: six lines at most.
func (s *screen) running(c *configuration, at []string) {
	first := !s.opened
	s.opened = true
	switch {
	case s.show.json:
		open := openings(c, s.f.overlay.hosts)
		urls := make([]string, len(open))
		for i := range open {
			urls[i] = open[i].URL
		}
		s.json("running", map[string]any{
			"config": s.f.source.conf, "process": os.Getpid(), "listen": at, "servers": serversOf(c), "urls": urls, "open": open,
			"upstreams": healthOf(c), "overlay": s.f.overlay.lines(), "warnings": s.f.warnings,
		})
	case s.show.quiet:
	default:
		s.f.tell("%s is running (process %d), listening on %s", s.f.source.conf, os.Getpid(), strings.Join(at, ", "))
		if first {
			s.open(c)
		}
	}
}

// most is how many of a kind are named in a line.
const most = 4

func (s *screen) open(c *configuration) {
	line := func(name string, items []string) {
		if len(items) == 0 {
			return
		}
		text := strings.Join(items[:min(len(items), most)], ", ")
		if n := len(items) - most; n > 0 {
			text += fmt.Sprintf(" and %d more", n)
		}
		s.write(s.f.stderr, fmt.Sprintf("  %-9s %s\n", name, text))
	}
	open := openings(c, s.f.overlay.hosts)
	var texts []string
	for _, o := range open {
		text := o.URL
		if u, err := url.Parse(text); err == nil && o.Server != "" && o.Server != "_" && o.Server != u.Hostname() {
			text += s.f.color.faint(" (" + o.Server + ")")
		}
		texts = append(texts, text)
	}
	line("open", texts)
	var health []string
	for _, u := range healthOf(c) {
		text := u.Name + " " + s.f.color.green("up")
		if !u.Up {
			text = u.Name + " " + s.f.color.red("down")
		}
		health = append(health, text)
	}
	line("upstreams", health)
	line("overlay", s.f.overlay.lines())
	if s.f.warnings > 0 {
		line("warnings", []string{fmt.Sprintf("%d, above; understudy check %s has more", s.f.warnings, s.short(s.f.source.conf))})
	}
	if hint := s.explainHint(c); hint != "" {
		line("explain", []string{hint})
	}
}

// serversOf are the names of the servers.
func serversOf(c *configuration) (names []string) {
	if h := c.compiled.HTTP; h != nil {
		for _, srv := range h.Servers {
			if srv.Name != "" && !slices.Contains(names, srv.Name) {
				names = append(names, srv.Name)
			}
		}
	}
	return names
}

// A health is whether a server of an upstream takes connections.
type health struct {
	Name string `json:"name"`
	Up   bool   `json:"up"`
}

const (
	healthPatience = 300 * time.Millisecond
	healthMost     = 16 // servers that are asked
)

// healthOf connects to the servers that the configuration passes requests to.
func healthOf(c *configuration) []health {
	var groups []*spec.Group
	for _, block := range c.compiled.Main.Children {
		if block.In == spec.HTTP {
			groups = block.Upstreams()
		}
	}
	var list []health
	var wg sync.WaitGroup
	seen := map[string]bool{}
	type asked struct{ network, addr string }
	var ask []asked
	for _, g := range groups {
		if g.Servers == nil {
			continue
		}
		for _, p := range g.Servers.Peers() {
			if !seen[p.Addr] && len(list) < healthMost {
				seen[p.Addr] = true
				list, ask = append(list, health{Name: p.Name}), append(ask, asked{p.Network, p.Addr})
			}
		}
	}
	for i := range list {
		wg.Go(func() {
			if conn, err := net.DialTimeout(ask[i].network, ask[i].addr, healthPatience); err == nil {
				conn.Close()
				list[i].Up = true
			}
		})
	}
	wg.Wait()
	return list
}

// lines are what an overlay changes, in short.
func (o *overlay) lines() (text []string) {
	var ports []string
	for from, to := range o.ports {
		ports = append(ports, fmt.Sprintf("port %d is %d", from, to))
	}
	slices.Sort(ports)
	text = append(text, ports...)
	for _, kind := range [][]substitution{o.upstreams, o.hosts, o.paths} {
		for _, s := range kind {
			text = append(text, s.from+" is "+s.to)
		}
	}
	return text
}
