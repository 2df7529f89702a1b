package dav

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"understudy/runtime/httpd"
)

// write makes a file with permissions and a time, and returns its name.
func write(t *testing.T, name, text string, mode fs.FileMode, mtime time.Time) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, mtime, mtime); err != nil {
		t.Fatal(err)
	}
	return name
}

// check compares a file with what it should be.
func check(t *testing.T, name, text string, mode fs.FileMode, mtime time.Time) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil || string(b) != text {
		t.Errorf("%s: got %q, %v; want %q", name, b, err, text)
		return
	}
	info, _ := os.Stat(name)
	if got := info.Mode().Perm(); got != mode && runtime.GOOS != "windows" {
		t.Errorf("%s: permissions are %o, want %o", name, got, mode)
	}
	if got := info.ModTime(); !got.Equal(mtime) {
		t.Errorf("%s: time is %v, want %v", name, got, mtime)
	}
}

var then = time.Unix(784111777, 0)

func TestMove(t *testing.T) {
	dir := t.TempDir() + "/"
	from := write(t, dir+"from", "text", 0o600, time.Now())
	m := httpd.Move{From: from, To: dir + "a/b/to", Access: 0o640, Mtime: then, PathAccess: 0o640, CreatePath: true}
	if !m.Run(nil) {
		t.Fatal("not moved")
	}
	check(t, m.To, "text", 0o640, then)
	if info, _ := os.Stat(dir + "a"); info.Mode().Perm() != 0o750 && runtime.GOOS != "windows" {
		t.Errorf("the folder has permissions %o, want 750", info.Mode().Perm())
	}
	if _, err := os.Stat(from); !os.IsNotExist(err) {
		t.Error("it is still there:", err)
	}
}

func TestAcross(t *testing.T) {
	dir := t.TempDir() + "/"
	m := httpd.Move{From: write(t, dir+"from", "text", 0o640, then), To: dir + "to"}
	if !m.Across(nil) {
		t.Fatal("not moved")
	}
	check(t, m.To, "text", 0o640, then)
	if names, _ := filepath.Glob(dir + "*"); len(names) != 1 {
		t.Errorf("there remain %v", names)
	}
}

// TestTree copies a folder with all there can be in one, and removes it.
func TestTree(t *testing.T) {
	dir := t.TempDir() + "/"
	write(t, dir+"from/a", "a", 0o600, then)
	write(t, dir+"from/b/c/d", "d", 0o644, then)
	os.Chtimes(dir+"from/b", then, then)
	if err := os.Symlink(dir+"from/a", dir+"from/link"); err != nil {
		t.Skip(err)
	}
	os.Mkdir(dir+"to", 0o700)
	c := &tree{before: makeCopy, after: copyTime, file: copyIn, from: dir + "from", to: dir + "to"}
	if !c.walk(c.from) {
		t.Fatal("not copied")
	}
	check(t, dir+"to/a", "a", 0o600, then)
	check(t, dir+"to/b/c/d", "d", 0o644, then)
	if info, err := os.Stat(dir + "to/b"); err != nil || !info.ModTime().Equal(then) {
		t.Errorf("the folder: %v, %v", info, err)
	}
	if _, err := os.Lstat(dir + "to/link"); !os.IsNotExist(err) {
		t.Error("a link was copied")
	}
	if st := remove(nil, []byte(c.from), true); st != 0 {
		t.Errorf("removing: got %d", st)
	}
	if names, _ := filepath.Glob(dir + "*"); len(names) != 1 {
		t.Errorf("there remain %v", names)
	}
}

func TestShallow(t *testing.T) {
	for _, tt := range []struct {
		uri  string
		min  int
		want int
	}{
		{"/", 0, -1},
		{"/", 1, 1},
		{"/a", 1, -1},
		{"/a/", 2, 2},
		{"/a/b", 2, -1},
		{"/a/b/", 2, -1},
		{"/a/b", 3, 2},
	} {
		if got := (&handler{minDepth: tt.min}).shallow([]byte(tt.uri)); got != tt.want {
			t.Errorf("%s with %d: got %d, want %d", tt.uri, tt.min, got, tt.want)
		}
	}
}

func TestMergeSlashes(t *testing.T) {
	for in, want := range map[string]string{"": "", "/": "/", "//": "/", "/a//b///c/": "/a/b/c/", "a": "a", "///a": "/a"} {
		if got := string(mergeSlashes([]byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
