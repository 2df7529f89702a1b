package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"understudy/directives"
)

// target is the version of nginx that is stood in for, unless --target says
// another.
const target = "1.31.5"

// openssl is the version whose names and errors TLS has here. Programs look
// for it to learn what they can use.
const openssl = "3.0.0"

// versionInfo is what -v, -V and -h print.
func versionInfo(o *options, l layout) string {
	var b strings.Builder
	fmt.Fprintf(&b, "nginx version: nginx/%s\n", target)
	if o.help {
		fmt.Fprintf(&b, usage, l.prefix, l.errorLog, l.conf)
	}
	if o.configure {
		fmt.Fprintf(&b, "built by %s\n", builder())
		fmt.Fprintf(&b, "built with OpenSSL %s (what it offers, by crypto/tls of %s)\nTLS SNI support enabled\n", openssl, runtime.Version())
		fmt.Fprintf(&b, "configure arguments:%s\n", configureArguments(directives.Table, l))
		fmt.Fprintf(&b, "understudy version: %s\n", ownVersion())
	}
	return b.String()
}

const usage = `Usage: nginx [-?hvVtTq] [-s signal] [-p prefix]
             [-e filename] [-c filename] [-g directives]

Options:
  -?,-h         : this help
  -v            : show version and exit
  -V            : show version and configure options then exit
  -t            : test configuration and exit
  -T            : test configuration, dump it and exit
  -q            : suppress non-error messages during configuration testing
  -s signal     : send signal to a master process: stop, quit, reopen, reload
  -p prefix     : set prefix path (default: %s)
  -e filename   : set error log file (default: %s)
  -c filename   : set configuration file (default: %s)
  -g directives : set global directives out of configuration file

`

// builder is what nginx's compiler line says of us.
func builder() string { return runtime.Version() + " for " + runtime.GOOS + "/" + runtime.GOARCH }

// ownVersion is the version of this program: its tag, or the commit it was
// built from.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel " + s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}
