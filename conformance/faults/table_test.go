// Package faults has configurations with something wrong in them, each beside its
// twin without the fault, and sees whether the program finds the one and not the
// other: the tables in testdata/faults, of what check finds and of what run does.
package faults

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"understudy/conformance"
)

// How many faults the tables have at least.
const (
	leastChecked = 25
	leastRun     = 25
	leastSockets = 12
)

// parallel is how many faults are tried at the same time: they wait more than they work.
const parallel = 6

// A fault is a configuration with something wrong, and what it is called.
type fault struct {
	code, block, option, name string
	text                      string
}

var (
	head   = regexp.MustCompile(`(?m)^### (NX\d{3}) (main|http|server|stream)((?: --\S+)?): (.*)$`)
	choice = regexp.MustCompile(`⟦([^|⟧]*)\|([^⟧]*)⟧`)
)

// read reads a table, which its own head describes, of at least so many faults.
func read(t *testing.T, file string, least int) []fault {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "faults", file))
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	heads := head.FindAllStringSubmatchIndex(text, -1)
	if n := strings.Count(text, "\n### "); n != len(heads) || n < least {
		t.Fatalf("%d of %d faults can be read, want %d at least", len(heads), n, least)
	}
	var out []fault
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		part := func(k int) string { return text[h[2*k]:h[2*k+1]] }
		f := fault{part(1), part(2), strings.TrimSpace(part(3)), part(4), strings.Trim(text[h[1]:end], "\n") + "\n"}
		if !choice.MatchString(f.text) {
			t.Fatalf("%s %s has no twin", f.code, f.name)
		}
		out = append(out, f)
	}
	return out
}

// side is the text with the fault, or its twin.
func (f *fault) side(twin bool) string {
	take := "$1"
	if twin {
		take = "$2"
	}
	return choice.ReplaceAllString(f.text, take)
}

// configuration is a whole configuration with the fault, or its twin.
func (f *fault) configuration(twin bool) string {
	text := f.side(twin)
	switch f.block {
	case "http":
		return "events {}\nhttp {\n" + text + "}\n"
	case "server":
		return "events {}\nhttp {\nserver {\nlisten 127.0.0.1:8081;\n" + text + "}\n}\n"
	}
	return text
}

// The codes that the tables have to have, whatever else they have.
var wanted = strings.Fields("NX102 NX201 NX204 NX209 NX301 NX302 NX303 NX304 NX305 NX306 NX308 NX309 " +
	"NX401 NX402 NX403 NX404 NX406 NX413 NX501 NX601 NX603 NX701 NX702 NX705 NX708 NX902")

func TestTablesAreWhole(t *testing.T) {
	has := map[string]bool{}
	for _, file := range []string{"lint.conf", "run.conf", "sockets.conf"} {
		for _, f := range read(t, file, 1) {
			has[f.code] = true
		}
	}
	for _, code := range wanted {
		if !has[code] {
			t.Errorf("no fault is a %s", code)
		}
	}
}

var built conformance.Program

// program is what UNDERSTUDY_BIN names, or built for all tests.
func program(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("UNDERSTUDY_BIN"); bin != "" {
		return bin
	}
	return built.Path(t)
}

func TestMain(m *testing.M) { os.Exit(built.Main(m, parallel)) }
