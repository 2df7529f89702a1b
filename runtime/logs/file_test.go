package logs

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func open(t *testing.T, s *Set, path string, b Buffering) (*Generation, *File) {
	t.Helper()
	g := s.Next(func(err error) { t.Errorf("reported %v", err) })
	f := g.File(path)
	if b.Size > 0 {
		if err := g.Buffer(f, "log", b); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.Open(); err != nil {
		t.Fatal(err)
	}
	return g, f
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	os.WriteFile(path, []byte("old\n"), 0o600)
	g, f := open(t, NewSet(nil), path, Buffering{})
	if g.File(path) != f {
		t.Error("the same path is another file")
	}
	f.Write([]byte("access\n"))
	f.WriteLine(Error, noon, []byte("error\n"))
	if got := read(t, path); got != "old\naccess\nerror\n" {
		t.Errorf("got %q", got)
	}
	line := []byte("line\n")
	if n := testing.AllocsPerRun(100, func() { f.Write(line) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
	if err := g.Release(); err != nil {
		t.Error(err)
	}
	if err := f.Write(line); err != nil {
		t.Errorf("after release: %v", err)
	}
}

func TestOpenError(t *testing.T) {
	g := NewSet(nil).Next(nil)
	defer g.Release()
	path := filepath.Join(t.TempDir(), "no", "log")
	g.File(path)
	want := fmt.Sprintf("open() %q failed (2: No such file or directory)", path)
	if err := g.Open(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// Lines are whole, and none is lost, while the log is rotated.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	for _, b := range []Buffering{{}, {Size: 256}, {Size: 256, Flush: time.Millisecond}} {
		s := NewSet(nil)
		g, f := open(t, s, path, b)
		const writers, lines, turns = 4, 500, 5
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range lines {
					if err := f.Write(fmt.Appendf(nil, "%d %d %s\n", w, i, strings.Repeat("x", 20))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for i := range turns {
			os.Rename(path, filepath.Join(dir, fmt.Sprint("log.", i)))
			if err := s.Reopen(); err != nil {
				t.Error(err)
			}
		}
		wg.Wait()
		g.Release()
		seen := map[string]bool{}
		names, _ := filepath.Glob(filepath.Join(dir, "log*"))
		for _, name := range names {
			for l := range strings.Lines(read(t, name)) {
				if !strings.HasSuffix(l, strings.Repeat("x", 20)+"\n") {
					t.Errorf("a broken line %q", l)
				}
				seen[l] = true
			}
			os.Remove(name)
		}
		if len(seen) != writers*lines {
			t.Errorf("%+v: %d lines, want %d", b, len(seen), writers*lines)
		}
	}
}

func TestBuffer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	g, f := open(t, NewSet(nil), path, Buffering{Size: 10})
	defer g.Release()
	for _, step := range []struct{ line, want string }{
		{"123\n", ""},
		{"45678\n", ""},         // full to the last byte
		{"9\n", "123\n45678\n"}, // no room for it
		{"0123456789ab\n", "123\n45678\n9\n0123456789ab\n"}, // longer than any buffer
	} {
		f.Write([]byte(step.line))
		if got := read(t, path); got != step.want {
			t.Errorf("after %q: got %q, want %q", step.line, got, step.want)
		}
	}
	f.WriteLine(Error, noon, []byte("now\n"))
	if got := read(t, path); !strings.HasSuffix(got, "now\n") {
		t.Errorf("an error line waited: %q", got)
	}
	line := []byte("1234\n")
	if n := testing.AllocsPerRun(100, func() { f.Write(line) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestFlush(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	synctest.Test(t, func(t *testing.T) {
		g, f := open(t, NewSet(nil), path, Buffering{Size: 100, Flush: 5 * time.Second})
		for range 2 { // the timer begins anew with the first line after a flush
			os.Truncate(path, 0)
			f.Write([]byte("a\n"))
			time.Sleep(4 * time.Second)
			f.Write([]byte("b\n"))
			synctest.Wait()
			if got := read(t, path); got != "" {
				t.Errorf("after 4s: got %q", got)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if got := read(t, path); got != "a\nb\n" {
				t.Errorf("after 5s: got %q", got)
			}
			time.Sleep(10 * time.Second)
		}
		f.Write([]byte("c\n"))
		g.Release()
		if got := read(t, path); got != "a\nb\nc\n" {
			t.Errorf("after release: got %q", got)
		}
	})
}

func TestGzip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.gz")
	g, f := open(t, NewSet(nil), path, Buffering{Size: 1000, Gzip: 1})
	var want bytes.Buffer
	for i := range 200 {
		line := fmt.Appendf(nil, "line %d\n", i)
		want.Write(line)
		f.Write(line)
	}
	g.Release()
	z, err := gzip.NewReader(strings.NewReader(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(z) // members follow one another
	if err != nil || string(got) != want.String() {
		t.Errorf("got %d bytes %v, want %d", len(got), err, want.Len())
	}
}

func TestConflict(t *testing.T) {
	g := NewSet(nil).Next(nil)
	defer g.Release()
	f := g.File("/log")
	if err := g.Buffer(f, "logs/a", Buffering{Size: 1}); err != nil {
		t.Fatal(err)
	}
	if err := g.Buffer(f, "logs/a", Buffering{Size: 1}); err != nil {
		t.Errorf("the same buffer: %v", err)
	}
	err := g.Buffer(f, "logs/a", Buffering{Size: 2})
	if err == nil || err.Error() != `access_log "logs/a" already defined with conflicting parameters` {
		t.Errorf("got %v", err)
	}
}

// A full disk is reported once a minute, and not written to for the rest of
// the second.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip(err)
	}
	now := noon
	g, f := open(t, NewSet(func() time.Time { return now }), "/dev/full", Buffering{})
	defer g.Release()
	want := `write() to "/dev/full" failed (28: No space left on device)`
	for _, step := range []struct {
		after time.Duration
		want  string
	}{
		{0, want}, {0, ""}, {time.Second, ""}, {58 * time.Second, ""}, {time.Second, want}, {time.Second, ""},
	} {
		now = now.Add(step.after)
		got := ""
		if err := f.Write([]byte("x\n")); err != nil {
			got = err.Error()
		}
		if got != step.want {
			t.Errorf("at %v: got %q, want %q", now.Sub(noon), got, step.want)
		}
	}
}

// An error that no writer waits for is reported.
func TestFlushError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		g := NewSet(nil).Next(func(err error) { got = append(got, err.Error()) })
		f := g.File("/dev/full")
		g.Buffer(f, "", Buffering{Size: 100, Flush: time.Second})
		if err := g.Open(); err != nil {
			t.Skip(err)
		}
		f.Write([]byte("x\n"))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(got) != 1 || got[0] != `write() to "/dev/full" failed (28: No space left on device)` {
			t.Errorf("got %q", got)
		}
		g.Release()
	})
}

func TestGenerations(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	s := NewSet(nil)
	g1 := s.Next(nil)
	fa, fb := g1.File(a), g1.File(b)
	if err := g1.Open(); err != nil {
		t.Fatal(err)
	}
	fd := fa.h.file.Load()
	g2 := s.Next(nil)
	fa2 := g2.File(a)
	if err := g2.Open(); err != nil {
		t.Fatal(err)
	}
	if fa2.h.file.Load() != fd {
		t.Error("a file kept by the reload was opened again")
	}
	fb.Write([]byte("old generation\n"))
	g1.Release()
	g1.Release() // again does nothing
	if fa2.h.file.Load() != fd || fb.h.file.Load() != nil {
		t.Error("wrong files closed")
	}
	fa2.Write([]byte("x\n"))
	if got := read(t, a) + read(t, b); got != "x\nold generation\n" {
		t.Errorf("got %q", got)
	}
	failed := s.Next(nil) // a configuration that does not come to work
	failed.File(a)
	failed.Release()
	if fa2.h.file.Load() != fd {
		t.Error("closed by a generation that failed")
	}
	g2.Release()
	if len(s.files) != 0 || fa2.h.file.Load() != nil {
		t.Error("files left over")
	}
}

func TestAppend(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	Append(path, []byte("a\n"))
	Append(path, []byte("b\n"))
	if got := read(t, path); got != "a\nb\n" {
		t.Errorf("got %q", got)
	}
	if err := Append(filepath.Join(path, "x"), nil); err == nil || !strings.HasSuffix(err.Error(), "failed (20: Not a directory)") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	g := NewSet(nil).Next(nil)
	f := g.File("/dev/null")
	g.Open()
	defer g.Release()
	line := bytes.Repeat([]byte("x"), 200)
	b.ReportAllocs()
	for b.Loop() {
		f.Write(line)
	}
}
