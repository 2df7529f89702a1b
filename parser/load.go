package parser

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"understudy/parser/diag"
)

// Options say how a configuration is loaded. The zero value reads the disk.
type Options struct {
	// Prefix is the folder in which the main file is looked for unless its
	// name begins with "/" (nginx's -p).
	Prefix string

	// Command holds directives that are read before the main file (nginx's -g).
	Command string

	// ReadFile returns the text of a file. Its errors should hold a
	// syscall.Errno, fs.ErrNotExist or fs.ErrPermission; an fs.PathError
	// whose Op is "read" says that the file was opened but not read.
	// Nil is [ReadFile].
	ReadFile func(name string) ([]byte, error)

	// Where returns the name under which a file is read that an include names,
	// or files by a pattern. Nil: the same.
	Where func(name string) string

	// Missing reports whether an included file that cannot be read because of why
	// is passed over; at is the name in the include directive. Nil: none is.
	Missing func(name string, at diag.Pos, why error) bool

	// Glob returns the names of the files that match a pattern, in the order
	// in which they are read. Nil is [Glob].
	Glob func(pattern string) ([]string, error)
}

// A File is one file of a configuration.
type File struct {
	Name string // as nginx prints it: with the prefix, not otherwise cleaned
	Src  []byte
}

// A Tree is a configuration with everything it includes.
type Tree struct {
	Name       string       // of the main file, with the prefix
	Prefix     string       // of names relative to the main file's folder: nginx's conf_prefix
	Directives []*Directive // those of Options.Command first
	Files      []File       // each file once, in the order of first reading
}

// maxRepeated bounds what files that include others many times over can make
// of a few bytes. It counts directives, files as 16 of them, and text in units
// of 32 bytes.
const maxRepeated = 1 << 21

// Load reads the configuration whose main file is path. The directives of an
// included file stand in place of the include directive. Names of included
// files are relative to the folder of the main file.
//
// Whatever cannot be read stands in the tree as a [Directive] with Err. If that
// is the main file, its error is returned as well, beside the tree.
func Load(path string, opts Options) (*Tree, error) {
	if opts.ReadFile == nil {
		opts.ReadFile = ReadFile
	}
	if opts.Glob == nil {
		opts.Glob = Glob
	}
	path = under(opts.Prefix, path)
	l := &loader{opts: opts, tree: &Tree{Name: path}, texts: make(map[string]text)}
	if n := strings.LastIndexByte(path, '/'); n > 0 {
		l.tree.Prefix = path[:n+1]
	} else {
		l.tree.Prefix = under(opts.Prefix, "")
	}
	if opts.Command != "" {
		l.tree.Directives = l.expand(parse(diag.CommandLine, opts.Command, commandLine, 0), nil, 0)
	}
	main, derr := l.file(path, nil, 0)
	if derr != nil {
		l.tree.Directives = append(l.tree.Directives, failure(derr, nil))
		return l.tree, *derr
	}
	l.tree.Directives = append(l.tree.Directives, main...)
	return l.tree, nil
}

// under returns name as a name under the folder prefix unless it begins with "/".
func under(prefix, name string) string {
	switch {
	case prefix == "" || strings.HasPrefix(name, "/"):
		return name
	case strings.HasSuffix(prefix, "/"):
		return prefix + name
	}
	return prefix + "/" + name
}

type text struct {
	src string
	err error
}

type loader struct {
	opts     Options
	tree     *Tree
	texts    map[string]text // a pipe can be read but once
	open     []string        // the files being read, each included by the one before
	repeated int             // what was read again so far, as maxRepeated counts
}

// file reads a file for the include directive from, which is nil for the main
// file, and everything that the file includes. Its directives get the parent of
// the include directive.
func (l *loader) file(name string, from *Directive, depth int) ([]*Directive, *diag.Diagnostic) {
	for i, open := range l.open {
		if open == name {
			chain := append(l.open[i:len(l.open):len(l.open)], name)
			return nil, l.fail(from, "include-cycle", `include cycle: "`+strings.Join(chain, `" includes "`)+`"`)
		}
	}
	t, ok := l.texts[name]
	if !ok {
		src, err := l.opts.ReadFile(name)
		t = text{string(src), err}
		l.texts[name] = t
		if err == nil {
			l.tree.Files = append(l.tree.Files, File{name, src})
		}
	}
	if t.err != nil {
		if from != nil && l.opts.Missing != nil && l.opts.Missing(name, from.Args[0].Pos, t.err) {
			return nil, nil
		}
		return nil, l.unreadable(name, from, t.err)
	}
	ds := parse(name, t.src, configFile, depth)
	if ok {
		l.repeated += count(ds) + 16 + len(t.src)/32
		if l.repeated > maxRepeated {
			return nil, l.fail(from, "include", fmt.Sprintf("%q is included too often", name))
		}
	}
	var parent *Directive
	if from != nil {
		parent = from.Parent
	}
	l.open = append(l.open, name)
	ds = l.expand(ds, parent, depth)
	l.open = l.open[:len(l.open)-1]
	return ds, nil
}

