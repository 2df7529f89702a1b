package clients

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// need returns the path of a program. Without it a test is skipped, but in CI
// it fails: there a missing program would hide that nothing was tested.
func need(t *testing.T, why string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, strings.Join(names, " or ")+" is not installed: "+why)
	return ""
}

func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// node returns a command that runs a script of this folder, or of an installed
// package.
func node(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	bin := need(t, "the clients under test run on Node.js", "node")
	if _, err := os.Stat("node_modules/ws"); err != nil {
		missing(t, "the npm packages are not installed: run `make clients`, or `npm ci --ignore-scripts` in conformance/clients")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, bin, args...)
}

// output runs cmd and decodes the JSON that it prints.
func output[T any](t *testing.T, cmd *exec.Cmd) T {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args[1:], err, &stderr)
	}
	var v T
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("%v: %v in %q", cmd.Args[1:], err, out)
	}
	return v
}

// A reply is what backend.js answers.
type reply struct {
	Backend int               `json:"backend"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Message string            `json:"message"`
}

// backends starts n of backend.js and returns their addresses.
func backends(t *testing.T, n int) []string {
	t.Helper()
	args := []string{"backend.js"}
	for range n {
		args = append(args, "0")
	}
	addrs := listeners(t, node(t, args...))
	if len(addrs) != n {
		t.Fatalf("backend.js: got %d addresses, want %d", len(addrs), n)
	}
	return addrs
}

// listeners starts a server that prints its ports of 127.0.0.1 as JSON and ends
// with its stdin, and returns their addresses.
func listeners(t *testing.T, cmd *exec.Cmd) []string {
	t.Helper()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	var ports []int
	if err := json.NewDecoder(stdout).Decode(&ports); err != nil {
		t.Fatalf("%v: %v", cmd.Args[1:], err)
	}
	addrs := make([]string, len(ports))
	for i, p := range ports {
		addrs[i] = "127.0.0.1:" + strconv.Itoa(p)
	}
	return addrs
}

// A connection is what client.js tells of one.
type connection struct {
	Replies []reply `json:"replies"`
	Pong    string  `json:"pong"`
	Close   int     `json:"close"`
}

// connect opens n connections with an npm package, and exchanges messages.
func connect(t *testing.T, library, url string, n, messages int) []connection {
	t.Helper()
	got := output[[]connection](t, node(t, "client.js", library, url, strconv.Itoa(n), strconv.Itoa(messages)))
	if len(got) != n {
		t.Fatalf("%s: got %d connections, want %d", library, len(got), n)
	}
	for i, c := range got {
		if len(c.Replies) != messages || c.Pong != "still there?" || c.Close != 1000 {
			t.Errorf("%s: connection %d: got %d replies, pong %q, close %d", library, i, len(c.Replies), c.Pong, c.Close)
		}
	}
	return got
}

// wscat connects to url, sends lines, and returns the answers. Its stdin stays
// open until they are there: wscat ends with it, answered or not.
func wscat(t *testing.T, url string, lines ...string) []reply {
	t.Helper()
	args := []string{"node_modules/wscat/bin/wscat", "--connect", url, "--wait=-1"}
	for _, line := range lines {
		args = append(args, "--execute", line)
	}
	cmd := node(t, args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer stdin.Close()
	out := json.NewDecoder(stdout)
	replies := make([]reply, len(lines))
	for i := range replies {
		if err := out.Decode(&replies[i]); err != nil {
			t.Fatalf("wscat --connect %s: answer %d: %v\n%s", url, i, err, &stderr)
		}
	}
	return replies
}

// A step is one of browser.js.
type step map[string]string

// chromium returns the path of the browser.
func chromium(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("CHROMIUM"); bin != "" {
		return bin
	}
	return need(t, "the page is opened in a real browser", "chromium", "chromium-browser", "google-chrome")
}

// browse does steps at url in Chromium and returns what its waits found.
func browse(t *testing.T, url string, steps ...step) []string {
	t.Helper()
	if shot := os.Getenv("SCREENSHOTS"); shot != "" {
		steps = append(steps, step{"screenshot": shot + "/" + t.Name() + ".png"})
	}
	script, err := json.Marshal(steps)
	if err != nil {
		t.Fatal(err)
	}
	cmd := node(t, "browser.js", url, string(script))
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium(t))
	got := output[struct{ Texts, Errors []string }](t, cmd)
	if len(got.Errors) > 0 {
		t.Errorf("the page reported %q", got.Errors)
	}
	return got.Texts
}
