package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"understudy/parser"
	"understudy/parser/diag"
	"understudy/runtime/vars"
)

// blocks is a module of blocks only. It keeps what its Close functions saw.
type blocks struct{ closed []string }

func blocksModule() Module {
	closed := func(c *blocks, call *Call) error {
		top := call.Scope
		for top.Parent != nil {
			top = top.Parent
		}
		b := OwnConf[blocks](top)
		b.closed = append(b.closed, strings.Join(append([]string{call.Name.Text}, texts(call.Args)...), " "))
		return nil
	}
	bad := func(c *blocks, call *Call) error { return call.ErrorAtClose("bad block") }
	nothing := Do(func(*blocks, *Call) error { return nil })
	return HTTPModule[blocks]{Name: "blocks", Directives: []Directive[blocks]{
		{Name: "http", In: Main, Args: Exactly(0), Opens: HTTP, Set: nothing, Close: closed},
		{Name: "server", In: HTTP, Args: Exactly(0), Opens: Server, Set: nothing, Close: closed},
		{Name: "location", In: Server | Location, Args: Between(1, 2), Opens: Location, Set: nothing, Close: closed},
		{Name: "if", In: Location, Args: AtLeast(1), Opens: LocationIf, Set: nothing},
		{Name: "bad", In: Server, Args: Exactly(0), Opens: Location, Set: nothing, Close: bad},
		{Name: "data", In: HTTP, Args: Exactly(0), Free: true, Set: nothing},
	}}
}

func texts(ws []parser.Word) []string {
	var out []string
	for _, w := range ws {
		out = append(out, w.Text)
	}
	return out
}

// settings is a configuration with one field for each way of inheriting.
type settings struct {
	scalar  Value[string]
	list    Value[[]string]
	handler Value[string]
	own     []string
	number  Value[int]
	enum    Value[int]
	flag    Value[bool]
}

// String shows what is not empty.
func (c *settings) String() string {
	var out []string
	add := func(name, v string) {
		if v != "" {
			out = append(out, name+"="+v)
		}
	}
	add("scalar", c.scalar.V)
	add("list", strings.Join(c.list.V, "+"))
	add("handler", c.handler.V)
	add("own", strings.Join(c.own, "+"))
	return strings.Join(out, " ")
}

func settingsModule() Module {
	const in = HTTP | Server | Location | LocationIf
	word := func(c *Call) (string, error) { return c.Args[0].Text, nil }
	return HTTPModule[settings]{Name: "settings", Directives: []Directive[settings]{
		{Name: "scalar", In: in, Set: SetText(func(c *settings) *Value[string] { return &c.scalar })},
		{Name: "list", In: in, Args: Exactly(1), Set: AddTo(func(c *settings) *Value[[]string] { return &c.list }, word)},
		{Name: "handler", In: Location | LocationIf, Args: Exactly(1), Set: Handler(func(c *settings) *Value[string] { return &c.handler }, word)},
		{Name: "own", In: in, Args: Exactly(1), Set: Do(func(c *settings, call *Call) error {
			c.own = append(c.own, call.Args[0].Text)
			return nil
		})},
		{Name: "number", In: in, Default: "5", Set: SetNumber(func(c *settings) *Value[int] { return &c.number }, 1, 9)},
		{Name: "enum", In: in, Set: SetEnum(func(c *settings) *Value[int] { return &c.enum }, map[string]int{"one": 1, "two": 2})},
		{Name: "flag", In: in, Set: SetFlag(func(c *settings) *Value[bool] { return &c.flag })},
		{Name: "accepted", In: in, Args: Exactly(1), Set: Ignore[settings]("for a test", nil)},
		{Name: "unsupported", In: in, Args: Exactly(1), Set: NotYet[settings]()},
		{Name: "refused", In: in, Args: Exactly(1), Set: Refuse[settings]("for a test")},
	}}
}

func compile(t *testing.T, text string, more ...Module) *Compilation {
	t.Helper()
	table := NewTable(append([]Module{blocksModule(), settingsModule()}, more...)...)
	return Compile(table, parser.Parse("nginx.conf", text), Options{Version: "1.31.5"})
}

