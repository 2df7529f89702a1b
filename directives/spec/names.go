package spec

import (
	"strings"

	"understudy/parser"
)

// Names says what the first argument of a directive is the name of, where that is
// something of the machine, or a zone.
type Names int8

const (
	_               Names = iota
	FileName              // a file or folder that requests or the process read
	FolderName            // one that the process writes to
	LogFile               // a log
	PidFile               // the file that keeps the process's number
	ModuleFile            // a module to load
	CertificateFile       // for TLS: certificates, keys, and what belongs to them
	PasswordFile          // users and their passwords
	UserName              // who serves requests
	SocketAddress         // where it is listened on
	ServerAddress         // who is connected to: a host, a URL with one, or an upstream block
	ZoneName              // a shared zone that is used, not defined: the argument, or that which begins with "zone="
	namesEnd
)

// IsFile reports whether that is the name of a file or folder.
func (n Names) IsFile() bool { return n >= FileName && n <= PasswordFile }

// NamedBy returns the argument of a directive that names something of the machine, or
// nil. It is none if it says in the place of a name that there is none, or names it by
// other means: off, stderr, syslog:server=10.0.0.1, data:….
func (t *Table) NamedBy(d *parser.Directive) (*parser.Word, Names) {
	if d.Err != nil || len(d.Args) == 0 {
		return nil, 0
	}
	for _, e := range t.byName[d.Name.Text] {
		if e.Names == 0 || (e.Opens != 0 || e.Free) != (d.Block != nil) {
			continue
		}
		if e.Names == ZoneName {
			return zoneUsed(d), ZoneName
		}
		w := &d.Args[0]
		if instead(e.Names, w.Text) {
			return nil, 0
		}
		return w, e.Names
	}
	return nil, 0
}

// instead reports whether a text stands in the place of a name.
func instead(n Names, text string) bool {
	has := func(prefix string) bool { return strings.HasPrefix(text, prefix) }
	switch n {
	case LogFile:
		return text == "off" || text == "stderr" || has("syslog:") || has("memory:")
	case CertificateFile:
		return has("data:") || has("engine:") || has("store:")
	case FileName: // proxy_store
		return text == "off" || text == "on"
	case PasswordFile:
		return text == "off"
	}
	return text == ""
}

// zoneUsed is the argument of d that names a zone, or nil. The zone of an upstream block
// is defined where its size is.
func zoneUsed(d *parser.Directive) *parser.Word {
	for i := range d.Args {
		if strings.HasPrefix(d.Args[i].Text, "zone=") {
			return &d.Args[i]
		}
	}
	w := &d.Args[0]
	if w.Text == "off" || strings.Contains(w.Text, "$") || d.Name.Text == "zone" && len(d.Args) > 1 {
		return nil
	}
	return w
}
