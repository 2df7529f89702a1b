package parser

import (
	"strings"
	"testing"

	"understudy/parser/diag"
)

// FuzzParse checks that every text binds: each word stands where it says, is
// what it says, and belongs to a node of gonginx's.
func FuzzParse(f *testing.F) {
	for _, src := range []string{
		"http { server { listen 80; } }",
		"if ($a ~ \"b\\\"c\") { return 200 '{}'; }",
		"a ${b}{c;}}",
		"map $a $b { \"\" 1; }\n# c\nx 'y\nz';",
		"content_by_lua_block { a = {} }",
		"include;`;\"", "\x00\xff\xef\xbb\xbf;{", "a \\", "a \"b\")c; $\\{",
		strings.Repeat("a{", 1030), "a " + strings.Repeat("b", 4095) + " c;",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		lines := []int{0} // where each begins
		for i := range len(src) {
			if src[i] == '\n' {
				lines = append(lines, i+1)
			}
		}
		at := func(p diag.Pos) string {
			if p.Line < 1 || p.Line > len(lines) || p.Col < 1 || lines[p.Line-1]+p.Col-1 > len(src) {
				t.Fatalf("%v is not a place in %q", p, src)
			}
			return src[lines[p.Line-1]+p.Col-1:]
		}
		var check func(ds []*Directive, parent *Directive)
		check = func(ds []*Directive, parent *Directive) {
			for i, d := range ds {
				if d.Parent != parent {
					t.Fatalf("%q: wrong parent of %v", src, d)
				}
				if d.Err != nil {
					if i != len(ds)-1 || d.Err.Code != "syntax" {
						t.Fatalf("%q: %v is directive %d of %d", src, d.Err, i, len(ds))
					}
					at(d.Err.Pos)
					continue
				}
				for _, w := range append([]Word{d.Name}, d.Args...) {
					if !strings.HasPrefix(at(w.Pos), w.Raw) {
						t.Fatalf("%q: %q is not at %v", src, w.Raw, w.Pos)
					}
					if len(w.Text) > len(w.Raw) || w.Raw == "" {
						t.Fatalf("%q: %q means %q", src, w.Raw, w.Text)
					}
				}
				if d.Node == nil || d.Node.GetName() != d.Name.Raw || len(d.Node.GetParameters()) != len(d.Args) {
					t.Fatalf("%q: %v is bound to %v", src, d, d.Node)
				}
				end := ";"
				if d.Block != nil {
					end = "{"
				}
				if !strings.HasPrefix(at(d.End), end) {
					t.Fatalf("%q: no %s at %v", src, end, d.End)
				}
				if d.Close.IsValid() && !strings.HasPrefix(at(d.Close), "}") {
					t.Fatalf("%q: no } at %v", src, d.Close)
				}
				check(d.Block, d)
			}
		}
		check(Parse("F", src), nil)
		check(parse(diag.CommandLine, src, commandLine, 0), nil)
	})
}

// FuzzMatch checks that no pattern is out of bounds, and that a pattern which
// matches nothing but itself does match itself.
func FuzzMatch(f *testing.F) {
	f.Add("[[:alpha:]-z]*?", "abc")
	f.Add("[!", "[!")
	f.Add("\\", "\\")
	f.Add("[[:]", "0")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		Match(pattern, name)
		if pattern != "" && pattern[0] != '.' && !strings.ContainsAny(pattern, "*?[\\") && !Match(pattern, pattern) {
			t.Errorf("%q does not match itself", pattern)
		}
	})
}
