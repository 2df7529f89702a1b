//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"understudy/runtime/certs"
)

// fakeTool puts a program into the path that notes how it was called, and runs a
// script.
func fakeTool(t *testing.T, dir, name, script string) {
	t.Helper()
	text := "#!/bin/sh\necho \"" + name + " $*\" >>\"" + dir + "/calls\"\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestTrustStores(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	ca, err := certs.OpenAuthority(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(dir, "in-nss")
	fakeTool(t, dir, "update-ca-certificates", "")
	fakeTool(t, dir, "certutil", `case "$1" in -A) touch "`+mark+`";; -D) rm "`+mark+`";; -V) test -e "`+mark+`";; esac`)
	fakeTool(t, dir, "security", `case "$1" in add-trusted-cert) touch "`+mark+`-k";; remove-trusted-cert) rm "`+mark+`-k";; verify-cert) test -e "`+mark+`-k";; esac`)
	for _, name := range []string{"root/usr/local/share/ca-certificates", "home/.mozilla/firefox/x.default", "home/.mozilla/firefox/no-profile"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "home/.mozilla/firefox/x.default/cert9.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for system, want := range map[string]string{"linux": "system Firefox", "darwin": "keychain Firefox", "windows": "Windows"} {
		tr := &truster{system: system, root: filepath.Join(dir, "root"), home: filepath.Join(dir, "home"), file: ca.File(), name: "n", serial: "1f"}
		var names []string
		for _, s := range tr.stores() {
			names = append(names, s.name)
			if system == "windows" {
				continue // its certutil is another
			}
			if s.has() {
				t.Errorf("%s: %s has it before", system, s.name)
			}
			if err := s.add(); err != nil || !s.has() {
				t.Errorf("%s: %s does not take it: %v", system, s.name, err)
			}
			if err := s.remove(); err != nil || s.has() {
				t.Errorf("%s: %s does not forget it: %v", system, s.name, err)
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s has the stores %q, want %q", system, got, want)
		}
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"update-ca-certificates \n", "certutil -A -d sql:" + dir + "/home/.mozilla/firefox/x.default -t C,, -n n -i " + ca.File() + "\n",
		"security add-trusted-cert -r trustRoot -k " + dir + "/home/Library/Keychains/login.keychain-db " + ca.File() + "\n",
	} {
		if !strings.Contains(string(calls), want) {
			t.Errorf("no call of %q in\n%s", want, calls)
		}
	}
}

// A store that only root can change says what root has to do.
func TestTrustNeedsRoot(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "root/usr/local/share/ca-certificates/understudy-ca.crt"), 0o755); err != nil {
		t.Fatal(err)
	}
	tr := &truster{system: "linux", root: filepath.Join(dir, "root"), home: dir, file: filepath.Join(dir, "ca.pem")}
	if err := os.WriteFile(tr.file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, ok := tr.linux()
	if !ok {
		t.Fatal("no store")
	}
	if err := s.add(); err == nil || !strings.Contains(err.Error(), "as root: install -m 644 "+tr.file) {
		t.Errorf("got %v", err)
	}
}
