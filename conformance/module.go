package conformance

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// LoadStream returns the directive that loads the stream module into an nginx that
// was built with options, as -V tells them: "load_module …;" and a line break, if it
// was built as Debian builds it and the module is there, else nothing.
func LoadStream(options []string) string {
	if !slices.Contains(options, "--with-stream=dynamic") {
		return ""
	}
	for _, o := range options {
		if dir, ok := strings.CutPrefix(o, "--modules-path="); ok {
			module := filepath.Join(dir, "ngx_stream_module.so")
			if _, err := os.Stat(module); err == nil {
				return "load_module " + module + ";\n"
			}
		}
	}
	return ""
}
