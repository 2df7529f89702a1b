package header

import (
	"fmt"
	"testing"
)

func block(fields ...string) *Block {
	var b Block
	b.Reset(nil)
	for i := 0; i < len(fields); i += 2 {
		b.Append([]byte(fields[i]), []byte(fields[i+1]))
	}
	return &b
}

func TestKnown(t *testing.T) {
	for id := ID(1); id < numIDs; id++ {
		if id.String() == "" {
			t.Errorf("ID %d has no name", id)
		}
		for _, name := range []string{id.String(), upper(id.String())} {
			if got := Known(name); got != id {
				t.Errorf("Known(%q) = %v", name, got)
			}
		}
	}
	for _, name := range []string{"", "Hos", "Hostt", "X-Foo", "Content_Length", "Keep-Alive\x00", "H\x8fst"} {
		if got := Known(name); got != 0 {
			t.Errorf("Known(%q) = %v", name, got)
		}
	}
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'z' {
			b[i] = c - 32
		}
	}
	return string(b)
}

func TestHash(t *testing.T) {
	for _, names := range [][2]string{{"X-Foo", "x-foo"}, {"X-Foo", "x_foo"}, {"x_foo", "X_FOO"}} {
		if Hash(names[0]) != Hash(names[1]) {
			t.Errorf("Hash(%q) != Hash(%q)", names[0], names[1])
		}
	}
	if Hash("a@") == Hash("a`") { // they differ by the bit that is the case of letters
		t.Error("Hash folds what are no letters")
	}
}

func TestBlock(t *testing.T) {
	b := block("hOST", "a", "X-Foo", "1", "cookie", "x", "x_foo", "2", "Cookie", "y", "X-FOO", "3")
	if got := b.Name(b.At(0)); string(got) != "hOST" {
		t.Errorf("name %q is not as received", got)
	}
	if got := b.Get(Host); string(got) != "a" {
		t.Errorf("Get(Host) = %q", got)
	}
	if b.Get(Via) != nil || b.Has(Via) || b.First(Via) != nil {
		t.Error("there is no Via")
	}
	name := []byte("x-foo")
	got := ""
	for f := b.Lookup(Hash(name), name); f != nil; f = b.Next(f) {
		got += string(b.Value(f))
	}
	if got != "13" {
		t.Errorf("Lookup found %q, want 13", got)
	}
	got = ""
	for f := b.LookupVar(Hash("x_foo"), []byte("x_foo")); f != nil; f = b.NextVar(f) {
		got += string(b.Value(f))
	}
	if got != "123" {
		t.Errorf("LookupVar found %q, want 123", got)
	}
}

func TestDel(t *testing.T) {
	b := block("Cookie", "x", "Host", "a", "Cookie", "y", "Cookie", "z")
	b.Del(b.At(2))
	b.Del(b.At(0))
	b.Del(b.At(0))
	if got := b.Get(Cookie); string(got) != "z" {
		t.Errorf("Get = %q, want z", got)
	}
	if f := b.Lookup(Cookie.Hash(), Cookie.Name()); f != b.At(3) || b.Next(f) != nil {
		t.Errorf("Lookup = %v", f)
	}
	b.Del(b.At(3))
	if b.Has(Cookie) || b.Lookup(Cookie.Hash(), Cookie.Name()) != nil {
		t.Error("a deleted field is found")
	}
	if b.Len() != 4 || !b.At(3).Deleted {
		t.Error("deleted fields do not stay in place")
	}
}

func TestRebase(t *testing.T) {
	var b Block
	b.Reset([]byte("Host: a"))
	b.Add(0, 4, 6, 7)
	b.Rebase([]byte("Host: b, moved"))
	if got := b.Get(Host); string(got) != "b" {
		t.Errorf("Get = %q after a move", got)
	}
}

func TestList(t *testing.T) {
	var l List
	add := func(name, value string) { l.Add([]byte(name), []byte(value)) }
	add("X-A", "1")
	l.AddID(Server, []byte("s"))
	add("x-a", "2")
	add("X-B", "3")
	add("X-A", "4")
	want := func(s string) {
		t.Helper()
		got := ""
		for _, f := range l.Fields() {
			got += fmt.Sprintf("%s=%s ", f.Name, f.Value)
		}
		if got != s {
			t.Errorf("got %s, want %s", got, s)
		}
	}
	want("X-A=1 Server=s x-a=2 X-B=3 X-A=4 ")
	l.Set([]byte("X-a"), []byte("5"))
	want("X-A=5 Server=s X-B=3 ")
	l.SetID(Server, []byte("t"))
	l.SetID(ETag, []byte("e"))
	want("X-A=5 Server=t X-B=3 ETag=e ")
	if string(l.Get(ETag)) != "e" || l.Get(Via) != nil {
		t.Error("Get")
	}
	if f := l.LookupVar(Hash("x_b"), []byte("x_b")); f == nil || string(f.Value) != "3" {
		t.Error("LookupVar")
	}
	if !l.Del(Hash("x-b"), []byte("x-b")) || l.DelID(Via) || !l.DelID(ETag) {
		t.Error("Del does not tell what it did")
	}
	l.RemoveAt(0)
	want("Server=t ")
	l.Reset()
	want("")
}

func TestNoAllocations(t *testing.T) {
	var b Block
	var l List
	buf, name := []byte("Host: a\r\nX-Foo: b\r\n"), []byte("x-foo")
	f := func() {
		b.Reset(buf)
		b.Add(0, 4, 6, 7)
		b.Add(9, 14, 16, 17)
		b.Del(b.Lookup(Hash(name), name))
		l.Reset()
		l.Add(name, name)
		l.SetID(Server, name)
		l.DelID(Server)
	}
	f()
	if n := testing.AllocsPerRun(100, f); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestToken(t *testing.T) {
	for name, want := range map[string]bool{"X-Foo": true, "x_1.!#$%&'*+^`|~": true, "": false, "a b": false, "\"X\"": false, "X\x80": false, "a:": false, "a\x00": false, "(a)": false} {
		if got := Token([]byte(name)); got != want {
			t.Errorf("Token(%q) = %v", name, got)
		}
	}
}

func TestHasToken(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"private", true},
		{"max-age=0, Private", true},
		{"private , x", true},
		{"private=x", false},
		{"private;x", false},
		{"privately", false},
		{"x private", false},
		{"priv", false},
		{"", false},
		{"a,,private", true},
	} {
		var l List
		l.AddID(CacheControl, []byte("x"))
		l.AddID(CacheControl, []byte(tt.in))
		if got := l.HasToken(CacheControl, "private"); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.in, got, tt.want)
		}
	}
}
