package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"understudy/parser"
)

// packagedConf is the folder of nginx's configuration as its packages and images
// have it.
const packagedConf = "/etc/nginx"

// where returns where a file is that an include names: where the overlay says, or
// beside the configuration.
func (s *source) where(name string) string {
	if s.overlay != nil {
		if to := s.overlay.path(name); to != name {
			return s.template(to)
		}
	}
	return s.template(s.beside(name))
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
func (f *foreground) paths(ds []*parser.Directive) {
	for _, d := range ds {
		if d.Err != nil {
			continue
		}
		f.paths(d.Block)
		from, to := pathArgs(d.Name.Text)
		for i := from; i < min(to, len(d.Args)); i++ {
			w := &d.Args[i]
			if w.Text = f.overlay.path(w.Text); !strings.Contains(w.Text, "$") {
				w.Text = f.source.beside(w.Text)
			}
		}
	}
}

// pathArgs returns which arguments of a directive are the names of files or
// folders.
func pathArgs(name string) (from, to int) {
	switch {
	case slices.Contains(fileDirectives, name),
		strings.HasSuffix(name, "_path") && name != "proxy_cookie_path", strings.HasSuffix(name, "_file"),
		strings.HasSuffix(name, "ssl_certificate"), strings.HasSuffix(name, "ssl_certificate_key"),
		strings.HasSuffix(name, "ssl_trusted_certificate"), strings.HasSuffix(name, "ssl_crl"):
		return 0, 1
	case name == "set": // a folder that root is made of
		return 1, 2
	}
	return 0, 0
}

var fileDirectives = []string{
	"root", "alias", "access_log", "error_log", "pid", "lock_file", "working_directory", "load_module", "proxy_store",
	"ssl_client_certificate", "ssl_dhparam", "ssl_session_ticket_key", "geoip_country", "geoip_city", "geoip_org", "perl_modules",
}
