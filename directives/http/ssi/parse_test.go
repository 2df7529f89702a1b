package ssi

import (
	"fmt"
	"strings"
	"testing"
)

// transcript is what a parser makes of text that comes in pieces.
func transcript(limit int, pieces ...string) string {
	var out strings.Builder
	var logged []string
	p := parser{valueLength: limit, errorf: func(format string, args ...any) { logged = append(logged, fmt.Sprintf(format, args...)) }}
	for _, piece := range pieces {
		for b := []byte(piece); len(b) > 0; {
			f := p.parse(b)
			out.WriteString(mark[:f.begun])
			out.Write(f.text)
			switch b = b[f.used:]; f.event {
			case command:
				fmt.Fprintf(&out, "{%s", p.command)
				for _, x := range p.params {
					fmt.Fprintf(&out, " %s=[%s]", x.key, x.value)
				}
				out.WriteString("}")
			case failed:
				out.WriteString("{!}")
			}
		}
	}
	for _, l := range logged {
		out.WriteString("|" + l)
	}
	return out.String()
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"text", "text"},
		{"a < b <! c <!- d <!-- e", "a < b <! c <!- d <!-- e"},
		{"a<!--#echo-->b", "a{echo}b"},
		{"a<<!--#echo -->b", "a<{echo}b"},
		{"a<!-<!--#\n echo\t-->", "a<!-{echo}"},
		{"end<!--", "end"}, // nginx drops it too
		{"<!--# echo var=\"a\" x = 'b\"'-->", "{echo var=[a] x=[b\"]}"},
		{`<!--#a b="\"\\\x"-->`, `{a b=[\"\\\x]}`}, // unquoted when evaluated
		{`<!--#a b="x"-->`, "{a b=[x]}"},
		{`<!--#a b='-->'-->`, "{a b=[-->]}"},
		{"<!--#a- -->x-->y", `{!}x-->y|unexpected " " symbol in "a" SSI command`},
		{"<!--#a b-->c", `{!}c|unexpected "-" symbol after "b" parameter in "a" SSI command`},
		{"<!--#a b c-->d", `{!}d|unexpected "c" symbol after "b" parameter in "a" SSI command`},
		{"<!--#a b=c-->d", `{!}d|unexpected "c" symbol before value of "b" parameter in "a" SSI command`},
		{"<!--#a b=-->d", `{!}d|unexpected "-" symbol before value of "b" parameter in "a" SSI command`},
		{`<!--#a b="c"d-->e`, `{!}e|unexpected "d" symbol after "c" value of "b" parameter in "a" SSI command`},
		{`<!--#a b="12345678901"-->c`, `{!}c|too long "12345678901..." value of "b" parameter in "a" SSI command`},
		{`<!--#a --->b-->c`, `{!}c|unexpected "-" symbol in "a" SSI command`},
		{"<!--#" + strings.Repeat("a", 33) + "-->b", `{!}b|the "` + strings.Repeat("a", 33) + `..." SSI command is too long`},
		{"<!--#a " + strings.Repeat("b", 33) + `="c"-->d`, `{!}d|too long "` + strings.Repeat("b", 33) + `..." parameter in "a" SSI command`},
	} {
		if got := transcript(10, tt.in); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
	}
}

// FuzzParse cuts a text in two at any place: that must not change what it says.
func FuzzParse(f *testing.F) {
	f.Add(`a<!-<!--#echo var="x" default='y\'' -->b<!--#nope-->`)
	f.Add(`<<<!--#set var="a" value="$b"--><!--#a b c--><!--- ->`)
	f.Add("<!--# include virtual=\"/a?b\"\n--><!--#if expr=\"$a = /b/\"-->x<!--#endif --->-->")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 200 {
			return
		}
		want := transcript(20, text)
		for i := range text {
			if got := transcript(20, text[:i], text[i:]); got != want {
				t.Fatalf("cut at %d: got %q, want %q", i, got, want)
			}
		}
		if got := transcript(20, strings.Split(text, "")...); got != want {
			t.Fatalf("byte by byte: got %q, want %q", got, want)
		}
	})
}

func TestParseAllocs(t *testing.T) {
	p := parser{valueLength: 255}
	text := []byte(strings.Repeat("<p>no command <!-- here --></p>\n", 100))
	if n := testing.AllocsPerRun(100, func() { p.parse(text) }); n != 0 {
		t.Errorf("got %v allocations for text without commands", n)
	}
}

func BenchmarkParse(b *testing.B) {
	p := parser{valueLength: 255}
	text := []byte(strings.Repeat("<p>some text <a href=\"/\">here</a></p>\n", 400) + `<!--#echo var="a"-->`)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		p.parse(text)
	}
}
