package main

import "strings"

// A layout is where an nginx build has its files unless it is told otherwise.
// Names that are not absolute are relative to the prefix.
type layout struct {
	prefix, conf, errorLog, pid string
}

// packaged is the layout of nginx's own packages for Linux.
var packaged = layout{"/etc/nginx/", "nginx.conf", "/var/log/nginx/error.log", "/run/nginx.pid"}

// unpacked is that of an nginx built from source, and of every nginx whose
// prefix was given with -p: a folder that holds everything.
var unpacked = layout{"", "conf/nginx.conf", "logs/error.log", "logs/nginx.pid"}

// paths are a layout with the command line applied.
type paths struct {
	prefix   string // with a final "/", unless it is empty
	conf     string // the main configuration file
	errorLog string // "": standard error
	pid      string // unless the configuration says
}

// resolve applies the options to the layout that they call for.
func (o *options) resolve() paths {
	l := packaged
	if o.prefix.ok {
		l = unpacked
		l.prefix = o.prefix.value
		if l.prefix != "" && !strings.HasSuffix(l.prefix, "/") {
			l.prefix += "/"
		}
	}
	p := paths{prefix: l.prefix, conf: l.conf, errorLog: l.errorLog, pid: under(l.prefix, l.pid)}
	if o.conf.ok {
		p.conf = o.conf.value
	}
	p.conf = under(p.prefix, p.conf)
	if o.errorLog.ok {
		p.errorLog = o.errorLog.value
		if p.errorLog == "stderr" {
			p.errorLog = ""
		}
	}
	if p.errorLog != "" {
		p.errorLog = under(p.prefix, p.errorLog)
	}
	return p
}

// under returns name as it is seen from a folder.
func under(prefix, name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return prefix + name
}
