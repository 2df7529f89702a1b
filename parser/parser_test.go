package parser

import (
	"fmt"
	"strings"
	"testing"
)

// dump writes a tree as line:col name "arg" ... @ the place of its end, with
// blocks indented.
func dump(ds []*Directive) string {
	var b strings.Builder
	var walk func([]*Directive, string)
	walk = func(ds []*Directive, indent string) {
		for _, d := range ds {
			if d.Err != nil {
				fmt.Fprintf(&b, "%s! %s\n", indent, d.Err.Error())
				continue
			}
			fmt.Fprintf(&b, "%s%d:%d %s", indent, d.Name.Pos.Line, d.Name.Pos.Col, d.Name.Text)
			for _, a := range d.Args {
				fmt.Fprintf(&b, " %q", a.Text)
			}
			fmt.Fprintf(&b, " @%d:%d", d.End.Line, d.End.Col)
			if d.Block != nil {
				fmt.Fprintf(&b, "-%d:%d", d.Close.Line, d.Close.Col)
			}
			b.WriteString("\n")
			walk(d.Block, indent+"  ")
		}
	}
	walk(ds, "")
	return b.String()
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"nothing", "", ""},
		{"blocks", "http {\n  server {\n    location /\n    {\n      proxy_pass\n http://a;\n } } }",
			"1:1 http @1:6-7:6\n  2:3 server @2:10-7:4\n    3:5 location \"/\" @4:5-7:2\n      5:7 proxy_pass \"http://a\" @6:10\n"},
		{"upstream keeps its order", "upstream u { server a; least_conn; server b; }",
			"1:1 upstream \"u\" @1:12-1:46\n  1:14 server \"a\" @1:22\n  1:24 least_conn @1:34\n  1:36 server \"b\" @1:44\n"},
		{"include without a name", "include;", "1:1 include @1:8\n"},
		{"what gonginx takes for Lua", "x content_by_lua_block { a; }\nb;", "1:1 x \"content_by_lua_block\" @1:24-1:29\n  1:26 a @1:27\n2:1 b @2:2\n"},
		{"the placeholder itself", "w 'a' w;", "1:1 w \"a\" \"w\" @1:8\n"},
		{"escaped space", `if ($a ~* foo\ bar) { return 403; }`, "1:1 if \"($a\" \"~*\" \"foo\\\\ bar)\" @1:21-1:35\n  1:23 return \"403\" @1:33\n"},
		{"brace in word", `return 200 a}b;`, "1:1 return \"200\" \"a}b\" @1:15\n"},
		{"backtick", "set $x `a;", "1:1 set \"$x\" \"`a\" @1:10\n"},
		{"quoted condition", `if ($a = "b c") { }`, "1:1 if \"($a\" \"=\" \"b c\" \")\" @1:17-1:19\n"},
		{"json", `return 200 '{"a":"b"}';`, "1:1 return \"200\" \"{\\\"a\\\":\\\"b\\\"}\" @1:23\n"},
		{"braced variable", `set $x ${a}b;`, "1:1 set \"$x\" \"${a}b\" @1:13\n"},
		{"comments", "a # x;\n b; # y\n#z\nc;#", "1:1 a \"b\" @2:3\n4:1 c @4:2\n"},
		{"string of two lines", "a 'x\ny' z;\nb;", "1:1 a \"x\\ny\" \"z\" @2:5\n3:1 b @3:2\n"},
		{"escaped line feeds", "a \\\n 'x\\\ny';\nb;", "1:1 a \"\\\\\\n\" \"x\\\\\\ny\" @3:3\n4:1 b @4:2\n"},
		{"byte order mark", "\xef\xbb\xbfa;", "1:1 \ufeffa @1:5\n"},
		{"not UTF-8, NUL", "a \xff\x00;", "1:1 a \"\\xff\\x00\" @1:5\n"},
		{"carriage returns", "a\r\nb;\r\nc;", "1:1 a \"b\" @2:2\n3:1 c @3:2\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := dump(Parse("F", tt.src)); got != tt.want {
				t.Errorf("got:\n%swant:\n%s", got, tt.want)
			}
		})
	}
}

