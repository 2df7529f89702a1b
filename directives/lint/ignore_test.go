package lint

import (
	"fmt"
	"strings"
	"testing"

	"understudy/parser"
	"understudy/parser/diag"
)

func TestIgnore(t *testing.T) {
	const unused, idle = "ignore-unused", "ignore-without-reason"
	for _, tt := range []struct{ name, src, want string }{
		{"at the end of the line", "a b; # understudy: ignore NX310 because so\n", "[]"},
		{"above the line", "# understudy: ignore NX310 because so\n\n# and more\na b;\n", "[]"},
		{"in small letters, one of two", "a b; # understudy: ignore NX303, nx310 because so\n", "[]"},
		{"no reason", "a b; # understudy: ignore NX310\n", "[localhost-addresses " + idle + "]"},
		{"no reason behind because", "a b; # understudy: ignore NX310 because\n", "[localhost-addresses " + idle + "]"},
		{"another code", "a b; # understudy: ignore NX303 because so\n", "[localhost-addresses " + unused + "]"},
		{"another line", "# understudy: ignore NX310 because so\nx;\na b;\n", "[localhost-addresses " + unused + "]"},
		{"a word that holds a comment's sign", "a b#understudy: ignore NX310 because so\n", "[localhost-addresses]"},
	} {
		got := []string{}
		for _, d := range Ignore([]parser.File{{Name: "f", Src: []byte(tt.src)}}, diag.List{{Pos: diag.Pos{File: "f", Line: lineOf(tt.src, "a b"), Col: 3}, Code: "localhost-addresses"}}) {
			got = append(got, d.Code)
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, got, tt.want)
		}
	}
	errs := diag.List{{Pos: diag.Pos{File: "f", Line: 1, Col: 1}, Severity: diag.Error, Code: "unknown-variable"}}
	if got := Ignore([]parser.File{{Name: "f", Src: []byte("a; # understudy: ignore NX102 because so\n")}}, errs); len(got) != 2 {
		t.Errorf("an error is ignored: %v", got)
	}
}

// lineOf is the line of the first text in src.
func lineOf(src, text string) int {
	before, _, _ := strings.Cut(src, text)
	return 1 + strings.Count(before, "\n")
}
