package main

import (
	"os"
	"path/filepath"
	"strings"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
)

// packagedConf is the folder of nginx's configuration as its packages and images
// have it.
const packagedConf = "/etc/nginx"

// where returns where a file is that an include names: where the overlay says, or
// beside the configuration.
func (s *source) where(name string) string {
	if to := s.overlay.path(name); to != name {
		return s.template(to)
	}
	return s.template(s.above(s.beside(name)))
}

// beside returns a file of /etc/nginx as it is in the folder of the configuration,
// if it is there: a project has there what it will put into /etc/nginx.
func (s *source) beside(name string) string {
	rest, ok := strings.CutPrefix(name, packagedConf+"/")
	dir := filepath.ToSlash(filepath.Dir(s.conf))
	if !ok || dir == packagedConf {
		return name
	}
	to := dir + "/" + rest
	if !found(to) && !s.hasOutput(to) {
		return name
	}
	s.besides = append(s.besides, name)
	return to
}

// found reports whether there are files of a name, which may be a pattern.
func found(name string) bool {
	if strings.ContainsAny(name, "*?[") {
		list, _ := parser.Glob(name)
		return len(list) > 0
	}
	_, err := os.Stat(name)
	return err == nil
}

// paths has the directives of a tree name files where they are.
func (s *source) paths(ds []*parser.Directive) {
	for _, d := range ds {
		if d.Err != nil {
			continue
		}
		s.paths(d.Block)
		w, names := directives.Table.NamedBy(d)
		if d.Name.Text == "set" && len(d.Args) == 2 { // a folder that root is made of
			w, names = &d.Args[1], spec.FileName
		}
		if w == nil || !names.IsFile() {
			continue
		}
		if w.Text = s.overlay.path(w.Text); !strings.Contains(w.Text, "$") {
			if to := s.beside(w.Text); to != w.Text {
				w.Text = absolute(to) // relative ones are relative to the prefix
			}
		}
	}
}

// absolute is the absolute path of a file.
func absolute(name string) string {
	path, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	return filepath.ToSlash(path)
}
