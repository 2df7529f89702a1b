package vars

import (
	"bytes"
	"testing"

	"understudy/parser/diag"
)

func heap(n int) []byte { return make([]byte, 0, n) }

func TestCompile(t *testing.T) {
	for _, tt := range []struct{ src, want, err string }{
		{src: "", want: ""},
		{src: "plain text", want: "plain text"},
		{src: "$host", want: "[h]"},
		{src: "$HOST", want: "[h]"},
		{src: "${host}", want: "[h]"},
		{src: "a${host}b", want: "a[h]b"},
		{src: "$host$host", want: "[h][h]"},
		{src: "$host.example", want: "[h].example"},
		{src: "$host-$arg_x", want: "[h]-[a]x"},
		{src: "$1$2", want: "onetwo"},
		{src: "$10", want: "one0"}, // one digit only
		{src: "$9", want: ""},
		{src: "${host}{}", want: "[h]{}"},
		{src: "}", want: "}"},
		{src: "a$gone|", want: "a|"},
		{src: "$", err: "invalid variable name"},
		{src: "a$", err: "invalid variable name"},
		{src: "$$host", err: "invalid variable name"},
		{src: "$-", err: "invalid variable name"},
		{src: "${", err: "invalid variable name"},
		{src: "${}", err: "invalid variable name"},
		{src: "${host", err: `the closing bracket in "host" variable is missing`},
		{src: "${host-}", err: `the closing bracket in "host" variable is missing`},
	} {
		table := NewTable(constant("host", "[h]"), constant("arg_*", "[a]"), absent("gone"))
		tm, err := table.Compile(tt.src, diag.Pos{})
		if tt.err != "" {
			if err == nil || err.Error() != tt.err {
				t.Errorf("%q: got %v, want %s", tt.src, err, tt.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", tt.src, err)
			continue
		}
		s := link(t, table)
		s.captures = []string{"all", "one", "two"}
		if got := tm.Eval(s, heap); string(got) != tt.want {
			t.Errorf("%q: got %q, want %q", tt.src, got, tt.want)
		}
		if got := tm.Append([]byte("x"), s); string(got) != "x"+tt.want {
			t.Errorf("Append %q: got %q", tt.src, got)
		}
		if tm.Source != tt.src {
			t.Errorf("Source of %q is %q", tt.src, tm.Source)
		}
	}
}

func TestTemplateKinds(t *testing.T) {
	table := NewTable(constant("host", "h"))
	for _, tt := range []struct {
		src               string
		literal, variable bool
		captures          int
	}{
		{src: "", literal: true},
		{src: "text", literal: true},
		{src: "$host", variable: true},
		{src: "${host}", variable: true},
		{src: "$1", captures: 1},
		{src: "$host$host"},
		{src: "a$host"},
		{src: "$2-$7-$host", captures: 7},
	} {
		tm, err := table.Compile(tt.src, diag.Pos{})
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := tm.Literal(); ok != tt.literal || ok && string(text) != tt.src {
			t.Errorf("%q: Literal is %q %v", tt.src, text, ok)
		}
		if i, ok := tm.Variable(); ok != tt.variable || ok != (i != None) {
			t.Errorf("%q: Variable is %d %v", tt.src, i, ok)
		}
		if tm.MaxCapture() != tt.captures || tm.Captures() != (tt.captures > 0) {
			t.Errorf("%q: MaxCapture is %d, Captures %v", tt.src, tm.MaxCapture(), tm.Captures())
		}
	}
	var none *Template[*subject]
	if text, ok := none.Literal(); len(text) != 0 || !ok {
		t.Errorf("no template: Literal is %q %v", text, ok)
	}
	if got := none.Eval(nil, heap); got != nil {
		t.Errorf("no template: got %q", got)
	}
	if got := Text[*subject]("$host").Eval(nil, heap); string(got) != "$host" {
		t.Errorf("Text: got %q", got)
	}
}

func TestAppendEscaped(t *testing.T) {
	table := NewTable(constant("host", "v v"))
	tm, err := table.Compile("l l$host$1.", diag.Pos{})
	if err != nil {
		t.Fatal(err)
	}
	s := link(t, table)
	s.captures = []string{"", "c c"}
	got := tm.AppendEscaped(nil, s, func(dst, val []byte) []byte {
		return append(dst, bytes.ReplaceAll(val, []byte(" "), []byte("%20"))...)
	})
	if want := "l lv vc%20c."; string(got) != want {
		t.Errorf("got %q, want %q: only captures are escaped", got, want)
	}
}

func TestEvalDoesNotCopy(t *testing.T) {
	val := []byte("value")
	table := NewTable(Variable[*subject]{Name: "v", Get: func(*subject, string) ([]byte, bool) { return val, true }})
	tm, _ := table.Compile("$v", diag.Pos{})
	s := link(t, table)
	got := tm.Eval(s, func(int) []byte { t.Error("asked for memory"); return nil })
	if &got[0] != &val[0] {
		t.Error("the value was copied")
	}
}

func TestEvalDoesNotAllocate(t *testing.T) {
	a, b := []byte("first"), []byte("second")
	volatile := Variable[*subject]{Name: "v", Volatile: true, Get: func(*subject, string) ([]byte, bool) { return b, true }}
	table := NewTable(Variable[*subject]{Name: "a", Get: func(*subject, string) ([]byte, bool) { return a, true }}, volatile)
	mixed, _ := table.Compile("x-$a-$v-y", diag.Pos{})
	one, _ := table.Compile("$v", diag.Pos{})
	s := link(t, table)
	room := make([]byte, 0, 64)
	alloc := func(n int) []byte {
		if n != len("x-first-second-y") {
			t.Errorf("asked for %d bytes", n)
		}
		return room
	}
	if n := testing.AllocsPerRun(100, func() {
		clear(s.slots)
		mixed.Eval(s, alloc)
		one.Eval(s, alloc)
		room = mixed.Append(room[:0], s)[:0]
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func FuzzCompile(f *testing.F) {
	for _, src := range []string{"", "a", "$", "$host", "${host}", "${", "${}", "$1$host-$arg_x", "$$", "a$10b", "${host", "\x00$\xff"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		table := NewTable(constant("host", "h"), constant("arg_*", "a"))
		tm, err := table.Compile(src, diag.Pos{})
		if err != nil {
			if tm != nil {
				t.Errorf("%q: a template and %v", src, err)
			}
			return
		}
		var errs diag.List
		table.Link(&errs)
		s := &subject{slots: make([]Slot, table.Len()), captures: []string{"", "1"}}
		if len(errs) > 0 {
			return
		}
		got := tm.Eval(s, heap)
		if lit, ok := tm.Literal(); ok && string(lit) != src {
			t.Errorf("%q: literal %q", src, lit)
		}
		if again := tm.Append(nil, s); !bytes.Equal(got, again) {
			t.Errorf("%q: Eval %q, Append %q", src, got, again)
		}
		if plain := tm.AppendEscaped(nil, s, func(dst, val []byte) []byte { return append(dst, val...) }); !bytes.Equal(got, plain) {
			t.Errorf("%q: Eval %q, AppendEscaped %q", src, got, plain)
		}
	})
}

func BenchmarkEval(b *testing.B) {
	a := []byte("value")
	table := NewTable(Variable[*subject]{Name: "a", Get: func(*subject, string) ([]byte, bool) { return a, true }})
	tm, _ := table.Compile("http://$a/$a?x", diag.Pos{})
	s := link(b, table)
	room := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		tm.Eval(s, func(int) []byte { return room })
	}
}
