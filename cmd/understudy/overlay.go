package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/urfave/cli/v2"
)

// An overlay fits a configuration that is for another machine to this one. The
// configuration itself is not changed, and what it can see of itself neither:
// it is reached, and reaches out, by other addresses than it says.
type overlay struct {
	ports     map[int]int    // of the configuration, and where they are here
	upstreams []substitution // servers, and who stands in for them
	hosts     []substitution // names of the configuration, and what clients call them
	paths     []substitution // folders and files
	file      string         // that some of it is from; "": there is none
	said      []string       // the options of the command line that make it
	watch     bool
}

// A substitution is one thing for another.
type substitution struct{ from, to string }

// overlayFile is read beside a configuration.
const overlayFile = "understudy.toml"

// overlayFlags are the options that make an overlay: with check and explain they say what
// run does with them.
func overlayFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "port-map", Usage: "`80=8080,443=8443`: listen on the second where the configuration says the first"},
		&cli.StringSliceFlag{Name: "upstream", Usage: "`api:5001=localhost:3000`: connect to the second where the configuration says the first"},
		&cli.StringSliceFlag{Name: "host", Usage: "`prod.example.com=prod.localhost`: clients say the second, the configuration sees the first"},
		&cli.StringSliceFlag{Name: "path", Usage: "`/etc/nginx=./nginx`: files of the first folder are in the second"},
	}
}

func watchFlag() cli.Flag {
	return &cli.BoolFlag{Name: "watch", Aliases: []string{"w"}, Usage: "read the configuration again when a file of it changes"}
}

// overlayOf reads the options of a command, and the file beside the
// configuration for what they do not say.
func overlayOf(c *cli.Context, dir string) (*overlay, error) {
	said, err := readOverlay(filepath.Join(dir, overlayFile))
	if err != nil {
		return nil, err
	}
	o := &overlay{ports: map[int]int{}, file: said.name}
	o.watch = c.Bool("watch") || said.Watch && !c.IsSet("watch")
	for _, x := range []struct {
		flag string
		into *[]substitution
		file map[string]string
	}{{"upstream", &o.upstreams, said.Upstream}, {"host", &o.hosts, said.Host}, {"path", &o.paths, said.Path}} {
		if *x.into, err = substitutions(x.flag, c.StringSlice(x.flag), x.file); err != nil {
			return nil, err
		}
	}
	for _, flag := range []string{"port-map", "upstream", "host", "path"} {
		for _, v := range c.StringSlice(flag) {
			o.said = append(o.said, "--"+flag, v)
		}
	}
	ports, err := substitutions("port-map", c.StringSlice("port-map"), said.Ports)
	if err != nil {
		return nil, err
	}
	for _, s := range ports {
		from, to := portNumber(s.from), portNumber(s.to)
		if from == 0 || to == 0 {
			return nil, failf(exitUsage, `--port-map "%s=%s" is not two ports, such as 80=8080`, s.from, s.to)
		}
		o.ports[from] = to
	}
	for i := range o.paths {
		p := &o.paths[i]
		if !strings.HasPrefix(p.from, "/") {
			return nil, failf(exitUsage, `--path "%s=%s": the first path must be absolute, as in the configuration`, p.from, p.to)
		}
		if p.to, err = filepath.Abs(p.to); err != nil {
			return nil, failf(exitEnvironment, "%v", err)
		}
		p.from, p.to = strings.TrimRight(p.from, "/"), strings.TrimRight(filepath.ToSlash(p.to), "/")
	}
	slices.SortStableFunc(o.paths, func(a, b substitution) int { return len(b.from) - len(a.from) })
	for i := range o.hosts {
		o.hosts[i].from, o.hosts[i].to = strings.ToLower(o.hosts[i].from), strings.ToLower(o.hosts[i].to)
	}
	return o, nil
}

func portNumber(s string) int {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil {
		return 0
	}
	return int(n)
}

// substitutions reads the values of an option. What they do not name is taken
// from the file.
func substitutions(flag string, values []string, file map[string]string) ([]substitution, error) {
	var list []substitution
	given := map[string]bool{}
	for _, v := range values {
		if v == "" { // an empty variable of the environment
			continue
		}
		from, to, ok := strings.Cut(v, "=")
		if !ok || from == "" || to == "" {
			return nil, failf(exitUsage, "--%s %q is not of the form A=B", flag, v)
		}
		if given[from] {
			return nil, failf(exitUsage, "--%s names %q twice", flag, from)
		}
		given[from] = true
		list = append(list, substitution{from, to})
	}
	n := len(list)
	for from, to := range file {
		if !given[from] {
			list = append(list, substitution{from, to})
		}
	}
	slices.SortStableFunc(list[n:], func(a, b substitution) int { return strings.Compare(a.from, b.from) })
	return list, nil
}

// An overlayText is what the file says.
type overlayText struct {
	Ports    map[string]string `toml:"-"`
	PortMap  map[string]any    `toml:"port-map"`
	Upstream map[string]string `toml:"upstream"`
	Host     map[string]string `toml:"host"`
	Path     map[string]string `toml:"path"`
	Watch    bool              `toml:"watch"`

	name string
}

// readOverlay reads the file, which need not be there. Paths in it are relative
// to its folder.
func readOverlay(name string) (*overlayText, error) {
	t := &overlayText{}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return nil, failf(exitEnvironment, "%v", err)
	}
	t.name = name
	meta, err := toml.Decode(string(text), t)
	var wrong toml.ParseError
	switch {
	case errors.As(err, &wrong):
		return nil, failf(exitUsage, "%s:%d: %s", name, wrong.Position.Line, wrong.Message)
	case err != nil:
		return nil, failf(exitUsage, "%s: %v", name, err)
	}
	if left := meta.Undecoded(); len(left) > 0 {
		return nil, failf(exitUsage, "%s: %q is not known: there are port-map, upstream, host, path and watch", name, left[0].String())
	}
	t.Ports = map[string]string{}
	for from, to := range t.PortMap {
		t.Ports[from] = fmt.Sprint(to)
	}
	for from, to := range t.Path {
		if !filepath.IsAbs(to) {
			t.Path[from] = filepath.Join(filepath.Dir(name), to)
		}
	}
	return t, nil
}

// path returns where a file of the configuration is.
func (o *overlay) path(name string) string {
	if o == nil {
		return name
	}
	for _, p := range o.paths {
		if rest, ok := strings.CutPrefix(name, p.from); ok && (rest == "" || rest[0] == '/') {
			return p.to + rest
		}
	}
	return name
}

// port returns the configuration's own port of one that clients use.
func (o *overlay) port(port int) int {
	if o != nil {
		for from, to := range o.ports {
			if to == port {
				return from
			}
		}
	}
	return port
}

// host returns the configuration's own name of one that clients use.
func (o *overlay) host(name string) string {
	if o != nil {
		for _, h := range o.hosts {
			if strings.EqualFold(h.to, name) {
				return h.from
			}
		}
	}
	return name
}
