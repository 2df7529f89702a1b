//go:build unix

package openfile

import (
	"errors"
	"os"
	"testing"
)

func TestLinks(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/real/sub/f", "x")
	for _, l := range [][2]string{{"real", "dirlink"}, {"real/sub/f", "filelink"}, {"sub", "real/sublink"}} {
		if err := os.Symlink(l[0], dir+"/"+l[1]); err != nil {
			t.Fatal(err)
		}
	}
	n := len(dir)
	for _, tt := range []struct {
		name string
		rule Rule
		ok   bool
	}{
		{"/real/sub/f", Rule{NoLinks, 0}, true},
		{"//real///sub//f", Rule{NoLinks, 0}, true},
		{"/real/sub/", Rule{NoLinks, 0}, true},
		{"/dirlink/sub/f", Rule{NoLinks, 0}, false},
		{"/dirlink/sub/f", Rule{OwnedLinks, 0}, true},
		{"/dirlink/sub/f", Rule{AnyLinks, 0}, true},
		{"/filelink", Rule{NoLinks, 0}, false},
		{"/filelink", Rule{OwnedLinks, n}, true},
		{"/filelink", Rule{NoLinks, n}, false},
		{"/dirlink/sub/f", Rule{NoLinks, n + len("/dirlink")}, true},
		{"/real/sublink/f", Rule{NoLinks, n}, false},
		{"/real/sublink/f", Rule{NoLinks, n + len("/real/sublink")}, true},
	} {
		name := []byte(dir + tt.name)
		f, info, err := Open(name, tt.rule)
		if f != nil {
			f.Close()
		}
		var e *Error
		if (err == nil) != tt.ok || err != nil && (!errors.As(err, &e) || e.Call != "openat()" || !e.Linked() && !e.Missing()) {
			t.Errorf("%s, %v: got %v", tt.name, tt.rule, err)
		}
		got, err := Stat(name, tt.rule)
		if (err == nil) != tt.ok || got != info {
			t.Errorf("stat of %s, %v: got %v, %v, want %v", tt.name, tt.rule, got, err, info)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("pools drop what they hold")
	}
	name := write(t, t.TempDir()+"/f", "x")
	b := make([]byte, 10)
	got := testing.AllocsPerRun(100, func() {
		f, _, err := Open(name, Rule{})
		if err != nil {
			t.Fatal(err)
		}
		f.ReadAt(b, 0)
		f.Close()
		Stat(name, Rule{})
	})
	if got > 0 {
		t.Errorf("%v allocations", got)
	}
}
