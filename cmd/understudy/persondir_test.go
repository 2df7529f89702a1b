package main

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestPersonDir(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems have no such variables, and another folder")
	}
	t.Setenv("HOME", "/home/a")
	for _, tt := range []struct{ variable, data, state string }{
		{"/srv/x", "/srv/x/understudy", "/srv/x/understudy/a.conf-"},
		{"", "/home/a/.local/share/understudy", "/home/a/.local/state/understudy/a.conf-"},
		{"relative", "/home/a/.local/share/understudy", "/home/a/.local/state/understudy/a.conf-"},
	} {
		t.Setenv("XDG_DATA_HOME", tt.variable)
		t.Setenv("XDG_STATE_HOME", tt.variable)
		if got := dataDir(); got != tt.data {
			t.Errorf("%q: data in %s, want %s", tt.variable, got, tt.data)
		}
		f := &foreground{source: &source{conf: filepath.Join("etc", "a.conf")}}
		if got := f.stateDir(); !strings.HasPrefix(got, tt.state) {
			t.Errorf("%q: state in %s, want %s…", tt.variable, got, tt.state)
		}
	}
}
