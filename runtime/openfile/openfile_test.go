package openfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t testing.TB, name, text string) []byte {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return []byte(name)
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	name := write(t, dir+"/a/f", "0123456789")
	f, info, err := Open(name, Rule{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fi, _ := os.Stat(string(name))
	if want := (Info{10, fi.ModTime().Unix(), Regular, false, info.ID}); info != want {
		t.Errorf("got %v, want %v", info, want)
	}
	if f.Name() != string(name) {
		t.Errorf("the name is %q", f.Name())
	}
	b := make([]byte, 4)
	if n, err := f.ReadAt(b, 8); n != 2 || err != io.EOF || string(b[:2]) != "89" {
		t.Errorf("got %d, %v, %q at the end", n, err, b[:n])
	}
	if n, err := f.ReadAt(b, 2); n != 4 || err != nil || string(b) != "2345" {
		t.Errorf("got %d, %v, %q", n, err, b)
	}
	if f, info, err := Open([]byte(dir), Rule{}); f != nil || info.Kind != Dir || err != nil {
		t.Errorf("a folder: got %v, %v, %v", f, info, err)
	}
	if info, err := Stat([]byte(dir+"/a"), Rule{}); info.Kind != Dir || err != nil {
		t.Errorf("stat of a folder: got %v, %v", info, err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/f", "x")
	for _, tt := range []struct {
		name              string
		missing, notExist bool
	}{
		{"/none", true, true},
		{"/none/f", true, true},
		{"/f/g", true, false},
		{"/" + strings.Repeat("x", 300), true, false},
	} {
		_, _, err := Open([]byte(dir+tt.name), Rule{})
		var e *Error
		if !errors.As(err, &e) || e.Call != "open()" || e.Missing() != tt.missing || e.NotExist() != tt.notExist || e.Forbidden() || e.Linked() {
			t.Errorf("open of %.20s: got %v", tt.name, err)
		}
		_, err = Stat([]byte(dir+tt.name), Rule{})
		if !errors.As(err, &e) || e.Call != "stat()" || e.Missing() != tt.missing {
			t.Errorf("stat of %.20s: got %v", tt.name, err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	name := write(b, b.TempDir()+"/f", "x")
	b.ReportAllocs()
	for b.Loop() {
		f, _, err := Open(name, Rule{})
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}
