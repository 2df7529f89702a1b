package parser

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"understudy/parser/diag"
)

// A token is what one call of nginx's tokenizer returned.
type token struct {
	End  string   `json:"t"` // ";", "{" or "}"
	Line int      `json:"l"`
	Args []string `json:"a"` // one rune for each byte
}

// goldens calls f with every line of a file of testdata.
func goldens[T any](t *testing.T, name string, want int, f func(T)) {
	t.Helper()
	in, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	n := 0
	for lines := bufio.NewReader(in); ; n++ {
		line, err := lines.ReadBytes('\n')
		if len(line) == 0 {
			break
		}
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		f(v)
		if err != nil {
			break
		}
	}
	if n != want {
		t.Errorf("%s has %d cases, want %d", name, n, want)
	}
}

// latin1 returns the bytes that a golden spells as runes.
func latin1(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		b = append(b, byte(r))
	}
	return string(b)
}

// tokens returns a tree as the tokenizer's statements, and its error.
func tokens(ds []*Directive) (out []token, err *diag.Diagnostic) {
	for _, d := range ds {
		if d.Err != nil {
			return out, d.Err
		}
		st := token{End: ";", Line: d.End.Line, Args: []string{d.Name.Text}}
		for _, a := range d.Args {
			st.Args = append(st.Args, a.Text)
		}
		if d.Block == nil {
			out = append(out, st)
			continue
		}
		st.End = "{"
		inner, err := tokens(d.Block)
		out = append(append(out, st), inner...)
		if err != nil {
			return out, err
		}
		out = append(out, token{End: "}", Line: d.Close.Line})
	}
	return out, nil
}

func compare(t *testing.T, src string, want []token, wantErr string) {
	t.Helper()
	got, err := tokens(Parse("F", src))
	for i := range want {
		for j, a := range want[i].Args {
			want[i].Args[j] = latin1(a)
		}
	}
	if !slices.EqualFunc(got, want, func(a, b token) bool {
		return a.End == b.End && a.Line == b.Line && slices.Equal(a.Args, b.Args)
	}) {
		t.Errorf("Parse(%q)\n got %q\nwant %q", src, got, want)
	}
	gotErr := ""
	if err != nil {
		gotErr = err.Nginx()
	}
	if gotErr != wantErr {
		t.Errorf("Parse(%q)\n got error %q\nwant error %q", src, gotErr, wantErr)
	}
}

// TestNginxSnippets compares with the tokens nginx saw in texts that people
// write or get wrong.
func TestNginxSnippets(t *testing.T) {
	type golden struct {
		Src    string  `json:"src_latin1"`
		Tokens []token `json:"tokens"`
		Err    string  `json:"token_err"`
	}
	goldens(t, "snippets.jsonl", 140, func(g golden) {
		compare(t, latin1(g.Src), g.Tokens, latin1(g.Err))
	})
}

// TestNginxTokens compares with the tokens nginx saw in random texts.
func TestNginxTokens(t *testing.T) {
	type golden struct {
		Src    string  `json:"src_latin1"`
		Tokens []token `json:"st"`
		Err    string  `json:"err"`
	}
	goldens(t, "tokens_fuzz.jsonl", 3000, func(g golden) {
		compare(t, latin1(g.Src), g.Tokens, latin1(g.Err))
	})
}

func (s token) String() string { return fmt.Sprintf("%d%s%q", s.Line, s.End, s.Args) }

// TestNginxIncludes compares with what nginx said about texts with includes.
func TestNginxIncludes(t *testing.T) {
	type golden struct {
		Name    string            `json:"name"`
		Src     string            `json:"src_latin1"`
		Files   map[string]string `json:"files"`
		Verdict string            `json:"nginx_1_31_5"`
	}
	n := 0
	goldens(t, "snippets.jsonl", 140, func(g golden) {
		if g.Files == nil || g.Name == "include block" {
			return // nothing to include, or it is the directive that is wrong
		}
		n++
		files := map[string]string{"conf/nginx.conf": latin1(g.Src)}
		for name, src := range g.Files {
			files["conf/"+name] = latin1(src)
		}
		tree, err := Load("conf/nginx.conf", Memory(files))
		if err != nil {
			t.Fatal(err)
		}
		got := "ok"
		if _, err := tokens(tree.Directives); err != nil {
			got = err.Nginx()
		}
		if got != g.Verdict {
			t.Errorf("%s: got %q, want %q", g.Name, got, g.Verdict)
		}
	})
	if n != 10 {
		t.Errorf("%d cases with files, want 10", n)
	}
}