// walk calls f for s and all scopes in it, with the words that open the block.
func walk(s *Scope, f func(path string, s *Scope)) {
	path := ""
	if s.At != nil {
		path = strings.Join(append([]string{s.At.Name.Text}, texts(s.At.Args)...), " ")
	}
	f(path, s)
	for _, c := range s.Children {
		walk(c, f)
	}
}

func TestInherit(t *testing.T) {
	c := compile(t, `
	http {
		scalar h; list h1; list h2; own h;
		server {
			scalar s;
			location /shares { }
			location /replaces {
				scalar l; list l1; own l; handler l;
				location /replaces/in { }
				if (1) { }
				if (2) { list i; }
				if (3) { handler i; }
			}
			location /handles {
				handler l;
				location /handles/in {
					location /handles/in/in { }
				}
				if (4) { }
			}
		}
		server {
			list;
		}
	}`)
	want := map[string]string{
		"http":                    "scalar=h list=h1+h2 own=h",
		"server":                  "scalar=s list=h1+h2",
		"location /shares":        "scalar=s list=h1+h2",
		"location /replaces":      "scalar=l list=l1 handler=l own=l",
		"location /replaces/in":   "scalar=l list=l1",
		"if (1)":                  "scalar=l list=l1 handler=l",
		"if (2)":                  "scalar=l list=i handler=l",
		"if (3)":                  "scalar=l list=l1 handler=i",
		"location /handles":       "scalar=s list=h1+h2 handler=l",
		"location /handles/in":    "scalar=s list=h1+h2",
		"location /handles/in/in": "scalar=s list=h1+h2",
		"if (4)":                  "scalar=s list=h1+h2 handler=l",
	}
	server := 0
	walk(c.Main, func(path string, s *Scope) {
		w, ok := want[path]
		if path == "server" {
			if server++; server == 2 { // its list is an error
				w = "scalar=h list=h1+h2"
			}
		}
		if got := Conf[settings](s).String(); ok && got != w {
			t.Errorf("%s: got %q, want %q", path, got, w)
		}
	})
	if server != 2 || len(c.Diags) != 1 {
		t.Errorf("got %d servers and %v, want 2 and one error", server, c.Diags)
	}
}

// TestShare checks that a block which says nothing of a module has no
// configuration of its own.
func TestShare(t *testing.T) {
	c := compile(t, `http { scalar h; server { location /a { location /b { } } location /c { scalar c; } } }`)
	confs := map[string]*settings{}
	walk(c.Main, func(path string, s *Scope) { confs[path] = Conf[settings](s) })
	h := confs["http"]
	if confs[""] == h {
		t.Error("http shares the configuration of the main block")
	}
	for _, path := range []string{"server", "location /a", "location /b"} {
		if confs[path] != h {
			t.Errorf("%s has a configuration of its own", path)
		}
	}
	if confs["location /c"] == h {
		t.Error("location /c shares that of http")
	}
}

