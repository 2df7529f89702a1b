package openfile

import (
	"io"
	"os"
	"testing"
	"time"
)

// A step of TestCache happens at a second, does something to the files, and asks
// for one.
type step struct {
	at   int64
	do   func()
	name string
	want string // the file; "-": there is none
}

func TestCache(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) func() { return func() { write(t, dir+"/"+name, text) } }
	replace := func(name, text string) func() {
		return func() {
			write(t, dir+"/"+name+".new", text)
			if err := os.Rename(dir+"/"+name+".new", dir+"/"+name); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(name string) func() { return func() { os.Remove(dir + "/" + name) } }
	for _, tt := range []struct {
		name  string
		max   int
		use   Use
		steps []step
	}{
		{"replaced", 9, Use{Valid: time.Minute}, []step{
			{0, put("f", "old"), "f", "old"},
			{59, replace("f", "newer"), "f", "old"},
			{60, nil, "f", "newer"},
			{119, remove("f"), "f", "newer"},
			{120, nil, "f", "-"},
			{121, put("f", "again"), "f", "again"},
		}},
		{"appended", 9, Use{Valid: time.Minute}, []step{
			{0, put("g", "abc"), "g", "abc"},
			{1, put("g", "abcdef"), "g", "abc"}, // its length is remembered
			{60, nil, "g", "abcdef"},
		}},
		{"errors", 9, Use{Valid: time.Minute, Errors: true}, []step{
			{0, nil, "h", "-"},
			{59, put("h", "there"), "h", "-"},
			{60, nil, "h", "there"},
			{120, remove("h"), "h", "-"},
			{121, put("h", "there"), "h", "-"},
		}},
		{"no errors", 9, Use{Valid: time.Minute}, []step{
			{0, nil, "i", "-"},
			{1, put("i", "there"), "i", "there"},
		}},
		{"rarely used", 9, Use{Valid: time.Minute, MinUses: 2}, []step{
			{0, put("j", "old"), "j", "old"},
			{1, replace("j", "new"), "j", "new"}, // it was not kept open
			{2, replace("j", "newer"), "j", "new"},
		}},
		{"full", 1, Use{Valid: time.Minute}, []step{
			{0, put("k", "k"), "k", "k"},
			{1, put("l", "l"), "l", "l"},
			{2, replace("k", "kk"), "k", "kk"},
		}},
		{"inactive", 9, Use{Valid: time.Hour}, []step{
			{0, put("m", "m"), "m", "m"},
			{0, put("n", "n"), "n", "n"},
			{100, nil, "n", "n"}, // forgets m
			{101, replace("m", "mm"), "m", "mm"},
		}},
		{"directory", 9, Use{Valid: time.Minute}, []step{
			{0, put("o/x", "x"), "o", "dir"},
			{1, func() { os.RemoveAll(dir + "/o") }, "o", "dir"},
			{60, put("o", "file"), "o", "file"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var now int64
			u := tt.use
			u.Cache = NewCache(tt.max, time.Minute, func() int64 { return now })
			defer u.Cache.close()
			for _, s := range tt.steps {
				now = s.at
				if s.do != nil {
					s.do()
				}
				if got := read(t, &u, dir+"/"+s.name); got != s.want {
					t.Errorf("at %d s: got %q, want %q", s.at, got, s.want)
				}
			}
			if n := len(u.Cache.entries); n > tt.max {
				t.Errorf("%d names are remembered, of at most %d", n, tt.max)
			}
		})
	}
}

// read returns what a file has, "dir" for a folder, "-" for nothing.
func read(t *testing.T, u *Use, name string) string {
	t.Helper()
	f, info, err := u.Open([]byte(name), Rule{})
	switch {
	case err != nil:
		if e, ok := err.(*Error); !ok || !e.Missing() {
			t.Error(err)
		}
		return "-"
	case f == nil:
		return "dir"
	}
	defer f.Close()
	b := make([]byte, info.Size)
	if n, err := f.ReadAt(b, 0); err != nil && err != io.EOF || int64(n) != info.Size {
		t.Errorf("read %d of %d: %v", n, info.Size, err)
	}
	return string(b)
}

// Who has a file open keeps it when the cache forgets it.
func TestCacheInUse(t *testing.T) {
	dir := t.TempDir()
	name := write(t, dir+"/f", "text")
	u := Use{Cache: NewCache(1, time.Minute, func() int64 { return 0 }), Valid: time.Minute}
	f, _, err := u.Open(name, Rule{})
	if err != nil {
		t.Fatal(err)
	}
	read(t, &u, string(write(t, dir+"/g", "g")))
	u.Cache.close()
	b := make([]byte, 4)
	if _, err := f.ReadAt(b, 0); err != nil || string(b) != "text" {
		t.Errorf("got %q, %v", b, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestCacheAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	name := write(t, t.TempDir()+"/f", "text")
	u := Use{Cache: NewCache(9, time.Minute, nil), Valid: time.Minute}
	if n := testing.AllocsPerRun(100, func() {
		f, _, err := u.Open(name, Rule{})
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
