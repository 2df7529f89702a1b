package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"understudy/cmd/understudy/stock"
	"understudy/directives"
	"understudy/directives/lint"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/zone"
)

// candidates are where a folder may have its configuration.
var candidates = []string{"nginx.conf", "nginx/nginx.conf", "conf/nginx.conf", "etc/nginx/nginx.conf"}

// findConf returns the main configuration file that an argument names: the
// file itself, or that of a folder.
func findConf(arg string) (string, error) {
	info, err := os.Stat(arg)
	if err != nil {
		return "", failf(exitEnvironment, "%v", err)
	}
	if !info.IsDir() {
		return arg, nil
	}
	for _, c := range candidates {
		name := filepath.Join(arg, c)
		if info, err := os.Stat(name); err == nil && !info.IsDir() {
			return name, nil
		}
	}
	if isImage(arg) {
		return filepath.Join(arg, "nginx.conf"), nil
	}
	if found, _ := filepath.Glob(filepath.Join(arg, "*.conf")); len(found) > 0 {
		return filepath.Join(arg, everyConf), nil
	}
	return "", failf(exitEnvironment, "%s has no nginx.conf, and no *.conf", arg)
}

// everyConf stands for a file that includes all *.conf of its folder.
const everyConf = "*.conf"

// A source is a configuration that a command reads for a person: names in it
// are shown as they were given.
type source struct {
	conf     string
	prefix   string // absolute, with a final "/"
	fragment bool   // supply what a fragment lacks
	version  string // of nginx
	globals  string // directives before those of the file; "": none

	tree      *parser.Tree
	supplied  []string                 // blocks that were missing
	overlay   *overlay                 // nil: there is none, but run needs one
	reread    func() (*overlay, error) // nil: the overlay stays
	templates *templating              // of the folder of the configuration
	read      []string                 // files that were read or looked for, and folders of patterns

	part    bool     // the tree is a part of a configuration
	whole   bool     // it is known to be none
	stock   []string // included files that are not here, and that stock has
	asides  []aside  // what is passed over
	besides []string // files of /etc/nginx that are beside the configuration
	lenient bool     // the configuration is to run, as well as it can here
}

// confFlags are the options of every command that reads a configuration.
func confFlags() []cli.Flag {
	return append(overlayFlags(), []cli.Flag{
		&cli.StringFlag{Name: "prefix", Aliases: []string{"p"}, Usage: "`DIR` that relative names are relative to (default: that of the configuration)"},
		&cli.StringFlag{Name: "target", Value: target, Usage: "the `VERSION` of nginx whose defaults apply"},
		colorFlag(),
	}...)
}

func colorFlag() cli.Flag {
	return &cli.StringFlag{Name: "color", Value: "auto", Usage: "auto, always or never"}
}

// sourceOf reads confFlags for the configuration that arg names.
func sourceOf(c *cli.Context, arg string) (*source, error) {
	conf, err := findConf(arg)
	if err != nil {
		return nil, err
	}
	s := &source{conf: conf, fragment: true, version: targetVersion(c.String("target"))}
	if !isVersion(s.version) {
		return nil, failf(exitUsage, "--target %q is no version of nginx, such as %s or nginx-1.24", c.String("target"), target)
	}
	s.prefix = c.String("prefix")
	if s.prefix == "" {
		s.prefix = filepath.Dir(conf)
	}
	if s.prefix, err = filepath.Abs(s.prefix); err != nil {
		return nil, failf(exitEnvironment, "%v", err)
	}
	s.prefix = strings.TrimSuffix(filepath.ToSlash(s.prefix), "/") + "/"
	s.reread = func() (*overlay, error) { return overlayOf(c, filepath.Dir(conf)) }
	s.overlay, err = s.reread()
	return s, err
}

// targetVersion is the version that --target means: nginx-1.24 is the last of that branch.
func targetVersion(name string) string {
	v := strings.TrimPrefix(name, "nginx-")
	if strings.HasPrefix(target, v+".") {
		return target
	}
	if last, ok := lint.Targets[v]; ok {
		return last
	}
	return v
}

