package core

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/logs"
)

var nginx = flag.String("nginx", "", "write what this nginx says into testdata/errors.conf")

const prefix = "/prefix/"

func compile(text string) *spec.Compilation {
	o := spec.Options{Prefix: prefix, ConfPrefix: prefix, Version: "1.31.5"}
	return spec.Compile(spec.NewTable(Module), parser.Parse(prefix+"nginx.conf", text), o)
}

// said returns what nginx -t would print: everything up to the first error.
func said(c *spec.Compilation) (out []string) {
	for _, d := range *c.Main.Diags() {
		if d.Severity == diag.Hint {
			continue
		}
		out = append(out, "["+d.Severity.String()+"] "+d.Nginx())
		if d.Severity == diag.Error {
			break
		}
	}
	return out
}

// TestErrors compares with what nginx says of the configurations in
// testdata/errors.conf, which "---" lines separate. What nginx says follows
// each, on lines that begin with "###".
func TestErrors(t *testing.T) {
	const file = "testdata/errors.conf"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if *nginx != "" {
		data = record(t, string(data))
		if err := os.WriteFile(file, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for text := range strings.SplitSeq(strings.TrimSuffix(string(data), "\n"), "\n---\n") {
		conf, want := split(text)
		if os.Geteuid() != 0 && strings.Contains(conf, "user ") {
			continue // nginx was run by root
		}
		if got := said(compile(conf)); !slices.Equal(got, want) {
			t.Errorf("%s\ngot  %q\nwant %q", conf, got, want)
		}
	}
}

func split(text string) (conf string, want []string) {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if s, ok := strings.CutPrefix(line, "### "); ok {
			want = append(want, s)
		} else {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n"), want
}

var message = regexp.MustCompile(`(?m)^\S+ \S+ (\[(?:warn|emerg)\]) \d+#\d+: (.*)$`)

// record replaces what nginx said with what it says.
func record(t *testing.T, data string) []byte {
	dir := t.TempDir() + "/"
	if err := os.Mkdir(dir+"logs", 0o777); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for i, text := range strings.Split(strings.TrimSuffix(data, "\n"), "\n---\n") {
		conf, _ := split(text)
		if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o666); err != nil {
			t.Fatal(err)
		}
		answer, err := exec.Command(*nginx, "-t", "-p", dir, "-c", "nginx.conf", "-e", "stderr").CombinedOutput()
		if _, ok := err.(*exec.ExitError); err != nil && !ok {
			t.Fatal(err)
		}
		if i > 0 {
			out.WriteString("---\n")
		}
		out.WriteString(conf + "\n")
		for _, m := range message.FindAllStringSubmatch(string(answer), -1) {
			out.WriteString("### " + m[1] + " " + strings.ReplaceAll(m[2], dir, prefix) + "\n")
		}
	}
	return out.Bytes()
}

// What nginx says of these depends on how it was built, or what is installed.
func TestOwnErrors(t *testing.T) {
	for _, tt := range []struct{ conf, want string }{
		{"load_module /bin/sh; events {}", `[emerg] dlopen() "/bin/sh" failed (modules are built in, and this is none of them) in /prefix/nginx.conf:1`},
		{"load_module modules/ngx_stream_module.so; load_module modules/ngx_http_geoip_module.so; events {}", ""},
		{"load_module a/ngx_mail_module.so; load_module b/ngx_mail_module.so; events {}", `[emerg] module "ngx_mail_module" is already loaded in /prefix/nginx.conf:1`},
		{"ssl_engine x; events {}", `[emerg] "ssl_engine" directive is not supported in /prefix/nginx.conf:1`},
		{"events { debug_connection 1.2.3.4/33; }", ""}, // no name is looked up without a Lookup
	} {
		if got := strings.Join(said(compile(tt.conf)), "\n"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.conf, got, tt.want)
		}
	}
}

func TestNotRoot(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("this is root")
	}
	want := []string{`[warn] the "user" directive makes sense only if the master process runs with super-user privileges, ignored in /prefix/nginx.conf:1`}
	if got := said(compile("user nosuch; events {}")); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFragment(t *testing.T) {
	c := spec.Compile(spec.NewTable(Module), parser.Parse("f", "daemon on;"), spec.Options{Fragment: true})
	if got := said(c); got != nil {
		t.Errorf("got %q, want nothing of a fragment", got)
	}
}

func TestSettings(t *testing.T) {
	c := compile(`
		daemon off; pid run/x.pid; worker_processes 3; worker_rlimit_nofile 100; worker_rlimit_core 1g;
		worker_shutdown_timeout 1500ms; working_directory /tmp; env A; env B=c; env TZ=UTC;
		error_log logs/e.log warn; error_log syslog:server=127.0.0.1 debug_http; error_log stderr;
		error_log memory:1m crit;
		events { worker_connections 7; }`)
	if got := said(c); got != nil {
		t.Fatalf("got %q", got)
	}
	s := SettingsOf(c.Main)
	if s.Daemon || s.PID != "/prefix/run/x.pid" || s.Workers != 3 || s.NoFile != 100 || s.CoreSize != 1<<30 ||
		s.ShutdownTimeout != 1500*time.Millisecond || s.WorkingDirectory != "/tmp" || s.Connections != 7 || s.User != nil {
		t.Errorf("got %+v", s)
	}
	if want := []string{"A", "B=c", "TZ=UTC"}; !slices.Equal(s.Env, want) {
		t.Errorf("Env: got %q, want %q", s.Env, want)
	}
	if len(s.ErrorLogs) != 4 {
		t.Fatalf("got %d error logs, want 4", len(s.ErrorLogs))
	}
	file, syslog, stderr, memory := s.ErrorLogs[0], s.ErrorLogs[1], s.ErrorLogs[2], s.ErrorLogs[3]
	if want := (spec.ErrorLog{File: "/prefix/logs/e.log", Level: logs.Warn}); file != want {
		t.Errorf("got %+v, want %+v", file, want)
	}
	if syslog.Syslog == nil || syslog.Syslog.Addr != "127.0.0.1:514" || syslog.Level != logs.Debug {
		t.Errorf("got %+v", syslog)
	}
	if want := (spec.ErrorLog{Stderr: true, Level: logs.Error}); stderr != want {
		t.Errorf("got %+v, want %+v", stderr, want)
	}
	if want := (spec.ErrorLog{Memory: 1 << 20, Level: logs.Crit}); memory != want {
		t.Errorf("got %+v, want %+v", memory, want)
	}
}

func TestDefaults(t *testing.T) {
	s := SettingsOf(compile(`pid ""; events {}`).Main)
	want := Settings{Daemon: true, PID: "/prefix/logs/nginx.pid", Workers: 1, Connections: 512, NoFile: -1, CoreSize: -1}
	if s.Daemon != want.Daemon || s.PID != want.PID || s.Workers != want.Workers || s.Connections != want.Connections ||
		s.NoFile != want.NoFile || s.CoreSize != want.CoreSize || s.ErrorLogs != nil || s.Env != nil || s.WorkingDirectory != "" {
		t.Errorf("got %+v, want %+v", s, want)
	}
	if s := SettingsOf(compile("worker_processes 0; events {}").Main); s.Workers != 1 {
		t.Errorf("without workers: got %d", s.Workers)
	}
}

func TestDefaultLog(t *testing.T) {
	for _, tt := range []struct {
		conf string
		want bool
	}{
		{"", true},
		{"error_log memory:1m;", true},
		{"error_log syslog:server=127.0.0.1; error_log x;", false},
		{"error_log stderr;", false},
	} {
		s := SettingsOf(compile(tt.conf + "events {}").Main)
		if got := s.DefaultLog(); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.conf, got, tt.want)
		}
	}
}

