// Command understudy runs an nginx configuration. Called as nginx, or with
// nginx's options, it behaves as nginx does; otherwise it has commands of its
// own: understudy help.
package main

import (
	"os"
	"path/filepath"
	"strings"
)

func main() { os.Exit(Main(os.Args)) }

// Main runs the command line argv and returns the exit code.
func Main(argv []string) int {
	if nginxMode(argv) {
		return newProgram(argv).main()
	}
	return personMode(argv)
}

// nginxMode reports whether argv is one of nginx: by the program's name, or by
// an option where a command would stand.
func nginxMode(argv []string) bool {
	if len(argv) == 0 {
		return true
	}
	name := strings.TrimSuffix(filepath.Base(argv[0]), ".exe")
	if name == "nginx" {
		return true
	}
	return len(argv) > 1 && strings.HasPrefix(argv[1], "-") && !strings.HasPrefix(argv[1], "--")
}
