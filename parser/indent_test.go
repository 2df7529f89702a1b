package parser

import (
	"strings"
	"testing"
)

// TestGuess says which block a missing "}" is probably of, and when nothing can be said.
func TestGuess(t *testing.T) {
	const site = `server {
	listen 80;
	location / {
		root /srv;
		if ($a) { return 200; }
		location /a { root x; }
	location /b {
		root /b;
	}
}
`
	const closed = `the block "server" at line 1 is not closed`
	const guess = closed + "\n" + `line 7 stands where the block "location" of line 3 should have ended`
	for _, tt := range []struct{ name, src, detail string }{
		{"tabs", site, guess},
		{"spaces", strings.ReplaceAll(site, "\t", "  "), guess},
		{"no indentation", strings.ReplaceAll(site, "\t", ""), closed},
		{"CRLF", strings.ReplaceAll(site, "\n", "\r\n"), guess},
		{"other indentation on the line", strings.Replace(site, "\tlocation /b", "    location /b", 1), closed},
		{"outer brace", "http {\n server {\n  listen 80;\n", `the block "server" at line 2 is not closed`},
		{"inner brace", "http {\n server {\n  listen 80;\n}\n", `the block "http" at line 1 is not closed` + "\n" + `line 4 stands where the block "server" of line 2 should have ended`},
		{"next block at the top", "server {\n  listen 80;\n\nserver {\n  listen 81;\n}\n", closed + "\n" + `line 4 stands where the block "server" of line 1 should have ended`},
		{"last line", "server {\n  a {\n    x;\n  b {\n    y;\n  }\n}", closed + "\n" + `line 4 stands where the block "a" of line 2 should have ended`},
		{"two", "h {\n  a {\n    x;\n  b {\n    x;\n  c {\n    y;\n  }\n}\n", `the block "a" at line 2 is not closed` + "\n" + `line 4 stands where the block "a" of line 2 should have ended`},
		{"careless line", "server {\n  location / {\n    root x;\n  index y;\n  }\n  location /b {\n    root b;\n  }\n", closed},
		{"careless block", "server {\n  location / {\n  root x;\n  }\n  location /b {\n    root b;\n  \n}\n",
			closed + "\n" + `line 8 stands where the block "location" of line 5 should have ended`},
		{"brace at the right of a line", "server {\n  location / { root x;\n  }\n  location /b {\n    root b; }\n", closed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tokens(Parse("F", tt.src))
			if err == nil {
				t.Fatal("no error")
			}
			if err.Detail != tt.detail {
				t.Errorf("got  %q\nwant %q", err.Detail, tt.detail)
			}
		})
	}
}
