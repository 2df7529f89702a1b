package conformance_test

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"
)

var reloadsFlag = flag.Int("reloads", fewReloads(), "how often TestReloads reloads; UNDERSTUDY_RELOADS does the same")

// fewReloads is what a test run has time for.
func fewReloads() int {
	if n, err := strconv.Atoi(os.Getenv("UNDERSTUDY_RELOADS")); err == nil {
		return n
	}
	return 50
}

// TestReloads reloads under load: nothing is lost, and nothing is left.
func TestReloads(t *testing.T) {
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("it loads the machine, and reads /proc")
	}
	s := suite(t)
	if *nginxFlag != "" {
		t.Skip("nginx has workers, which are not counted")
	}
	s.Reloads(t, *reloadsFlag)
}
