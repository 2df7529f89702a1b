package directives

import (
	"bytes"
	"flag"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"understudy/directives/unsupported"
)

var update = flag.Bool("update", false, "delete the rows of package unsupported that modules make needless")

// TestUnsupported fails as long as package unsupported lists what a module has.
// With -update, it deletes such rows; a row that is needless only in some of
// its contexts is left to be edited.
func TestUnsupported(t *testing.T) {
	needless := map[[2]string]bool{}
	for _, r := range unsupported.Stale(modules...) {
		if *update && r.Whole {
			needless[[2]string{r.Module, r.Name}] = true
			continue
		}
		t.Error(r)
	}
	if len(needless) > 0 {
		deleteRows(t, "unsupported/*.go", needless)
	}
}

var (
	groupRE = regexp.MustCompile(`(?ms)^\t\{"(\w+)", \[\](?:row|accepted)\{\n(.*?)^\t\}\},\n`)
	rowRE   = regexp.MustCompile(`(?m)^\t\t\{"(\w+)", .*\},\n`)
)

// deleteRows deletes rows, by module and name, and groups without rows.
func deleteRows(t *testing.T, pattern string, needless map[[2]string]bool) {
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		old, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := groupRE.ReplaceAllFunc(old, func(group []byte) []byte {
			module := string(groupRE.FindSubmatch(group)[1])
			group = rowRE.ReplaceAllFunc(group, func(row []byte) []byte {
				if needless[[2]string{module, string(rowRE.FindSubmatch(row)[1])}] {
					return nil
				}
				return row
			})
			if !rowRE.Match(group) {
				return nil
			}
			return group
		})
		if bytes.Equal(text, old) {
			continue
		}
		if text, err = format.Source(text); err != nil { // a list may be empty now
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
