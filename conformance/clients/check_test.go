package clients

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what UNDERSTUDY_BIN, which must be nginx, answers to -t")

// What nginx's log line begins with when its log is stderr.
var stamp = regexp.MustCompile(`(?m)^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (\[\w+\]) \d+#\d+: `)

// answer runs the server and returns what it prints and its exit status, with
// dir as DIR and without time and process.
func answer(t *testing.T, dir string, args ...string) (text string, status int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), server(t), args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		status = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(string(out), dir, "DIR")
	return stamp.ReplaceAllString(text, "$1 "), status
}

func TestCase5Placeholder(t *testing.T) {
	dir := install(t, "cases/5", nil)
	got, status := answer(t, dir, "-t", "-p", dir, "-c", "nginx.conf", "-e", "stderr")
	want := `[emerg] host not found in upstream "<frontend_url>" in DIR/nginx.conf:`
	if status != 1 || !strings.Contains(got, want) {
		t.Errorf("-t: got status %d and\n%s\nwant 1 and %q", status, got, want)
	}
}

// Case 6: nginx's own words, from nginx itself (-update).
func TestCase6AsNginx(t *testing.T) {
	files, err := filepath.Glob("../../testdata/cases/6/*.conf")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			dir := install(t, "cases/6", nil)
			got, status := answer(t, dir, "-t", "-p", dir, "-c", name, "-e", "stderr", "-g", "pid nginx.pid;")
			golden := strings.TrimSuffix(file, ".conf") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("-t: got\n%s\nwant\n%s", got, want)
			}
			if failed := strings.Contains(got, "test failed"); failed != (status == 1) {
				t.Errorf("-t: got status %d with\n%s", status, got)
			}
		})
	}
}

// check says what is wrong, where, and what to write instead.
func TestCheck(t *testing.T) {
	ours(t)
	for _, tt := range []struct {
		dir, file string
		status    int      // -1: not said
		want      []string // each must be in the output
	}{
		{"cases/5", "nginx.conf", -1, []string{"nginx.conf:28:24", "<frontend_url>", "placeholder"}},
		{"cases/6", "quotes.conf", -1, []string{"quotes.conf:6:9", "''", "quotes.conf:19:41", `"upgrade"`}},
		{"cases/6", "noevents.conf", 1, []string{"noevents.conf:", "events {}"}},
		{"cases/6", "outside.conf", 1, []string{"outside.conf:3:1", `"upstream"`, "outside.conf:7:1", `"server"`, "http {"}},
		{"cases/6", "nginx.conf", 1, []string{"nginx.conf:1:1", `"map"`, "nginx.conf:3:5", "''", "nginx.conf:6:1", "nginx.conf:10:1", "http {", "events {}"}},
	} {
		t.Run(tt.dir+" "+tt.file, func(t *testing.T) {
			dir := install(t, tt.dir, nil)
			got, status := answer(t, dir, "check", tt.file)
			if tt.status >= 0 && status != tt.status {
				t.Errorf("got status %d, want %d", status, tt.status)
			}
			for _, w := range tt.want {
				if !strings.Contains(got, w) {
					t.Errorf("check does not say %q", w)
				}
			}
			if t.Failed() {
				t.Logf("check says:\n%s", got)
			}
		})
	}
	// What runs is not complained about.
	for _, dir := range []string{"cases/1", "cases/2", "demo"} {
		t.Run(dir, func(t *testing.T) {
			if got, status := answer(t, install(t, dir, nil), "check", "nginx.conf"); status != 0 {
				t.Errorf("got status %d and\n%s", status, got)
			}
		})
	}
}
