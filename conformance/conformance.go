// Package conformance compares the program with nginx, from the outside: it
// starts a binary with a configuration, sends bytes, and compares the bytes
// that come back with those that nginx sent.
//
// It knows how to start a binary, how to talk to it and what may differ between
// two runs of the same program (ports, dates, file places). It knows nothing of
// directives: whatever is expected was recorded from nginx.
package conformance

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A Suite runs cases against one binary.
type Suite struct {
	Binary string // path of the program under test, which takes nginx's arguments
	Update bool   // write what the binary does into the cases; only for nginx

	// Slots bounds the cases that run at the same time. nil: no bound.
	Slots chan struct{}

	// Skipped counts the cases that need what is not supported yet.
	Skipped *Skips
}

// Check tells whether binary is nginx itself, the only one that may write
// expectations.
func (s *Suite) Check() error {
	out, err := exec.Command(s.Binary, "-V").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s -V: %w", s.Binary, err)
	}
	if !bytes.HasPrefix(out, []byte("nginx version: nginx/"+recordedFrom)) ||
		!bytes.Contains(out, []byte("\nbuilt by ")) {
		line, _, _ := bytes.Cut(out, []byte("\n"))
		return fmt.Errorf("%s is not nginx %s: -V says %q", s.Binary, recordedFrom, line)
	}
	return nil
}

// recordedFrom is the version of nginx that all expectations come from.
const recordedFrom = "1.31.5"

// epoch is the modification time of every file of a case, so that ETag and
// Last-Modified are the same in every run.
var epoch = time.Unix(1_000_000_000, 0)

// acquire waits for a slot and returns what gives it back.
func (s *Suite) acquire() (release func()) {
	if s.Slots == nil {
		return func() {}
	}
	s.Slots <- struct{}{}
	return func() { <-s.Slots }
}

// prefix makes the directory that the binary gets as -p. Its name has always the
// same length, because it may appear in bodies whose length is compared. Workers
// of an nginx started by root must be able to read it.
func prefix(t testing.TB) string {
	t.Helper()
	for range 100 {
		dir := fmt.Sprintf("/tmp/conf-%010d", serial())
		err := os.Mkdir(dir, 0o755)
		if os.IsExist(err) {
			continue
		}
		if err == nil {
			err = os.Mkdir(dir+"/logs", 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		return dir
	}
	t.Fatal("no free name for a directory")
	return ""
}

// write writes a file below dir.
func write(dir, name string, data []byte) error {
	file := dir + "/" + name
	if i := strings.LastIndexByte(file, '/'); i > len(dir) {
		if err := os.MkdirAll(file[:i], 0o755); err != nil {
			return err
		}
	}
	return os.WriteFile(file, data, 0o644)
}

// fixTimes gives the fixed time to everything below dir.
func fixTimes(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, epoch, epoch)
	})
}