// TestErrors says where errors stand in the tree, and what they tell.
func TestErrors(t *testing.T) {
	long := strings.Repeat("x", 4096)
	for _, tt := range []struct{ name, src, want, detail string }{
		{"stray brace", "user a;\n}\nuser b;", "1:1 user \"a\" @1:7\n! unexpected \"}\" in F:2:1\n", "no block is open here"},
		{"after a string", `a { b; "c"d; }`, "1:1 a @1:3-0:0\n  1:5 b @1:6\n  ! unexpected \"d\" in F:1:11\n", "a space is missing after the string"},
		{"string not closed", "a;\nb \"c;\n", "1:1 a @1:2\n! unexpected end of file, expecting \";\" or \"}\" in F:3:1\n", "what begins at line 2, column 3 is not ended"},
		{"no semicolon", "http {\n listen 80\n}", "1:1 http @1:6-0:0\n  ! unexpected \"}\" in F:3:1\n", `"listen" at line 2 is not ended by ";"`},
		{"block not closed", "http {\n server {\n }\n", "1:1 http @1:6-0:0\n  2:2 server @2:9-3:2\n  ! unexpected end of file, expecting \"}\" in F:4:1\n", `the block "http" at line 1 is not closed`},
		{"after a block", "a { b; }\n;", "1:1 a @1:3-1:8\n  1:5 b @1:6\n! unexpected \";\" in F:2:1\n", ""},
		{"no name", "{ }", "! unexpected \"{\" in F:1:1\n", ""},
		{"long word", "a\n " + long + "x;", "! too long parameter \"xxxxxxxxxx...\" started in F:2:2\n", ""},
		{"word that just fits", "a " + long[1:] + ";", "1:1 a \"" + long[1:] + "\" @1:4098\n", ""},
		{"word that fits without the space", "a " + long[1:] + " b;", "! too long parameter \"xxxxxxxxxx...\" started in F:1:3\n", ""},
		{"long word at the end", "a " + long, "! unexpected end of file, expecting \";\" or \"}\" in F:1:4099\n", ""},
		{"long string", "a '\n" + long + "';", "! too long parameter, probably missing terminating \"'\" character in F:1:3\n", ""},
		{"long comment", "a;\n#" + long + "\nb;", "1:1 a @1:2\n! too long parameter \"#xxxxxxxxx...\" started in F:2:1\n", ""},
		{"long comment at the end", "a;\n#" + long[1:], "1:1 a @1:2\n", ""},
		{"long space", "a" + strings.Repeat(" ", 5000) + "b;", "1:1 a \"b\" @1:5003\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ds := Parse("F", tt.src)
			if got := dump(ds); got != tt.want {
				t.Errorf("got:\n%swant:\n%s", got, tt.want)
			}
			if _, err := tokens(ds); err != nil && tt.detail != "" && err.Detail != tt.detail {
				t.Errorf("detail %q, want %q", err.Detail, tt.detail)
			}
		})
	}
}

func TestDepth(t *testing.T) {
	_, err := tokens(Parse("F", strings.Repeat("a{", maxDepth)+strings.Repeat("}", maxDepth)))
	if err != nil {
		t.Errorf("%d deep: %v", maxDepth, err)
	}
	_, err = tokens(Parse("F", strings.Repeat("a{", 1<<20)))
	if want := "blocks are nested more than 1024 deep in F:1"; err == nil || err.Nginx() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestNode says what gonginx's nodes hold: what was written, at its line.
func TestNode(t *testing.T) {
	ds := Parse("F", "\nhttp {\n log_format 'a b'\n  \"$c\" d;\n}")
	n := ds[0].Block[0].Node
	if got := fmt.Sprint(n.GetName(), n.GetLine(), n.GetParameters()); got != "log_format3 [{'a b' 0} {\"$c\" 1} {d 1}]" {
		t.Errorf("got %s", got)
	}
	if n.GetParent() != ds[0].Node || n.GetParent().GetName() != "http" {
		t.Errorf("the parent is %v", n.GetParent())
	}
}
