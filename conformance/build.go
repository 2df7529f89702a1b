package conformance

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
)

// A Program is understudy as the tests of a package run it: built by the first that
// asks for it.
type Program struct {
	once sync.Once
	dir  string
	err  error
}

// Path returns the file of the program.
func (p *Program) Path(t testing.TB) string {
	t.Helper()
	p.once.Do(func() {
		if p.dir, p.err = os.MkdirTemp("", "understudy-"); p.err == nil {
			p.err = Build(p.file())
		}
	})
	if p.err != nil {
		t.Fatal(p.err)
	}
	return p.file()
}

func (p *Program) file() string { return filepath.Join(p.dir, "understudy") }

// Main runs the tests of a package, as many at a time as parallel says unless
// -parallel does: they wait far more than they work. It removes the program, and
// returns the exit status.
func (p *Program) Main(m *testing.M, parallel int) int {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set(strconv.Itoa(parallel)) // a number is what it takes
	}
	code := m.Run()
	if p.dir != "" {
		_ = os.RemoveAll(p.dir) // what is left is in the system's folder for that
	}
	return code
}

// Build builds the program into file, with the race detector if the test has it.
func Build(file string) error {
	args := []string{"build", "-o", file}
	if raceEnabled {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "understudy/cmd/understudy")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}
