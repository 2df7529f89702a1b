package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"understudy/parser/diag"
)

// repair makes the fixes of findings in the files: the safe ones, or all. With show it
// prints the difference instead. It reports whether a file has changed.
func (a *app) repair(s *source, found diag.List, all, show bool, color palette) (changed bool, err error) {
	edits := map[string][]diag.Edit{}
	for _, d := range found {
		if d.Fix == nil || !d.Fix.Safe && !all {
			continue
		}
		for _, e := range d.Fix.Edits {
			edits[e.At.File] = append(edits[e.At.File], e)
		}
	}
	for _, f := range s.tree.Files {
		if len(edits[f.Name]) == 0 {
			continue
		}
		if why := s.untouchable(f.Name, f.Src); why != "" {
			fmt.Fprintf(a.stderr, "understudy: %s is not changed: %s\n", f.Name, why)
			continue
		}
		text, _, err := diag.Apply(f.Src, edits[f.Name])
		if err != nil {
			return changed, failf(exitBug, "%v", err)
		}
		if show {
			fmt.Fprint(a.stdout, difference(f.Name, f.Src, text, color))
			continue
		}
		if err := replaceFile(f.Name, text); err != nil {
			return changed, failf(exitEnvironment, "%v", err)
		}
		changed = true
		fmt.Fprintf(a.stderr, "understudy: %s changed\n", f.Name)
	}
	return changed, nil
}

// untouchable says why a file is not to be changed, whose text was src; "" if it may be.
func (s *source) untouchable(name string, src []byte) string {
	on, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file, what was read is built in"
	case err != nil:
		return fmt.Sprint(cause(err))
	case bytes.Equal(on, src):
		return ""
	case s.templates.templated[name]:
		return "it is a template, and the fix is about what is made of it"
	}
	return "it is not what was read"
}

// replaceFile writes a text to a file that keeps its mode and owner and, if it is a link,
// its place. Whatever happens meanwhile, the file has the old text or the new.
func replaceFile(name string, text []byte) error {
	to, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(to)
	if err != nil {
		return err
	}
	if replaceWhole(to, text, info) == nil {
		return nil
	}
	// The folder, or a file that is mounted by itself, does not let it be replaced.
	return os.WriteFile(to, text, info.Mode().Perm())
}

// replaceWhole puts another file in the place of one.
func replaceWhole(name string, text []byte, like fs.FileInfo) error {
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Chmod(like.Mode().Perm()), giveTo(file, like), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

// difference shows what changes in a file, in the unified format.
func difference(name string, before, after []byte, color palette) string {
	_, text, _ := strings.Cut(string(diff.Diff(name, before, name, after)), "\n") // "diff NAME NAME"
	var out strings.Builder
	for i, line := range strings.SplitAfter(text, "\n") {
		body, end := strings.TrimSuffix(line, "\n"), line[len(strings.TrimSuffix(line, "\n")):]
		switch {
		case i > 1 && strings.HasPrefix(line, "-"):
			body = color.red(body)
		case i > 1 && strings.HasPrefix(line, "+"):
			body = color.green(body)
		}
		out.WriteString(body + end)
	}
	return out.String()
}
