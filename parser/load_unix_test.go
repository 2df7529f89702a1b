//go:build unix

package parser

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestDisk(t *testing.T) {
	dir := t.TempDir()
	for name, src := range map[string]string{
		"n.conf": "include d; include d-e/*; include p; include p; include /dev/null; include n.conf/x; include dangling*;",
		"d-e/b":  "b;", "d-e/a": "a;", "d-e/.h": "h;",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(src), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(
		os.Mkdir(filepath.Join(dir, "d"), 0o777),
		os.Symlink("nowhere", filepath.Join(dir, "dangling")),
		syscall.Mkfifo(filepath.Join(dir, "p"), 0o666),
	); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(filepath.Join(dir, "p"), []byte("piped;"), 0) }()
	tree, err := Load("n.conf", Options{Prefix: dir + "/"})
	if err := errors.Join(err, <-wrote); err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(strings.Join(flat(tree.Directives), ", "), dir, "D")
	want := `! pread() "D/d" failed (21: Is a directory), a D/d-e/a:1:1, b D/d-e/b:1:1, piped D/p:1:1, piped D/p:1:1, ` +
		`! open() "D/n.conf/x" failed (20: Not a directory) in D/n.conf:1, ` +
		`! open() "D/dangling" failed (2: No such file or directory) in D/n.conf:1`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(tree.Files) != 5 { // n.conf, a, b, p, /dev/null
		t.Errorf("%d files", len(tree.Files))
	}
}
