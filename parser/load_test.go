package parser

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"understudy/parser/diag"
)

// flat returns the names in a tree with the files in which they stand, and
// the errors as nginx prints them.
func flat(ds []*Directive) (out []string) {
	for _, d := range ds {
		if d.Err != nil {
			out = append(out, "! "+d.Err.Nginx())
			continue
		}
		out = append(out, d.Name.Text+" "+strings.TrimPrefix(d.Name.Pos.String(), "/c/"))
		out = append(out, flat(d.Block)...)
	}
	return out
}

func TestLoad(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string // under /c
		want  string
		read  string
	}{
		{"in place", map[string]string{
			"nginx.conf": "a;\nhttp {\n include b.inc; c;\n}\ninclude b.inc;",
			"b.inc":      "\nb;",
		}, "a nginx.conf:1:1, http nginx.conf:2:1, b b.inc:2:1, c nginx.conf:3:17, b b.inc:2:1", "nginx.conf b.inc"},
		{"names are relative to the main file", map[string]string{
			"nginx.conf": "include d/a.conf;", "d/a.conf": "include b.conf;", "b.conf": "right;", "d/b.conf": "wrong;",
		}, "right b.conf:1:1", "nginx.conf d/a.conf b.conf"},
		{"patterns", map[string]string{
			"nginx.conf": "include d/*.conf;include none/*;include d/[ab].conf; include /c/d/?.conf;",
			"d/b.conf":   "b;", "d/a.conf": "a;", "d/.h.conf": "h;", "d/x": "x;",
		}, "a d/a.conf:1:1, b d/b.conf:1:1, a d/a.conf:1:1, b d/b.conf:1:1, a d/a.conf:1:1, b d/b.conf:1:1", "nginx.conf d/a.conf d/b.conf"},
		{"missing", map[string]string{"nginx.conf": "a;\ninclude\n b;\nc;"},
			"a nginx.conf:1:1, ! open() \"/c/b\" failed (2: No such file or directory) in /c/nginx.conf:3, c nginx.conf:4:1", "nginx.conf"},
		{"error inside", map[string]string{"nginx.conf": "http { include b; c; }", "b": "b;\nd { e"},
			"http nginx.conf:1:1, b b:1:1, d b:2:1, ! unexpected end of file, expecting \";\" or \"}\" in /c/b:2, c nginx.conf:1:19", "nginx.conf b"},
		{"a file closes no block of another", map[string]string{"nginx.conf": "http { include b;", "b": "b; }"},
			"http nginx.conf:1:1, b b:1:1, ! unexpected \"}\" in /c/b:1, ! unexpected end of file, expecting \"}\" in /c/nginx.conf:1", "nginx.conf b"},
		{"cycle", map[string]string{"nginx.conf": "include a;", "a": "x;\ninclude b;", "b": "include a; y;"},
			"x a:1:1, ! include cycle: \"/c/a\" includes \"/c/b\" includes \"/c/a\" in /c/b:1, y b:1:12", "nginx.conf a b"},
		{"includes itself", map[string]string{"nginx.conf": "include *.conf;"},
			"! include cycle: \"/c/nginx.conf\" includes \"/c/nginx.conf\" in /c/nginx.conf:1", "nginx.conf"},
		{"in values", map[string]string{
			"nginx.conf": "http { map $a $b { include m; } types { include m; } geo $g { include m; } }", "m": "k v;",
		}, "http nginx.conf:1:1, map nginx.conf:1:8, k m:1:1, types nginx.conf:1:33, k m:1:1, geo nginx.conf:1:54, k m:1:1", "nginx.conf m"},
		{"where it is a value", map[string]string{"nginx.conf": "split_clients a $b { include m; } charset_map a b { include m; }"},
			"split_clients nginx.conf:1:1, include nginx.conf:1:22, charset_map nginx.conf:1:35, include nginx.conf:1:53", "nginx.conf"},
		{"wrong shape", map[string]string{"nginx.conf": "include; include a b; include a { }"},
			"include nginx.conf:1:1, include nginx.conf:1:10, include nginx.conf:1:23", "nginx.conf"},
		{"names end at NUL", map[string]string{"nginx.conf": "include 'a\x00b';", "a": "a;"}, "a a:1:1", "nginx.conf a"},
		{"a name in quotes", map[string]string{"nginx.conf": `"include" "a b";`, "a b": "a;"}, "a a b:1:1", "nginx.conf a b"},
		{"nothing in it", map[string]string{"nginx.conf": "http { include a; }", "a": "# c\n"}, "http nginx.conf:1:1", "nginx.conf a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{}
			for name, src := range tt.files {
				files["/c/"+name] = src
			}
			tree, err := Load("/c/nginx.conf", Memory(files))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(flat(tree.Directives), ", "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			var read []string
			for _, f := range tree.Files {
				read = append(read, strings.TrimPrefix(f.Name, "/c/"))
				if string(f.Src) != files[f.Name] {
					t.Errorf("%s holds %q", f.Name, f.Src)
				}
			}
			if got := strings.Join(read, " "); got != tt.read {
				t.Errorf("read %s, want %s", got, tt.read)
			}
			checkParents(t, tree.Directives, nil)
		})
	}
}