func TestValuePos(t *testing.T) {
	c := compile(t, "http {\n  scalar h;\n  server {\n    number 3;\n  }\n}")
	server := c.Main.Children[0].Children[0]
	got := map[string]string{}
	for _, f := range server.Effects() {
		got[f.Entry.Name] = f.Given[0].Pos().String()
	}
	want := map[string]string{"scalar": "nginx.conf:2:3", "number": "nginx.conf:4:5"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n := Conf[settings](c.Main.Children[0]).number; n.V != 5 || !n.Given() || n.Pos.IsValid() {
		t.Errorf("default of number: got %+v", n)
	}
}

// TestFindings checks texts and order: findings come in the order of the text,
// those about a block where it ends.
func TestFindings(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"nope;\nhttp { }\nnope;", []string{`unknown directive "nope" in nginx.conf:1`, `unknown directive "nope" in nginx.conf:3`}},
		{"scalar a;", []string{`"scalar" directive is not allowed here in nginx.conf:1`}},
		{"http {\n scalar\n a\n ;\n scalar b;\n }", []string{`"scalar" directive is duplicate in nginx.conf:5`}},
		{"http { scalar; scalar a b; }", []string{
			`invalid number of arguments in "scalar" directive in nginx.conf:1`,
			`invalid number of arguments in "scalar" directive in nginx.conf:1`,
		}},
		{"http { scalar a { } }", []string{`directive "scalar" is not terminated by ";" in nginx.conf:1`}},
		{"http { server; data; }", []string{
			`directive "server" has no opening "{" in nginx.conf:1`,
			`directive "data" has no opening "{" in nginx.conf:1`,
		}},
		{"http { data { a b c; nope; } }", nil},
		{"http { number x; number 0; number 10; number 9; }", []string{
			`"number" directive invalid number in nginx.conf:1`,
			`value must be between 1 and 9 in nginx.conf:1`,
			`value must be between 1 and 9 in nginx.conf:1`,
		}},
		{"http { enum Two; server { enum three; } server { enum 'a\"b'; } }", []string{
			`invalid value "three" in nginx.conf:1`,
			`invalid value "a"b" in nginx.conf:1`,
		}},
		{"http { flag ON; server { flag yes; } }", []string{`invalid value "yes" in "flag" directive, it must be "on" or "off" in nginx.conf:1`}},
		{"http { accepted a;\n unsupported a;\n refused a;\n accepted; }", []string{
			`the "unsupported" directive is not supported yet in nginx.conf:2`,
			`"refused" directive is not supported in nginx.conf:3`,
			`invalid number of arguments in "accepted" directive in nginx.conf:4`,
		}},
		{"http {\n server {\n bad {\n nope1;\n }\n nope2;\n }\n}", []string{
			`unknown directive "nope1" in nginx.conf:4`,
			`bad block in nginx.conf:5`,
			`unknown directive "nope2" in nginx.conf:6`,
		}},
		{"http {\n nope;\n server {", []string{
			`unknown directive "nope" in nginx.conf:2`,
			`unexpected end of file, expecting "}" in nginx.conf:3`,
		}},
	} {
		var got []string
		for _, d := range compile(t, tt.text).Diags {
			got = append(got, d.Nginx())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q:\ngot  %q\nwant %q", tt.text, got, tt.want)
		}
	}
}

