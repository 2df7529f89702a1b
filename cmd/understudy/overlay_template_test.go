package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSubstitute(t *testing.T) {
	tm := &templating{env: map[string]string{"A": "1", "A_B": "$A", "EMPTY": "", "host": "h"}}
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"$A", "1"},
		{"${A}", "1"},
		{"$A$A${A}x", "111x"},
		{"$AB $A_B", "$AB $A"}, // the whole name counts, and a value is not looked at again
		{"$EMPTY-${EMPTY}", "-"},
		{"$host $http_host", "h $http_host"},
		{"${A", "${A"},
		{"${A ", "${A "},
		{"$$A", "$1"},
		{"$", "$"},
		{"${}", "${}"},
		{"$1A ${1}", "$1A ${1}"},
		{`\$A`, `\1`},
		{"${$A}", "${1}"},
		{"a\n  $A", "a\n  1"},
	} {
		if got := tm.substitute("f", tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
	if p := tm.replaced[len(tm.replaced)-1].at; p.Line != 2 || p.Col != 3 {
		t.Errorf("the place of the last is %v, want f:2:3", p)
	}
}

// TestEnvsubst: the result is that of GNU envsubst with the argument that the
// image's script gives it.
func TestEnvsubst(t *testing.T) {
	if _, err := exec.LookPath("envsubst"); err != nil {
		t.Skip(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{"$", "{", "}", "A", "B", "_", "1", "AB", "$A", "${A}", "${AB}", "$host", "\n", " ", `\`, `"`, "$$", "é"}
	for range 200 {
		env := map[string]string{}
		var environ, format []string
		for _, name := range []string{"A", "B", "AB", "A1", "_A", "host"} {
			if r.IntN(2) == 0 {
				env[name] = pieces[r.IntN(len(pieces))]
				environ, format = append(environ, name+"="+env[name]), append(format, "${"+name+"}")
			}
		}
		var b strings.Builder
		for range r.IntN(30) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		cmd := exec.Command("envsubst", strings.Join(format, " "))
		cmd.Env, cmd.Stdin = environ, strings.NewReader(b.String())
		want, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := (&templating{env: env}).substitute("f", b.String()); got != string(want) {
			t.Fatalf("%q with %q: got %q, want %q", b.String(), environ, got, want)
		}
	}
}

func TestTemplatesOf(t *testing.T) {
	dir := filepath.ToSlash(t.TempDir())
	for _, name := range []string{"templates/a.conf.template", "templates/sub/b.conf.template", "templates/c.txt", "templates/d.conf.stream-template", "own/e.conf.tpl"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	outputs := func(environ ...string) string {
		tm := templatesOf(dir, environ)
		var list []string
		for out, from := range tm.outputs {
			list = append(list, strings.TrimPrefix(out, dir+"/")+"<"+strings.TrimPrefix(from, dir+"/"))
		}
		slices.Sort(list)
		return fmt.Sprint(list)
	}
	for _, tt := range []struct{ environ, want string }{
		{"X=1", "[conf.d/a.conf<templates/a.conf.template conf.d/sub/b.conf<templates/sub/b.conf.template stream-conf.d/d.conf<templates/d.conf.stream-template]"},
		{"NGINX_ENVSUBST_TEMPLATE_SUFFIX=.txt", "[conf.d/c<templates/c.txt stream-conf.d/d.conf<templates/d.conf.stream-template]"},
		{"NGINX_ENVSUBST_OUTPUT_DIR=/etc/nginx", "[a.conf<templates/a.conf.template stream-conf.d/d.conf<templates/d.conf.stream-template sub/b.conf<templates/sub/b.conf.template]"},
		{"NGINX_ENVSUBST_STREAM_OUTPUT_DIR=/etc/nginx/s", "[conf.d/a.conf<templates/a.conf.template conf.d/sub/b.conf<templates/sub/b.conf.template s/d.conf<templates/d.conf.stream-template]"},
		{"NGINX_ENVSUBST_TEMPLATE_DIR=" + dir + "/none", "[]"},
	} {
		if got := outputs(tt.environ); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.environ, got, tt.want)
		}
	}
	tm := templatesOf(dir, []string{"A=1", "APP_B=2", "A-C=3", "NGINX_ENVSUBST_FILTER=^A"})
	if fmt.Sprint(tm.env) != "map[A:1 APP_B:2]" {
		t.Errorf("the filter leaves %v", tm.env)
	}
	for conf, want := range map[string]bool{"events {}": true, "stream {}": false, "http {} stream\t{": false} {
		if got := tm.streamBlock(conf) != ""; got != want {
			t.Errorf("%q: a stream block is added: %v", conf, got)
		}
	}
}
