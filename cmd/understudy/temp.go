package main

import (
	"os"
	"slices"

	"understudy/directives/core"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/runtime/logs"
)

// createPaths makes the folders for temporary files, and gives them to the
// user that requests are served as.
func (p *program) createPaths(c *configuration) bool {
	if c.compiled.HTTP == nil {
		return true
	}
	dirs := slices.Clone(spec.Result[spec.TempDirs](c.compiled.Main))
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		if p.foreground != nil && p.foreground.isDefaultTemp(dir) {
			continue
		}
		mkdir := os.Mkdir
		if p.foreground != nil || !p.opts.prefix.ok {
			mkdir = os.MkdirAll // not every system has the folders of nginx's packages
		}
		if err := mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
			p.journal.printf(logs.Emerg, `mkdir() "%s" failed %s`, dir, reason(err))
			return false
		}
		if err := own(dir, c.settings.User); err != nil {
			p.journal.printf(logs.Emerg, "%v", err)
			return false
		}
	}
	return true
}

// own gives a file of root's to the user that requests are served as.
func own(name string, user *core.Account) error {
	if user == nil || os.Geteuid() != 0 {
		return nil
	}
	return chown(name, user.UID)
}

// packagedDefaults are the places that nginx's packages are built with, of what
// a http block may leave unsaid.
var packagedDefaults = [][2]string{
	{"access_log", "/var/log/nginx/access.log"},
	{"client_body_temp_path", "/var/cache/nginx/client_temp"},
	{"proxy_temp_path", "/var/cache/nginx/proxy_temp"},
	{"fastcgi_temp_path", "/var/cache/nginx/fastcgi_temp"},
	{"uwsgi_temp_path", "/var/cache/nginx/uwsgi_temp"},
	{"scgi_temp_path", "/var/cache/nginx/scgi_temp"},
}

// supply gives the http block of a tree the directives that it does not have.
func supply(t *parser.Tree, defaults [][2]string) {
	for _, d := range t.Directives {
		if d.Err == nil && d.Name.Text == "http" && d.Block != nil {
			supplyTo(d, defaults)
		}
	}
}
