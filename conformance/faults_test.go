package conformance_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A fault is a configuration with something wrong, and what it is called.
type fault struct {
	code, block, option, name string
	text                      string
}

var faultHead = regexp.MustCompile(`(?m)^### (NX\d{3}) (main|http|server)((?: --\S+)?): (.*)$`)

// faults reads a table: see its head.
func faults(t *testing.T, file string) []fault {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	heads := faultHead.FindAllStringSubmatchIndex(text, -1)
	var out []fault
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		part := func(k int) string { return text[h[2*k]:h[2*k+1]] }
		out = append(out, fault{part(1), part(2), strings.TrimSpace(part(3)), part(4), strings.Trim(text[h[1]:end], "\n") + "\n"})
	}
	return out
}

var choice = regexp.MustCompile(`⟦([^|⟧]*)\|([^⟧]*)⟧`)

// configuration is the text with the fault, or its twin.
func (f *fault) configuration(twin bool) string {
	take := "$1"
	if twin {
		take = "$2"
	}
	text := choice.ReplaceAllString(f.text, take)
	switch f.block {
	case "http":
		return "events {}\nhttp {\n" + text + "}\n"
	case "server":
		return "events {}\nhttp {\nserver {\nlisten 127.0.0.1:8081;\n" + text + "}\n}\n"
	}
	return text
}

// TestLintFaults checks each fault of the table and its twin: the one has the finding, the
// other has not, nor any error.
func TestLintFaults(t *testing.T) {
	s := suite(t)
	if *nginxFlag != "" {
		t.Skip("nginx has no check")
	}
	table := faults(t, filepath.Join("..", "testdata", "faults", "lint.conf"))
	if len(table) < 25 {
		t.Fatalf("%d faults", len(table))
	}
	for _, f := range table {
		t.Run(f.code+" "+f.name, func(t *testing.T) {
			t.Parallel()
			if !choice.MatchString(f.text) {
				t.Fatal("the fault has no twin")
			}
			if got := checked(t, s.Binary, &f, false); got[f.code] == "" {
				t.Errorf("the fault is not found: %v\n%s", got, f.configuration(false))
			}
			got := checked(t, s.Binary, &f, true)
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
