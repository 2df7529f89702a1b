package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
)

// adapt changes what a configuration for a server says about the machine, as
// far as it cannot be done here.
func (f *foreground) adapt(t *parser.Tree) {
	t.Directives = slices.DeleteFunc(t.Directives, func(d *parser.Directive) bool {
		if d.Err != nil || d.Name.Text != "user" || len(d.Args) == 0 {
			return false
		}
		f.notice("user %s is ignored: the process is yours (%s)", d.Args[0].Text, d.Name.Pos)
		return true
	})
	f.logs(t.Directives)
	f.folders(t.Directives)
	supply(t, f.defaults())
}

// logs sends what would go to files that cannot be written to standard error.
func (f *foreground) logs(ds []*parser.Directive) {
	for _, d := range ds {
		if d.Err != nil {
			continue
		}
		f.logs(d.Block)
		w, names := directives.Table.NamedBy(d)
		if names != spec.LogFile || w == nil || strings.Contains(w.Text, "$") {
			continue
		}
		name, path := d.Name.Text, under(f.source.prefix, w.Text)
		err := appendable(path)
		if err == nil {
			continue
		}
		to, where := "stderr", "goes to standard error"
		if name == "access_log" {
			if to = stream(os.Stderr); to == "off" {
				where = "is off"
			}
		}
		f.gather(name+" "+where+": %s", fmt.Sprintf("%v (%s)", err, d.Name.Pos))
		w.Text = to
		if to == "off" {
			d.Args = d.Args[:1]
		}
	}
}

// folders puts folders for temporary files and caches where they can be made.
func (f *foreground) folders(ds []*parser.Directive) {
	for _, d := range ds {
		if d.Err != nil {
			continue
		}
		f.folders(d.Block)
		w, names := directives.Table.NamedBy(d)
		if names != spec.FolderName || w == nil {
			continue
		}
		arg := &w.Text
		err := writable(under(f.source.prefix, *arg))
		if err == nil {
			continue
		}
		f.gather("folders for temporary files and caches are in "+strings.ReplaceAll(f.stateDir(), "%", "%%")+": %s", fmt.Sprintf("%v (%s)", err, d.Name.Pos))
		*arg = filepath.Join(f.stateDir(), strings.ReplaceAll(strings.Trim(*arg, "/"), "/", "_"))
	}
}

// writable makes a folder, and reports whether files can be made in it.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, ".understudy-")
	if err == nil {
		file.Close()
		os.Remove(file.Name())
	}
	return err
}

// isDefaultTemp reports whether dir is one of those that nginx has by default and
// that defaults replaces: nothing is put there.
func (f *foreground) isDefaultTemp(dir string) bool {
	return slices.ContainsFunc(tempKinds, func(k string) bool { return dir == under(f.source.prefix, k+"_temp") })
}

// tempKinds are the modules with folders for temporary files.
var tempKinds = []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}

func appendable(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err == nil {
		file.Close()
	}
	return err
}

// stream is the name under which a log can be written to standard output or
// standard error; "off" if there is none.
func stream(f *os.File) string {
	name := "/dev/" + strings.TrimPrefix(filepath.Base(f.Name()), "|")
	if runtime.GOOS == "windows" || appendable(name) != nil {
		return "off"
	}
	return name
}

// defaults are the places of what a http block does not say, where nginx would
// have one below its prefix.
func (f *foreground) defaults() [][2]string {
	access := stream(os.Stdout)
	if f.screen.logs() {
		access = "off"
	}
	list := [][2]string{{"access_log", access}}
	for _, name := range tempKinds {
		list = append(list, [2]string{name + "_temp_path", filepath.Join(f.stateDir(), name+"_temp")})
	}
	return list
}

// supplyTo gives a http block the directives that it does not have.
func supplyTo(d *parser.Directive, defaults [][2]string) {
	has := map[string]bool{}
	for _, c := range d.Block {
		if c.Err == nil {
			has[c.Name.Text] = true
		}
	}
	for _, w := range defaults {
		name, arg := w[0], w[1]
		if has[name] || !supports(directives.Table, name, spec.HTTP) {
			continue
		}
		d.Block = slices.Insert(d.Block, 0, &parser.Directive{
			Name: parser.Word{Text: name, Raw: name}, Args: []parser.Word{{Text: arg, Raw: arg}}, Parent: d,
		})
	}
}

// pidFile is the name of the pid file: the configuration's, if there can be a
// file, or one of the person's own.
func (f *foreground) pidFile(t *parser.Tree, name string) string {
	if names(t, "pid") {
		err := appendable(name)
		if err == nil {
			return name
		}
		f.notice("the pid file is elsewhere: %v", err)
	}
	dir := f.stateDir()
	_ = os.MkdirAll(dir, 0o700) // creating the file says what is wrong
	return filepath.Join(dir, "nginx.pid")
}

// stateDir is the person's folder for what the process leaves behind, one for
// each configuration.
func (f *foreground) stateDir() string {
	path, err := filepath.Abs(f.source.conf)
	if err != nil {
		path = f.source.conf
	}
	h := fnv.New32a()
	h.Write([]byte(path))
	return filepath.Join(personDir("XDG_STATE_HOME", filepath.Join(".local", "state")), filepath.Base(path)+"-"+strconv.FormatUint(uint64(h.Sum32()), 16))
}
