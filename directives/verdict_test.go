package directives_test

import (
	"bufio"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"

	"understudy/directives"
	"understudy/directives/spec"
	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/zone"
)

// TestVerdicts compares what Compile finds first with what nginx 1.31.5 said of
// the configurations in the parser's golden data.
func TestVerdicts(t *testing.T) {
	f, err := os.Open("../parser/testdata/snippets.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	n, missing := 0, 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		var c struct {
			Name    string
			Verdict string            `json:"nginx_1_31_5"`
			Src     string            `json:"src_latin1"`
			Files   map[string]string `json:"files"`
		}
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		n++
		files := map[string]string{"conf/nginx.conf": latin1(c.Src)}
		for name, text := range c.Files {
			files["conf/"+name] = latin1(text)
		}
		tree, _ := parser.Load("conf/nginx.conf", parser.Memory(files))
		_, diags := directives.Compile(tree, spec.Options{Prefix: t.TempDir() + "/", Version: "1.31.5", Zones: new(zone.Set), Log: quiet})
		got := "ok"
		if d, ok := diags.Err().(diag.Diagnostic); ok {
			got = d.Nginx()
			if d.Code == "unsupported" {
				t.Logf("%s: %s", c.Name, got)
				missing++
				continue
			}
		}
		if got != c.Verdict {
			t.Errorf("%s: %s\n got %q\nwant %q", c.Name, c.Src, got, c.Verdict)
		}
	}
	if n != 140 {
		t.Errorf("%d configurations, want 140", n)
	}
	if missing > 2 { // mail, and the learning of sticky sessions
		t.Errorf("%d configurations have directives that are not supported, want 2 at most", missing)
	}
}

// latin1 returns the bytes that a string of code points below 256 stands for.
func latin1(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
	}
	return b.String()
}
