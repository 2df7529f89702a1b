package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"understudy/runtime/certs"
)

func (a *app) trustCommand() *cli.Command {
	return &cli.Command{
		Name:  "trust",
		Usage: "have this machine trust the certificates that run makes",
		Description: "run makes certificates where a configuration's own are not there, by an authority that\n" +
			"is this person's on this machine, and that nothing trusts by itself. This installs its\n" +
			"certificate in the system's store and, where certutil is, in those of browsers.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "uninstall", Usage: "have it trusted no longer"},
			&cli.BoolFlag{Name: "status", Usage: "say where it is trusted; the exit code is 1 if somewhere it is not"},
			colorFlag(),
		},
		Action: a.trust,
	}
}

func (a *app) trust(c *cli.Context) error {
	if err := noArgs(c); err != nil {
		return err
	}
	color, err := a.palette(c)
	if err != nil {
		return err
	}
	dir := dataDir()
	if _, err := os.Stat((&certs.Authority{Dir: dir}).File()); errors.Is(err, fs.ErrNotExist) && (c.Bool("status") || c.Bool("uninstall")) {
		fmt.Fprintf(a.stdout, "there is no authority yet\n")
		if c.Bool("status") {
			return &failure{code: exitFound}
		}
		return nil
	}
	ca, err := certs.OpenAuthority(dir)
	if err != nil {
		return failf(exitEnvironment, "%v", err)
	}
	home, _ := os.UserHomeDir()
	t := &truster{system: goruntime.GOOS, root: "/", home: home, file: ca.File(), name: fmt.Sprintf("understudy development CA %.4x", ca.Certificate().SerialNumber.Bytes()), serial: ca.Certificate().SerialNumber.Text(16)}
	fmt.Fprintf(a.stdout, "authority  %s\nSHA-256    %s\n", ca.File(), fingerprint(ca.Certificate().Raw))
	missing, failed := 0, 0
	stores := t.stores()
	if len(stores) == 0 {
		return failf(exitEnvironment, "no store was found: have the file trusted by whoever is to trust it")
	}
	for _, s := range stores {
		var err error
		switch {
		case c.Bool("status"):
		case c.Bool("uninstall"):
			if s.has() {
				err = s.remove()
			}
		default:
			if !s.has() {
				err = s.add()
			}
		}
		state := color.green("trusts it")
		switch {
		case err != nil:
			failed++
			state = color.red("failed") + ": " + err.Error()
		case !s.has():
			missing++
			state = "does not trust it"
		}
		fmt.Fprintf(a.stdout, "%-10s %s\n", s.name, state)
	}
	switch {
	case failed > 0, missing > 0 && !c.Bool("status") && !c.Bool("uninstall"):
		return &failure{code: exitEnvironment}
	case c.Bool("status") && missing > 0:
		return &failure{code: exitFound}
	}
	return nil
}

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// A truster knows the places of a machine that hold what is trusted.
type truster struct {
	system string // as runtime.GOOS
	root   string // of the file system
	home   string
	file   string // the authority's certificate
	name   string // by which stores of browsers know it
	serial string // in hexadecimal
}

// A trustStore is one such place.
type trustStore struct {
	name        string
	has         func() bool
	add, remove func() error
}

func (t *truster) stores() []trustStore {
	var list []trustStore
	switch t.system {
	case "darwin":
		keychain := filepath.Join(t.home, "Library", "Keychains", "login.keychain-db")
		list = append(list, t.tool("keychain", []string{"security", "verify-cert", "-c", t.file},
			[]string{"security", "add-trusted-cert", "-r", "trustRoot", "-k", keychain, t.file},
			[]string{"security", "remove-trusted-cert", t.file}))
	case "windows":
		return append(list, t.tool("Windows", []string{"certutil", "-user", "-verifystore", "Root", t.serial},
			[]string{"certutil", "-user", "-addstore", "Root", t.file},
			[]string{"certutil", "-user", "-delstore", "Root", t.serial}))
	default:
		if s, ok := t.linux(); ok {
			list = append(list, s)
		}
	}
	return append(list, t.browsers()...)
}

// tool is a store that commands see to.
func (t *truster) tool(name string, has, add, remove []string) trustStore {
	return trustStore{
		name: name,
		has:  func() bool { return run(has...) == nil },
		add:  func() error { return run(add...) },
		remove: func() error {
			return run(remove...)
		},
	}
}

// run runs a command. Its error has what the command said last.
func run(args ...string) error {
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return fmt.Errorf("%s: %s", args[0], last)
	}
	return err
}

// anchors are where systems look for authorities that were added, and what makes
// them look.
var anchors = []struct {
	dir, suffix string
	update      []string
}{
	{"usr/local/share/ca-certificates", ".crt", []string{"update-ca-certificates"}},           // Debian, Ubuntu, Alpine
	{"etc/pki/ca-trust/source/anchors", ".pem", []string{"update-ca-trust", "extract"}},       // Fedora, RHEL
	{"etc/ca-certificates/trust-source/anchors", ".crt", []string{"trust", "extract-compat"}}, // Arch
	{"usr/share/pki/trust/anchors", ".pem", []string{"update-ca-certificates"}},               // openSUSE
}

// linux is the system's store.
func (t *truster) linux() (s trustStore, ok bool) {
	for _, a := range anchors {
		dir := filepath.Join(t.root, a.dir)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		file := filepath.Join(dir, "understudy-ca"+a.suffix)
		update := strings.Join(a.update, " ")
		return trustStore{
			name: "system",
			has: func() bool {
				have, err := os.ReadFile(file)
				want, werr := os.ReadFile(t.file)
				return err == nil && werr == nil && string(have) == string(want)
			},
			add: func() error {
				text, err := os.ReadFile(t.file)
				if err == nil {
					err = os.WriteFile(file, text, 0o644)
				}
				if err != nil {
					return fmt.Errorf("%v\n           as root: install -m 644 %s %s && %s", err, t.file, file, update)
				}
				return run(a.update...)
			},
			remove: func() error {
				if err := os.Remove(file); err != nil {
					return fmt.Errorf("%v\n           as root: rm %s && %s", err, file, update)
				}
				return run(a.update...)
			},
		}, true
	}
	return s, false
}

// profiles are where browsers keep stores of their own, in folders of databases of
// NSS.
var profiles = []struct{ name, pattern string }{
	{"Chromium", ".pki/nssdb"},
	{"Chromium", "snap/chromium/current/.pki/nssdb"},
	{"Firefox", ".mozilla/firefox/*"},
	{"Firefox", "snap/firefox/common/.mozilla/firefox/*"},
	{"Firefox", "Library/Application Support/Firefox/Profiles/*"},
}

// browsers are the stores of browsers, if certutil of NSS is there.
func (t *truster) browsers() (list []trustStore) {
	if _, err := exec.LookPath("certutil"); err != nil {
		return nil
	}
	for _, p := range profiles {
		dirs, _ := filepath.Glob(filepath.Join(t.home, p.pattern))
		for _, dir := range dirs {
			if _, err := os.Stat(filepath.Join(dir, "cert9.db")); err != nil {
				continue
			}
			db := "sql:" + dir
			list = append(list, t.tool(p.name, []string{"certutil", "-V", "-d", db, "-u", "L", "-n", t.name},
				[]string{"certutil", "-A", "-d", db, "-t", "C,,", "-n", t.name, "-i", t.file},
				[]string{"certutil", "-D", "-d", db, "-n", t.name}))
		}
	}
	return list
}