func count(ds []*Directive) int {
	n := len(ds)
	for _, d := range ds {
		n += count(d.Block)
	}
	return n
}

// expand puts the files that ds include in the place of the include directives.
func (l *loader) expand(ds []*Directive, parent *Directive, depth int) []*Directive {
	var out []*Directive // nil unless ds holds an include directive
	for i, d := range ds {
		d.Parent = parent
		switch {
		case d.includes():
			if out == nil {
				out = append(make([]*Directive, 0, len(ds)+16), ds[:i]...)
			}
			out = append(out, l.include(d, depth)...)
			continue
		case d.Block != nil:
			d.Block = l.expand(d.Block, d, depth+1)
		}
		if out != nil {
			out = append(out, d)
		}
	}
	if out == nil {
		return ds
	}
	return out
}

// includes reports whether nginx runs d as an include directive. An include
// with a wrong number of arguments is left to those who know directives, and
// two blocks take the word for a value of theirs.
func (d *Directive) includes() bool {
	if d.Err != nil || d.Block != nil || len(d.Args) != 1 || d.Name.Text != "include" {
		return false
	}
	return d.Parent == nil || (d.Parent.Name.Text != "split_clients" && d.Parent.Name.Text != "charset_map")
}

// include returns the directives of the files that d includes.
func (l *loader) include(d *Directive, depth int) []*Directive {
	arg, _, _ := strings.Cut(d.Args[0].Text, "\x00") // nginx's names are C strings
	name := arg
	if !strings.HasPrefix(arg, "/") {
		name = l.tree.Prefix + arg
	}
	if l.opts.Where != nil {
		name = l.opts.Where(name)
	}
	names := []string{name}
	if strings.ContainsAny(name, "*?[") {
		var err error
		if names, err = l.opts.Glob(name); err != nil {
			return []*Directive{failure(l.fail(d, "include", fmt.Sprintf(`glob() "%s" failed (%s)`, name, reason(err))), d.Parent)}
		}
	}
	var out []*Directive
	for _, name := range names {
		ds, err := l.file(name, d, depth)
		if err != nil {
			ds = []*Directive{failure(err, d.Parent)}
		}
		out = append(out, ds...)
	}
	return out
}

// unreadable is the error of a file that cannot be read. nginx names the place
// of an include only if the file cannot be opened.
func (l *loader) unreadable(name string, from *Directive, err error) *diag.Diagnostic {
	var path *fs.PathError
	switch {
	case errors.As(err, &path) && path.Op == "read":
		d := l.fail(from, "include", fmt.Sprintf(`pread() "%s" failed (%s)`, name, reason(err)))
		d.Line, d.Crit = 0, true
		return d
	case errors.As(err, new(shortRead)):
		return failAt(diag.Pos{File: name, Line: 1, Col: 1}, "", err.Error())
	}
	return l.fail(from, "include", fmt.Sprintf(`open() "%s" failed (%s)`, name, reason(err)))
}

// fail makes an error about what the include directive d names. d is nil for
// the main file, which has no place.
func (l *loader) fail(d *Directive, code, msg string) *diag.Diagnostic {
	out := &diag.Diagnostic{Severity: diag.Error, Code: code, Msg: msg}
	if d != nil {
		out.Pos = d.Args[0].Pos
		out.Line = d.End.Line
	}
	return out
}

// reason returns the number and the text of a system error as nginx prints them.
func reason(err error) string {
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
	case errors.Is(err, fs.ErrNotExist):
		errno = syscall.ENOENT
	case errors.Is(err, fs.ErrPermission):
		errno = syscall.EACCES
	default:
		return err.Error()
	}
	s := errno.Error()
	return fmt.Sprintf("%d: %s%s", int(errno), strings.ToUpper(s[:1]), s[1:])
}
