package main

import (
	"os/exec"
	"strings"
	"testing"
)

// optionTests are command lines, and what nginx 1.31.5 says of those it does
// not take.
var optionTests = []struct {
	args []string
	want options
	err  string
}{
	{args: nil},
	{args: []string{"-"}},
	{args: []string{"-t"}, want: options{test: true}},
	{args: []string{"-tq"}, want: options{test: true, quiet: true}},
	{args: []string{"-qt"}, want: options{test: true, quiet: true}},
	{args: []string{"-T"}, want: options{test: true, dump: true}},
	{args: []string{"-v"}, want: options{version: true}},
	{args: []string{"-V"}, want: options{version: true, configure: true}},
	{args: []string{"-h"}, want: options{version: true, help: true}},
	{args: []string{"-?"}, want: options{version: true, help: true}},
	{args: []string{"-vt"}, want: options{version: true, test: true}},
	{args: []string{"-c", "x.conf"}, want: options{conf: given{"x.conf", true}}},
	{args: []string{"-cx.conf"}, want: options{conf: given{"x.conf", true}}},
	{args: []string{"-tcx.conf", "-q"}, want: options{test: true, quiet: true, conf: given{"x.conf", true}}},
	{args: []string{"-c", "-t"}, want: options{conf: given{"-t", true}}},
	{args: []string{"-c", ""}, want: options{conf: given{"", true}}},
	{args: []string{"-c", "a", "-c", "b"}, want: options{conf: given{"b", true}}},
	{args: []string{"-p", "/tmp", "-e", "stderr"}, want: options{prefix: given{"/tmp", true}, errorLog: given{"stderr", true}}},
	{args: []string{"-g", "daemon off;"}, want: options{globals: given{"daemon off;", true}}},
	{args: []string{"-gdaemon off;"}, want: options{globals: given{"daemon off;", true}}},
	{args: []string{"-s", "reload"}, want: options{signal: "reload"}},
	{args: []string{"-sstop"}, want: options{signal: "stop"}},
	{args: []string{"-qs", "quit"}, want: options{quiet: true, signal: "quit"}},
	{args: []string{"-s", "reopen", "-t"}, want: options{signal: "reopen", test: true}},

	{args: []string{"-x"}, err: `invalid option: "x"`},
	{args: []string{"-tx"}, err: `invalid option: "x"`},
	{args: []string{"x"}, err: `invalid option: "x"`},
	{args: []string{""}, err: `invalid option: ""`},
	{args: []string{"-t", "file"}, err: `invalid option: "file"`},
	{args: []string{"-c", "a", "b"}, err: `invalid option: "b"`},
	{args: []string{"--help"}, err: `invalid option: "-"`},
	{args: []string{"-é"}, err: "invalid option: \"\xc3\""},
	{args: []string{"-c"}, err: `option "-c" requires file name`},
	{args: []string{"-tc"}, err: `option "-c" requires file name`},
	{args: []string{"-e"}, err: `option "-e" requires file name`},
	{args: []string{"-p"}, err: `option "-p" requires directory name`},
	{args: []string{"-g"}, err: `option "-g" requires parameter`},
	{args: []string{"-s"}, err: `option "-s" requires parameter`},
	{args: []string{"-s", "foo"}, err: `invalid option: "-s foo"`},
	{args: []string{"-s", ""}, err: `invalid option: "-s "`},
	{args: []string{"-sx"}, err: `invalid option: "-s x"`},
	{args: []string{"-s", "-t"}, err: `invalid option: "-s -t"`},
	{args: []string{"-qs", "reloa"}, err: `invalid option: "-s reloa"`},
}

func TestOptions(t *testing.T) {
	for _, tt := range optionTests {
		got, err := parseOptions(tt.args)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != tt.err {
			t.Errorf("%q: got error %q, want %q", tt.args, text, tt.err)
		}
		if err == nil && got != tt.want {
			t.Errorf("%q: got %+v, want %+v", tt.args, got, tt.want)
		}
	}
}

// TestOptionsOfNginx checks the errors of the table against a real nginx, if
// there is one.
func TestOptionsOfNginx(t *testing.T) {
	if realNginx == "" {
		t.Skip("nginx is not installed")
	}
	for _, tt := range optionTests {
		if tt.err == "" {
			continue
		}
		out, err := exec.Command(realNginx, tt.args...).CombinedOutput()
		if want := "nginx: " + tt.err; err == nil || strings.TrimSuffix(string(out), "\n") != want {
			t.Errorf("%q: nginx says %q (%v), want %q", tt.args, out, err, want)
		}
	}
}

func TestNginxMode(t *testing.T) {
	for _, tt := range []struct {
		argv []string
		want bool
	}{
		{[]string{"nginx"}, true},
		{[]string{"/usr/sbin/nginx", "run"}, true},
		{[]string{`nginx.exe`}, true},
		{[]string{"understudy"}, false},
		{[]string{"understudy", "-t"}, true},
		{[]string{"understudy", "-h"}, true},
		{[]string{"understudy", "--help"}, false},
		{[]string{"understudy", "run", "-t"}, false},
		{[]string{"understudy", "x.conf"}, false},
		{[]string{"nginx-debug"}, false},
	} {
		if got := nginxMode(tt.argv); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.argv, got, tt.want)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want paths
	}{
		{nil, paths{"/etc/nginx/", "/etc/nginx/nginx.conf", "/var/log/nginx/error.log", "/run/nginx.pid"}},
		{[]string{"-c", "a.conf"}, paths{"/etc/nginx/", "/etc/nginx/a.conf", "/var/log/nginx/error.log", "/run/nginx.pid"}},
		{[]string{"-p", "/x"}, paths{"/x/", "/x/conf/nginx.conf", "/x/logs/error.log", "/x/logs/nginx.pid"}},
		{[]string{"-p", "/x/", "-c", "a.conf", "-e", "e.log"}, paths{"/x/", "/x/a.conf", "/x/e.log", "/x/logs/nginx.pid"}},
		{[]string{"-p", "x", "-c", "/y/a.conf", "-e", "stderr"}, paths{"x/", "/y/a.conf", "", "x/logs/nginx.pid"}},
		{[]string{"-p", "", "-e", ""}, paths{"", "conf/nginx.conf", "", "logs/nginx.pid"}},
	} {
		o, err := parseOptions(tt.args)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.resolve(); got != tt.want {
			t.Errorf("%q: got %+v, want %+v", tt.args, got, tt.want)
		}
	}
}

func TestParsePid(t *testing.T) {
	for in, want := range map[string]int{"1": 1, "4194304": 4194304, "": 0, "0": 0, "-1": 0, "12a": 0, "99999999999": 0, " 1": 0} {
		got, ok := parsePid(in)
		if ok != (want > 0) || ok && got != want {
			t.Errorf("%q: got %d, %v, want %d", in, got, ok, want)
		}
	}
}
