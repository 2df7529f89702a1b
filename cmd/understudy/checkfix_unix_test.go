//go:build unix

package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A file keeps its mode, a link its place, and nothing is left beside them.
func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "real.conf"), filepath.Join(dir, "link.conf")
	if err := os.WriteFile(file, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real.conf", link); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(file)
	if err := replaceFile(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(file)
	after, err := os.Stat(file)
	if err != nil || string(text) != "new" || after.Mode() != before.Mode() {
		t.Errorf("got %q, mode %v, %v", text, after.Mode(), err)
	}
	if os.SameFile(before, after) {
		t.Error("the file was written in its place, where it can be lost")
	}
	if to, err := os.Readlink(link); to != "real.conf" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if list, _ := os.ReadDir(dir); len(list) != 2 {
		t.Errorf("there are %v", list)
	}
	if err := replaceFile(filepath.Join(dir, "none"), nil); err == nil {
		t.Error("a file that is not there was replaced")
	}

	// A folder that takes no new file.
	if os.Geteuid() == 0 {
		return // whom no mode stops
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	if err := replaceFile(file, []byte("newer")); err != nil {
		t.Error(err)
	}
	if text, _ := os.ReadFile(file); string(text) != "newer" {
		t.Errorf("got %q", text)
	}
}