// TestClose checks that blocks are closed from the inside, and not at all if
// reading ended inside them.
func TestClose(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"http { server { location /a { location /b { } } } server { } }",
			[]string{"location /b", "location /a", "server", "server", "http"}},
		{"http { server { } server {", []string{"server"}},
	} {
		if got := Conf[blocks](compile(t, tt.text).Main).closed; !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestEnd checks that a core module's End hears of whole configurations only,
// after everything else.
func TestEnd(t *testing.T) {
	m := CoreModule[int]{Name: "end", End: func(*int, *Scope) error { return errors.New("the end") }}
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"", []string{"the end"}},
		{"nope;", []string{`unknown directive "nope"`, "the end"}},
		{"http {", []string{`unexpected end of file, expecting "}"`}},
	} {
		var got []string
		for _, d := range compile(t, tt.text, m).Diags {
			got = append(got, d.Msg)
			if d.Msg == "the end" && (d.Severity != diag.Error || d.Nginx() != d.Msg) {
				t.Errorf("got %q, want an error without a place", d.Nginx())
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	table := NewTable(blocksModule(), settingsModule())
	for _, tt := range []struct {
		name string
		in   Context
		want string
	}{
		{"scalr", HTTP, "scalar"},
		{"locaton", Server, "location"},
		{"numbers", Location, "number"},
		{"lst", HTTP, "list"},
		{"xyz", HTTP, ""},
		{"unspported", HTTP, "unsupported"},
		{"iff", Location, "if"},
		{"iff", Server, ""}, // it may not stand there
		{"proxy_set_header", HTTP, ""},
	} {
		if got := table.Suggest(tt.name, tt.in); got != tt.want {
			t.Errorf("%s in %v: got %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
	c := compile(t, "http { scalr a; }\nlocation / { }")
	want := []string{`did you mean "scalar"?`, "it is allowed in: server, location"}
	for i, d := range c.Diags {
		if d.Detail != want[i] {
			t.Errorf("%v: got detail %q, want %q", d, d.Detail, want[i])
		}
	}
}

func TestTable(t *testing.T) {
	one := CoreModule[int]{Name: "one", Directives: []Directive[int]{
		{Name: "a", In: Main, Args: Exactly(1), Set: Ignore[int]("for a test", nil)},
	}}
	other := CoreModule[uint]{Name: "other", Directives: []Directive[uint]{
		{Name: "a", In: Events, Args: Exactly(2), Set: Ignore[uint]("for a test", nil)},
	}}
	table := NewTable(one, other)
	if n := len(table.Lookup("a")); n != 2 {
		t.Errorf("got %d entries, want one for each context", n)
	}
	defer func() {
		if recover() == nil {
			t.Error("a name that two modules declare for one context is no mistake")
		}
	}()
	NewTable(one, other, CoreModule[int8]{Name: "third", Directives: []Directive[int8]{
		{Name: "a", In: Main | HTTP, Set: Ignore[int8]("for a test", nil)},
	}})
}

func TestVersion(t *testing.T) {
	m := HTTPModule[int]{Name: "was", Directives: []Directive[int]{{
		Name: "size", In: HTTP, Default: "1.1", Was: []Was{{"1.13.0", "0.9"}, {"1.29.7", "1.0"}}, Args: Exactly(1), Set: Ignore[int]("for a test", nil),
	}}}
	e := NewTable(m).Entries()[0]
	for version, want := range map[string]string{"": "1.1", "1.9.15": "0.9", "1.13.0": "1.0", "1.29.6": "1.0", "1.29.7": "1.1", "1.31.5": "1.1"} {
		if got := e.DefaultFor(version); got != want {
			t.Errorf("%q: got %q, want %q", version, got, want)
		}
	}
}

func TestErrorLog(t *testing.T) {
	var got []ErrorLog
	m := CoreModule[vars.Index]{Name: "log", Directives: []Directive[vars.Index]{
		{Name: "error_log", In: Main, Args: AtLeast(1), Set: Do(func(_ *vars.Index, c *Call) error {
			l, err := c.ErrorLog()
			got = append(got, l)
			return err
		})},
	}}
	// What nginx wants at the least depends on the length of the file's name.
	for size, ok := range map[int]bool{2098 + len("nginx.conf"): false, 2099 + len("nginx.conf"): true} {
		got = nil
		c := compile(t, fmt.Sprintf("error_log memory:%d;", size), m)
		if (len(c.Diags) == 0) != ok || ok && got[0].Memory != size {
			t.Errorf("%d bytes: got %v, %v", size, got, c.Diags)
		}
	}
}

func TestParseCIDR(t *testing.T) {
	for _, tt := range []struct {
		text, want string // "" is an error, and "~" stands before what has hidden bits
	}{
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"10.1.2.3/8", "~10.0.0.0/8"},
		{"10.1.2.3", "10.1.2.3/32"},
		{"1.2.3.4/0", "~0.0.0.0/0"},
		{"::1", "::1/128"},
		{"2001:db8::1/32", "~2001:db8::/32"},
		{"::/0", "::/0"},
		{"010.0.0.1", "10.0.0.1/32"},
		{"1..2.3", "1.0.2.3/32"},
		{"...", "0.0.0.0/32"},
		{"255.255.255.255", ""},
		{"1.2.3.4/33", ""},
		{"::1/129", ""},
		{"1.2.3.4/", ""},
		{"1.2.3.4/-1", ""},
		{"1.2.3", ""},
		{"1.2.3.4.5", ""},
		{"256.0.0.1", ""},
		{"fe80::1%eth0", ""},
		{"", ""},
		{"localhost", ""},
	} {
		p, exact, ok := ParseCIDR(tt.text)
		got := ""
		if ok {
			got = p.String()
			if !exact {
				got = "~" + got
			}
		}
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}
