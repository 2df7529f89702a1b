package conformance_test

import (
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"understudy/conformance"
)

var (
	binaryFlag = flag.String("binary", os.Getenv("UNDERSTUDY_BIN"), "program to test, instead of building understudy")
	nginxFlag  = flag.String("nginx", "", "test this nginx instead of understudy; with -update, the source of all answers")
	updateFlag = flag.Bool("update", false, "write the answers of nginx into the cases")
)

// parallel is how many cases run at the same time.
const parallel = 4

func TestMain(m *testing.M) { os.Exit(built.Main(m, parallel)) }

var built conformance.Program

var slots = make(chan struct{}, parallel)

func suite(t *testing.T) *conformance.Suite {
	t.Helper()
	s := &conformance.Suite{Binary: *nginxFlag, Update: *updateFlag, Slots: slots, Skipped: new(conformance.Skips)}
	if s.Update && s.Binary == "" {
		path, err := exec.LookPath("nginx")
		if err != nil {
			t.Fatal("-update needs nginx, which is not installed; name one with -nginx PATH")
		}
		s.Binary = path
	}
	if s.Binary != "" {
		abs(t, &s.Binary)
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s.Binary = *binaryFlag; s.Binary != "" {
		abs(t, &s.Binary)
		return s
	}
	s.Binary = built.Path(t)
	return s
}

func abs(t *testing.T, path *string) {
	t.Helper()
	p, err := filepath.Abs(*path)
	if err != nil {
		t.Fatal(err)
	}
	*path = p
}

// each runs a test for every file below dir.
func each(t *testing.T, dir, ext string, run func(t *testing.T, file string)) {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ext {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no %s files in %s", ext, dir)
	}
	for _, file := range files {
		name, _ := filepath.Rel(dir, file)
		t.Run(strings.TrimSuffix(filepath.ToSlash(name), ext), func(t *testing.T) {
			t.Parallel()
			run(t, file)
		})
	}
}

// bounded fails a test that skips more cases than it may: those that need what
// is not supported yet. The bound is lowered as that gets less, never raised.
func bounded(t *testing.T, s *conformance.Suite, most int) {
	t.Cleanup(func() {
		lines, total := s.Skipped.Report()
		for _, l := range lines {
			t.Log(l)
		}
		if total > most {
			t.Errorf("%d cases need what is not supported yet, want %d at most", total, most)
		}
	})
}

// TestTraffic sends what the scripts say and expects nginx's answers, byte for
// byte.
func TestTraffic(t *testing.T) {
	s := suite(t)
	bounded(t, s, 6)
	each(t, "../testdata/traffic", ".txtar", s.Traffic)
}

// TestErrors runs -t on broken configurations and expects nginx's words at
// nginx's place.
func TestErrors(t *testing.T) {
	s := suite(t)
	bounded(t, s, 30)
	each(t, "../testdata/errors", ".conf", s.Errors)
}
