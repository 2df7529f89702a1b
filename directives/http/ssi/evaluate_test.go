package ssi

import (
	"fmt"
	"testing"

	"understudy/runtime/httpd"
	"understudy/runtime/vars"
)

func testPage(logged *string) *page {
	h := &httpd.HTTP{Vars: vars.NewTable[*httpd.Request]()}
	return &page{
		r:      &httpd.Request{HTTP: h, URI: []byte("/dir/page.html")},
		parser: parser{errorf: func(format string, args ...any) { *logged += fmt.Sprintf(format, args...) }},
		shared: &shared{variables: map[string][]byte{"a": []byte("one"), "e": {}}, captures: [][]byte{[]byte("all"), []byte("part")}},
	}
}

func TestEvaluate(t *testing.T) {
	for _, tt := range []struct {
		in, want, log string
		uri           bool
	}{
		{in: "", want: ""},
		{in: "", want: "/dir/", uri: true},
		{in: "x.html", want: "/dir/x.html", uri: true},
		{in: "/x.html", want: "/x.html", uri: true},
		{in: "$a/x", want: "/dir/one/x", uri: true},
		{in: "$e/x", want: "/x", uri: true},
		{in: "$none$e", want: "", uri: true},
		{in: "$a${a}x$A-$1$0$2.", want: "oneonex" + "one-partall."},
		{in: `\$a \\ \" \' \x \`, want: `$a \ " ' \x `},
		{in: "$", log: `invalid variable name in "$"`},
		{in: "x$-", log: `invalid variable name in "x$-"`},
		{in: "${}", log: `invalid variable name in "${}"`},
		{in: "${", log: `invalid variable name in "${"`},
		{in: "${a", log: `the closing bracket in "a" variable is missing`},
		{in: "${a-}", log: `the closing bracket in "a" variable is missing`},
	} {
		logged := ""
		got, ok := testPage(&logged).evaluate([]byte(tt.in), tt.uri)
		if string(got) != tt.want || ok != (tt.log == "") || logged != tt.log {
			t.Errorf("%q: got %q, %v, logged %q; want %q, logged %q", tt.in, got, ok, logged, tt.want, tt.log)
		}
	}
}

func TestIf(t *testing.T) {
	for _, tt := range []struct {
		expr string
		want bool
	}{
		{"$a", true},
		{"$e", false},
		{"$a = one", true},
		{"$a=two", false},
		{"$a != two", true},
		{"ONE = one", true},
		{"one = ONE", false},
		{"$a = /^o(.)/", true},
		{"$a != /^o(.)/", false},
		{`$a = \/x`, false},
		{"$e =", true},
	} {
		logged := ""
		p := testPage(&logged)
		p.command = []byte("if")
		expr := []byte(tt.expr)
		if ok := p.ifCommand([]*[]byte{&expr}); !ok || p.output != tt.want {
			t.Errorf("%q: got %v, %v, want %v (%s)", tt.expr, p.output, ok, tt.want, logged)
		}
	}
	logged := ""
	p := testPage(&logged)
	if ok, _ := p.match([]byte("(?<first>o)(x)?"), []byte("one")); !ok {
		t.Fatal("does not match")
	}
	if n := len(p.shared.captures); n != 2 {
		t.Errorf("got %d captures, want 2: those behind the last that matched are not set", n)
	}
	if got := string(p.shared.variables["first"]); got != "o" {
		t.Errorf("named capture: got %q", got)
	}
}