func TestEnough(t *testing.T) {
	s := SettingsOf(compile("events { worker_connections 2; }").Main)
	if err := s.Enough(1); err != nil {
		t.Errorf("1: got %v", err)
	}
	err := s.Enough(2)
	if want := "2 worker_connections are not enough for 2 listening sockets"; err == nil || err.Error() != want {
		t.Errorf("2: got %v, want %s", err, want)
	}
}

func TestEnviron(t *testing.T) {
	started := []string{"A=1", "AB=2", "TZ=CET", "C=3", "A=4"}
	for _, tt := range []struct {
		env  string
		want []string
	}{
		{"", []string{"TZ=CET"}},
		{"env A;", []string{"A=1", "TZ=CET"}},
		{"env TZ=UTC; env D=; env B; env AB;", []string{"TZ=UTC", "D=", "AB=2"}},
		{"env C; env TZ; env C=9;", []string{"C=3", "TZ=CET", "C=9"}},
	} {
		s := SettingsOf(compile(tt.env + "events {}").Main)
		if got := s.Environ(started); !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.env, got, tt.want)
		}
	}
}

// TestReasons checks that what has no effect says why.
func TestReasons(t *testing.T) {
	for _, e := range spec.NewTable(Module).Entries() {
		if (e.State == spec.Implemented) != (e.Why == "") || e.Doc == "" {
			t.Errorf("%s: %v, because %q: %q", e.Name, e.State, e.Why, e.Doc)
		}
	}
}
