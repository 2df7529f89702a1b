package accesslog

import (
	"log/slog"
	"os"
	"syscall"

	"understudy/parser/diag"
	"understudy/runtime/buf"
	"understudy/runtime/conn"
	"understudy/runtime/logs"
	"understudy/runtime/vars"
)

// A log is one access_log. It writes to one of file, path and syslog; to none
// if nothing shall be written, as when a configuration is only checked.
type log[S vars.Subject] struct {
	format *format[S]
	file   *logs.File
	path   *vars.Template[S] // a file whose name has variables
	syslog *logs.Syslog
	filter *vars.Template[S] // if=; nil: every line is written
	pos    diag.Pos
}

// A session is what a line is written for, and whom to tell of errors.
type session interface {
	vars.Subject
	Alloc(n int) []byte
	Errorf(level slog.Level, format string, args ...any)
}

// lineSize is what most lines fit into.
const lineSize = 1 << 10

// write writes the line for s. rootOf returns the folder that must exist for a
// file whose name has variables, so that nobody can make nginx fill a disk with
// logs of sites there are not; nil: there is no such rule. Errors end in doing.
func write[S session](l *log[S], s S, rootOf func(S) []byte, doing string) {
	if l.filter != nil {
		if v := l.filter.Eval(s, s.Alloc); len(v) == 0 || len(v) == 1 && v[0] == '0' {
			return
		}
	}
	b := buf.Get(lineSize)
	defer b.Free()
	line := append(l.format.append(b.B[:0], s), '\n')
	switch {
	case l.file != nil:
		if err := l.file.Write(line); err != nil {
			s.Errorf(logs.Alert, "%v%s", err, doing)
		}
	case l.syslog != nil:
		if err := l.syslog.Send(line[:len(line)-1]); err != nil {
			s.Errorf(logs.Warn, "%v", err)
		}
	case l.path != nil:
		if rootOf != nil && !isFolder(s, string(rootOf(s)), doing) {
			return
		}
		if err := logs.Append(string(l.path.Eval(s, s.Alloc)), line); err != nil {
			s.Errorf(logs.Crit, "%v%s", err, doing)
		}
	}
}

// isFolder reports whether there is a folder at path, and logs why not.
func isFolder[S session](s S, path, doing string) bool {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		s.Errorf(logs.Error, "testing \"%s\" existence failed %s%s", path, conn.ErrnoText(err), doing)
	}
	return err == nil
}
