package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// While a configuration is read nobody takes what has changed, and the files to watch
// are given by the one who reads: neither may wait for the other.
func TestWatchWhileBusy(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(a, "1")
	write(b, "1")
	synctest.Test(t, func(t *testing.T) {
		w := newWatcher(nil) // looks at the files from time to time
		defer w.close()
		w.use([]string{a, b}, time.Time{})
		write(a, "22")
		time.Sleep(2 * poll)
		write(b, "22")
		time.Sleep(2 * poll)
		write(a, "333")
		time.Sleep(2 * poll)
		w.use([]string{b, a}, time.Time{})
		if got, want := <-w.changed, []string{a, b}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		select {
		case got := <-w.changed:
			t.Errorf("got %q again", got)
		case <-time.After(3 * poll):
		}
	})
}

// A file that changed between being read and being watched is noticed.
func TestWatchYoungerFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWatcher(nil)
		defer w.close()
		w.use([]string{name}, info.ModTime().Add(-1))
		select {
		case <-w.changed:
		case <-time.After(3 * poll):
			t.Error("it was not noticed")
		}
		w.use([]string{name}, info.ModTime().Add(-1)) // it is known now
		select {
		case got := <-w.changed:
			t.Errorf("%q is noticed again", got)
		case <-time.After(3 * poll):
		}
	})
}

// A file that is written in place is empty for a moment: that is not what is meant,
// unless it stays so.
func TestWatchEmptiedFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("1")
	synctest.Test(t, func(t *testing.T) {
		w := newWatcher(nil)
		defer w.close()
		w.use([]string{name}, time.Time{})
		changed := func(within time.Duration) bool {
			select {
			case <-w.changed:
				return true
			case <-time.After(within):
				return false
			}
		}
		write("")
		if changed(poll + emptied/2) {
			t.Error("it is taken as it is at once")
		}
		write("22")
		if !changed(emptied) {
			t.Error("what is written then is not noticed")
		}
		write("")
		if !changed(2*poll + emptied) {
			t.Error("that it stays empty is not noticed")
		}
	})
}
