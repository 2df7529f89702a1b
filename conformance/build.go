package conformance

import (
	"fmt"
	"os/exec"
)

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
