package h1

import "testing"

func TestAppendHost(t *testing.T) {
	for name, want := range map[string]string{
		"a.example": "a.example", "A.Example.": "a.example", "a:80": "a", "a:65535": "a", "a:65536": "", "a:b": "",
		"a..b": "", ".": "", "": "", "[::1]": "[::1]", "[::1]:80": "[::1]", "[::1": "", "[::1]x": "", "a/b": "", "a b": "", ".a": ".a",
	} {
		got, _, err := AppendHost(nil, []byte(name))
		if ok := err == nil; ok != (want != "") || ok && string(got) != want {
			t.Errorf("%q: %q, %v", name, got, ok)
		}
	}
}