func isVersion(s string) bool {
	parts := strings.Split(s, ".")
	for _, p := range parts {
		if _, ok := spec.ParseNumber(p); !ok {
			return false
		}
	}
	return len(parts) == 3
}

// load reads the tree. A main file that cannot be read is a failure.
func (s *source) load() error {
	s.whole = false
	if err := s.loadOnce(); err != nil {
		return err
	}
	if s.part || !slices.ContainsFunc(s.asides, func(a aside) bool { return a.beside }) {
		return nil
	}
	s.whole = true
	return s.loadOnce()
}

func (s *source) loadOnce() error {
	s.stock, s.asides, s.read, s.besides, s.supplied = nil, nil, nil, nil, nil
	s.templates = templatesOf(filepath.ToSlash(filepath.Dir(s.conf)), os.Environ())
	if strings.HasSuffix(s.conf, s.templates.suffix) {
		s.templates.templated[s.conf] = true
	}
	tree, err := parser.Load(s.conf, parser.Options{Command: s.globals, ReadFile: s.readFile, Glob: s.glob, Where: s.where, Missing: s.missing})
	if err != nil && len(tree.Files) == 0 {
		return failf(exitEnvironment, "%v", err)
	}
	s.tree, s.part = tree, s.isPart(tree)
	s.paths(tree.Directives)
	if s.fragment {
		s.supplied = complete(tree, directives.Table)
		if s.part && s.lenient {
			s.passOver(tree)
		}
	}
	return nil
}

// readFile reads a file, or takes it from those that come with nginx.
func (s *source) readFile(name string) ([]byte, error) {
	if name == s.conf && filepath.Base(name) == everyConf {
		return []byte("include " + everyConf + ";\n"), nil
	}
	s.read = append(s.read, name)
	text, err := parser.ReadFile(name)
	if main := s.template(name); name == s.conf && main != name {
		s.templates.templated[name] = true
		text, err = parser.ReadFile(main)
	}
	if name == s.conf && errors.Is(err, fs.ErrNotExist) && isImage(filepath.Dir(name)) {
		text, err = []byte(imageConf), nil
	}
	if err == nil && s.templates.templated[name] {
		text = []byte(s.templates.substitute(name, string(text)))
	}
	if err == nil && name == s.conf {
		text = append(text, s.templates.streamBlock(string(text))...)
	}
	if errors.Is(err, fs.ErrNotExist) && name != s.conf {
		if found, ok := stock.Find(name); ok {
			s.stock = append(s.stock, name)
			return found, nil
		}
	}
	return text, err
}

// partText says that what a part lacks is supplied; doing is what is done inside.
func (s *source) partText(doing string) string {
	return fmt.Sprintf("%s is a part of a configuration: %s inside %s", s.conf, doing, blocks(s.supplied))
}

// stockText says that a file of those that come with nginx is used.
func stockText(name string) string {
	return fmt.Sprintf("%q is not there: the file of that name that comes with nginx is used", name)
}

// options are those of a compilation that reaches nothing outside.
func (s *source) options() spec.Options {
	return spec.Options{
		Prefix:     s.prefix,
		ConfPrefix: s.tree.Prefix,
		Version:    s.version,
		Overlay:    &spec.Overlay{Server: s.overlay.servers()},
		Offline:    true,
		ThirdParty: true,
		Zones:      new(zone.Set),
		Log:        slog.New(slog.DiscardHandler),
	}
}

// blocks names blocks as they are written: "http {} and events {}".
func blocks(names []string) string {
	var b strings.Builder
	for i, n := range names {
		switch {
		case i > 0 && i == len(names)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s {}", n)
	}
	return b.String()
}

// oneConf returns the one configuration that a command's arguments name.
func oneConf(c *cli.Context) (string, error) {
	switch c.NArg() {
	case 0:
		return "", failf(exitUsage, "which configuration?\nTry understudy %s --help", c.Command.Name)
	case 1:
		return c.Args().First(), nil
	}
	return "", failf(exitUsage, "one configuration at a time, not %q too", c.Args().Get(1))
}
