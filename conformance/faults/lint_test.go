package faults

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLintFaults checks each fault of the table and its twin: the one has the finding, the
// other has not, nor any error.
func TestLintFaults(t *testing.T) {
	bin := program(t)
	table := read(t, "lint.conf", leastChecked)
	for _, f := range table {
		t.Run(f.code+" "+f.name, func(t *testing.T) {
			t.Parallel()
			if got := checked(t, bin, &f, false); got[f.code] == "" {
				t.Errorf("the fault is not found: %v\n%s", got, f.configuration(false))
			}
			got := checked(t, bin, &f, true)
			if got[f.code] != "" {
				t.Errorf("the twin has it, too: %s\n%s", got[f.code], f.configuration(true))
			}
			for code, text := range got {
				if strings.HasPrefix(text, "error:") {
					t.Errorf("the twin has an error: %s %s\n%s", code, text, f.configuration(true))
				}
			}
		})
	}
}

// checked runs check and returns what it finds, by code.
func checked(t *testing.T, binary string, f *fault, twin bool) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "nginx.conf")
	if err := os.WriteFile(file, []byte(f.configuration(twin)), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"check", "--format", "json"}
	if f.option != "" {
		args = append(args, f.option)
	}
	out, _ := exec.Command(binary, append(args, file)...).Output() // errors are in it
	var r struct {
		Findings []struct {
			Code, Severity, Message string
			Fix                     *struct{ Safe bool }
		}
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	found := map[string]string{}
	for _, x := range r.Findings {
		found[x.Code] = x.Severity + ": " + x.Message
		if x.Code == f.code && x.Fix != nil && !twin {
			fixed(t, binary, f, file)
		}
	}
	return found
}

// fixed makes the fixes of a fault and checks that it is gone, and that nothing is wrong
// that was not before.
func fixed(t *testing.T, binary string, f *fault, file string) {
	t.Helper()
	args := []string{"check", "--fix-all", "--format", "json"}
	if f.option != "" {
		args = append(args, f.option)
	}
	out, _ := exec.Command(binary, append(args, file)...).Output()
	var r struct {
		Findings []struct{ Code, Severity, Message string }
	}
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	for _, x := range r.Findings {
		if x.Code == f.code || x.Severity == "error" {
			text, _ := os.ReadFile(file)
			t.Errorf("after the fix: %s %s\n%s", x.Code, x.Message, text)
		}
	}
}
