package conformance_test

import (
	"os/exec"
	"path"
	"strings"
	"testing"
)

// layers is the policy of who may import whom: a package may import packages of
// the lines above its own. It is a statement of design; a change to it is a
// change of design. Packages that do not exist yet have their place already.
const layers = `
	parser/diag runtime/buf runtime/epoll runtime/header runtime/regex
	runtime/conn runtime/zone
	runtime/vars runtime/h1 runtime/fcgi runtime/h2 runtime/listen runtime/certs runtime/hostnames runtime/resolver runtime/tunnel runtime/logs runtime/openfile
	parser runtime/upstream runtime/filecache
	runtime/httpd runtime/stream
	runtime runtime/gateway
	runtime/doctor
	directives/spec
	directives/certificates
	directives/http/coding directives/http/pass directives/stream/pass directives/listening directives/servername
	directives/core directives/upstream directives/access directives/geo directives/mapping directives/splitclients directives/realip directives/limitconn directives/accesslog directives/ssl directives/setvar directives/unsupported directives/http/* directives/stream/*
	directives
	directives/lint
	cmd/understudy/*
	cmd/understudy
	conformance
	conformance/*
`

// noParser lists what must not know that configurations are text: a position is
// all that the runtime may know of a file.
const noParser = "runtime"

func TestLayers(t *testing.T) {
	const module = "understudy/"
	// -e: a package that does not compile today has imports all the same.
	out, err := exec.Command("go", "list", "-e", "-f", "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		pkgs := strings.Fields(line)
		name := strings.TrimPrefix(pkgs[0], module)
		from, ok := layer(name)
		if !ok {
			t.Errorf("%s is in no layer", pkgs[0])
			continue
		}
		seen++
		for _, imp := range pkgs[1:] {
			imported, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			if to, _ := layer(imported); to >= from {
				t.Errorf("%s imports %s, which is not below it", name, imported)
			}
			if below(name, noParser) && imported == "parser" {
				t.Errorf("%s imports the parser", name)
			}
		}
	}
	if seen == 0 {
		t.Error("go list names no package")
	}
}

// below tells whether pkg is root or stands in a directory of it.
func below(pkg, root string) bool {
	return pkg == root || strings.HasPrefix(pkg, root+"/")
}

// layer is the line of pkg. An earlier line wins over a pattern of a later one.
func layer(pkg string) (int, bool) {
	for i, line := range strings.Split(strings.TrimSpace(layers), "\n") {
		for _, pattern := range strings.Fields(line) {
			if ok, _ := path.Match(pattern, pkg); ok {
				return i, true
			}
		}
	}
	return 0, false
}

func TestLayerOfPackages(t *testing.T) {
	for _, tt := range []struct {
		pkg  string
		want bool
	}{
		{"runtime/conn", true},
		{"directives/http/proxy", true},
		{"directives/http/proxy/helpers", false},
		{"util", false},
		{"runtime/util", false},
		{"directives/proxy", false},
	} {
		if _, ok := layer(tt.pkg); ok != tt.want {
			t.Errorf("%s is in a layer: %v, want %v", tt.pkg, ok, tt.want)
		}
	}
	pass, _ := layer("directives/http/pass")
	proxy, _ := layer("directives/http/proxy")
	if pass >= proxy {
		t.Error("directives/http/pass is not below the modules that use it")
	}
}
