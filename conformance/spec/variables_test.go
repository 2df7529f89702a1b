package spec_test

import (
	"os"
	"strings"
	"testing"

	"understudy/directives"
)

// A variable is what the variable tables in nginx's source say of one.
type variable struct{ changeable, volatile bool }

// TestVariables compares the variables of the modules with a table that was
// made from those in nginx's source: their names, whether set and map may
// declare them again, and whether their values are kept. Modules of which
// nothing is there are left out.
func TestVariables(t *testing.T) {
	got := map[string]map[string]variable{"http": {}, "stream": {}}
	requests, sessions := directives.Table.Variables()
	for _, v := range requests {
		got["http"][v.Name] = variable{v.Changeable, v.Volatile}
	}
	for _, v := range sessions {
		got["stream"][v.Name] = variable{v.Changeable, v.Volatile}
	}
	data, err := os.ReadFile("../../testdata/variables.tsv")
	if err != nil {
		t.Fatal(err)
	}
	byModule := map[string][][]string{}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 6 {
			t.Fatalf("%q: got %d columns, want 6", line, len(f))
		}
		byModule[f[3]] = append(byModule[f[3]], f)
	}
	delete(byModule, "module") // the head
	known := map[string]map[string]bool{"http": {}, "stream": {}}
	for module, rows := range byModule {
		missing := 0
		for _, f := range rows {
			name := f[0]
			if f[1] == "prefix" && !strings.HasSuffix(name, "*") {
				name += "*"
			}
			known[f[2]][name] = true
			if _, ok := got[f[2]][name]; !ok {
				missing++
			}
		}
		if missing == len(rows) {
			t.Logf("%s: none of its variables is there", module)
			continue
		}
		for _, f := range rows {
			name := f[0]
			if f[1] == "prefix" && !strings.HasSuffix(name, "*") {
				name += "*"
			}
			v, ok := got[f[2]][name]
			want := variable{f[4] == "yes", f[5] == "no"}
			switch {
			case !ok:
				t.Errorf("%s: $%s is missing", module, name)
			case v.changeable != want.changeable:
				t.Errorf("%s: $%s may be declared again: %t, nginx: %t", module, name, v.changeable, want.changeable)
			case name == "slice_range": // each piece has its own; nginx changes the value that is kept
			case v.volatile != want.volatile:
				t.Errorf("%s: $%s is evaluated each time: %t, nginx: %t", module, name, v.volatile, want.volatile)
			}
		}
	}
	for group, names := range got {
		for name := range names {
			if !known[group][name] {
				t.Errorf("nginx has no variable $%s in %s", name, group)
			}
		}
	}
}