func checkParents(t *testing.T, ds []*Directive, parent *Directive) {
	t.Helper()
	for _, d := range ds {
		if d.Parent != parent {
			t.Errorf("wrong parent of %v", d.Name)
		}
		checkParents(t, d.Block, d)
	}
}

// TestCommand has the texts of nginx 1.31.5 for -g.
func TestCommand(t *testing.T) {
	for _, tt := range []struct{ command, want string }{
		{"", "main 1"},
		{"user root; daemon off;", "user 1, daemon 1, main 1"},
		{" # foo", "main 1"},
		{"user", `! unexpected end of parameter, expecting ";" in command line, main 1`},
		{"user root", `! unexpected end of parameter, expecting ";" in command line, main 1`},
		{"user 'root", `! unexpected end of parameter, expecting ";" in command line, main 1`},
		{"pid a; http { }", "pid 1, ! block directives are not supported in -g option in command line, main 1"},
		{"}", `! unexpected "}" in command line, main 1`},
		{";", `! unexpected ";" in command line, main 1`},
		{`"a"b`, `! unexpected "b" in command line, main 1`},
		{"include nope;", `! open() "/c/nope" failed (2: No such file or directory) in command line, main 1`},
		{"include a;", "http 1, b 1, main 1"},
		{"env " + strings.Repeat("x", 5000) + ";", "env 1, main 1"},
	} {
		opts := Memory(map[string]string{"/c/n.conf": "main;", "/c/a": "http { b; }"})
		opts.Prefix, opts.Command = "/c", tt.command
		tree, err := Load("n.conf", opts)
		if err != nil {
			t.Fatal(err)
		}
		if tree.Name != "/c/n.conf" || tree.Prefix != "/c/" {
			t.Errorf("name %s, prefix %s", tree.Name, tree.Prefix)
		}
		got := flat(tree.Directives)
		for i := range got {
			if name, _, ok := strings.Cut(got[i], " "); ok && name != "!" {
				got[i] = name + " 1"
			}
		}
		if got := strings.Join(got, ", "); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.command, got, tt.want)
		}
	}
}

// TestMainFile says what is returned if the main file cannot be read.
func TestMainFile(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "no.conf")
	for _, tt := range []struct{ path, level, want string }{
		{"no.conf", "emerg", `open() "` + missing + `" failed (2: No such file or directory)`},
		{missing, "emerg", `open() "` + missing + `" failed (2: No such file or directory)`},
		{dir, "crit", `pread() "` + dir + `" failed (21: Is a directory)`},
	} {
		tree, err := Load(tt.path, Options{Prefix: dir, Command: "a;"})
		var d diag.Diagnostic
		if !errors.As(err, &d) || d.Nginx() != tt.want || d.Error() != tt.want || d.Level() != tt.level {
			t.Errorf("got %v, want %s", err, tt.want)
		}
		if got, want := strings.Join(flat(tree.Directives), ", "), "a command line:1:1, ! "+tt.want; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestBomb loads a few files that include each other 2^40 times.
func TestBomb(t *testing.T) {
	files := map[string]string{"z40": "#"}
	for i := range 40 {
		next := "include z" + string(rune('0'+(i+1)/10)) + string(rune('0'+(i+1)%10)) + ";"
		files["z"+string(rune('0'+i/10))+string(rune('0'+i%10))] = next + next
	}
	tree, err := Load("z00", Memory(files))
	if err != nil {
		t.Fatal(err)
	}
	_, derr := tokens(tree.Directives)
	if derr == nil || !strings.HasSuffix(derr.Msg, "is included too often") {
		t.Errorf("got %v", derr)
	}
}

// TestGlob compares with what glob() of the GNU C library finds.
func TestGlob(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/x", "a/.h", "a-b/x", "a-b/y", "b", "A", "[x]", "a*", ".h", "c[", "a]"} {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, nil, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ pattern, want string }{
		{"*", "A [x] a a* a-b a] b c["},
		{"*/x", "a-b/x a/x"}, // the order of whole names
		{"*/.*", "a-b/. a-b/.. a/. a/.. a/.h"},
		{"?", "A a b"},
		{"[ab]", "a b"},
		{"[!ab]", "A"},
		{"[^ab]", "A"},
		{"[[:upper:]]", "A"},
		{"[[:upper:]b-c]*", "A b c["},
		{"[[:none:]]", ""},
		{"[]x]*", ""},
		{"*[]]", "[x] a]"},
		{"c[", "c["}, // no pattern
		{"d[", ""},
		{"a\\*", "a*"},
		{"\\a?", "a* a]"},
		{"\\[x\\]", "[x]"},
		{"[.]h", ""},
		{".h*", ".h"},
		{"a/*", "a/x"},
		{"none/*", ""},
		{"b/*", ""},
		{"*/", "a-b/ a/"},
		{"*-*/[y]", "a-b/y"},
	} {
		names, err := Glob(dir + "/" + tt.pattern)
		if err != nil {
			t.Fatal(err)
		}
		for i := range names {
			names[i] = strings.TrimPrefix(names[i], dir+"/")
		}
		if want := strings.Fields(tt.want); !slices.Equal(names, want) {
			t.Errorf("%s: got %q, want %q", tt.pattern, names, want)
		}
	}
}
