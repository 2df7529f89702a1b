package faults

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// corpusEnv names a folder of folders, each with an nginx.conf and a meta.json that
// says in "rew_latest" whether nginx takes it. They are other people's and not part of
// this project.
const corpusEnv = "UNDERSTUDY_CORPUS"

// lacking is the code of what is right and cannot be had here. Of the corpus it may be
// in so many configurations at most.
const (
	lacking     = "NX116"
	mostLacking = 1
)

// TestCorpus checks the configurations that nginx takes: check has no error for them.
func TestCorpus(t *testing.T) {
	folder := os.Getenv(corpusEnv)
	if folder == "" {
		t.Skip(corpusEnv + " names no folder of configurations")
	}
	names, err := filepath.Glob(filepath.Join(folder, "*", "meta.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s has no configurations: %v", folder, err)
	}
	bin, taken, without := program(t), 0, 0
	for _, name := range names {
		var about struct {
			Verdict string `json:"rew_latest"`
		}
		text, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, &about)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if about.Verdict != "ok" {
			continue
		}
		taken++
		conf := filepath.Join(filepath.Dir(name), "nginx.conf")
		out, _ := exec.Command(bin, "check", "--format", "json", conf).Output() // errors are in it
		var r struct {
			Findings []struct{ Code, Severity, Message string }
		}
		if err := json.Unmarshal(out, &r); err != nil {
			t.Errorf("%s: %v in %q", conf, err, out)
		}
		for _, x := range r.Findings {
			switch {
			case x.Severity != "error":
			case x.Code == lacking:
				without++
			default:
				t.Errorf("%s: %s %s", conf, x.Code, x.Message)
			}
		}
	}
	t.Logf("%d configurations that nginx takes, of which %d need what cannot be had here", taken, without)
	if taken == 0 || without > mostLacking {
		t.Errorf("want some, and %d at most that cannot be had", mostLacking)
	}
}
