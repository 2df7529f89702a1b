package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"understudy/parser/diag"
)

// findingsOf checks a configuration that is in the text.
func findingsOf(t *testing.T, text string) (diag.List, string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "nginx.conf")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s := &source{conf: name, prefix: filepath.Dir(name) + "/", version: target}
	found, err := s.check(asItIs)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	r := newRenderer(&b, s.tree.Files, palette{})
	for _, d := range found {
		r.diagnostic(d)
	}
	return found, strings.ReplaceAll(b.String(), name, "nginx.conf")
}

func TestRecognise(t *testing.T) {
	whole := func(s string) string { return "events {}\nhttp { server {\n" + s + "\n} }\n" }
	for _, tt := range []struct {
		name, conf string
		at         string // "" for no finding of the code
		code, say  string
	}{
		{"quotes around", whole("  proxy_set_header Connection “upgrade”;"), "3:31", "typographic-quote", `write "upgrade"`},
		{"guillemets", whole("  proxy_set_header A «b»;"), "3:22", "typographic-quote", `write "b"`},
		{"single quotes", whole("  proxy_set_header A ‘b’;"), "3:22", "typographic-quote", `write 'b'`},
		{"one mark only", whole("  proxy_set_header A ”;"), "3:22", "typographic-quote", `write ''`},
		{"the mark before", whole("  proxy_set_header A “b;"), "3:22", "typographic-quote", `write "b"`},
		{"inside straight ones", whole("  proxy_set_header A \"“b”\";"), "", "typographic-quote", ""},
		{"an apostrophe in a comment", whole("  # don’t"), "", "typographic-quote", ""},

		{"a placeholder", whole("  location / { proxy_pass http://<frontend_url>; }"), "3:27", "placeholder", `<frontend_url> is a placeholder`},
		{"of a name", whole("  server_name <your domain>;"), "", "placeholder", ``}, // two words
		{"of a template", whole("  location / { proxy_pass http://{{backend}}; }"), "", "placeholder", ""},
		{"no placeholder", whole("  server_name ~^(?<sub>.+)\\.example$;"), "", "placeholder", ""},
		{"html", whole("  return 200 '<b>';"), "", "placeholder", ""},

		{"no-break space", whole("  return\u00a0200;"), "3:3", "unknown-directive", "a space that nginx takes for a letter"},
		{"byte order mark", "\ufeff" + whole(""), "1:1", "byte-order-mark", "save it as UTF-8 without BOM"},
		{"semicolon", whole("  server_name a\n  return 200;"), "", "", ""},
		{"semicolon that changes the number", whole("  return 200 a\n  server_name a;"), "3:3", "arguments", `a ";" is missing at the end of line 3`},

		{"server outside", "events {}\nserver {}", "2:1", "context", "put it inside http { }"},
		{"location outside", "events {}\nlocation / {}", "2:1", "context", "put it inside a server { }"},
		{"no events", "http {}", "1:1", "no-events", "events {}"},
	} {
		found, _ := findingsOf(t, tt.conf)
		var got *diag.Diagnostic
		for i := range found {
			if found[i].Code == tt.code {
				got = &found[i]
				break
			}
		}
		switch {
		case got == nil && tt.at == "":
		case got == nil:
			t.Errorf("%s: no finding %s among %v", tt.name, tt.code, found)
		case tt.at == "":
			t.Errorf("%s: found %v (%s)", tt.name, *got, got.Detail)
		case !strings.HasSuffix(got.Pos.String(), ":"+tt.at) || !strings.Contains(got.Msg+"\n"+got.Detail, tt.say) || got.Severity != diag.Error:
			t.Errorf("%s: got %v (%s), want %q at %s", tt.name, *got, got.Detail, tt.say, tt.at)
		}
	}
}

func TestRender(t *testing.T) {
	_, got := findingsOf(t, "events {}\nhttp {\n\tserver { \tlisten “80”; }\n}\n")
	if want := `nginx.conf:3:19: error: `; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
	if want := "3 | \tserver { \tlisten “80”; }\n    | \t         \t       ^^^^\n"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}

func TestRenderControlCharacters(t *testing.T) {
	_, got := findingsOf(t, "events {}\nfo\x1b[31mo;\n")
	if line, _, _ := strings.Cut(got[strings.Index(got, "2 |"):], "\n"); strings.Contains(line, "\x1b") {
		t.Errorf("an escape sequence gets through: %q", line)
	}
}
