package httpd

import (
	"fmt"
	"strings"
	"testing"

	"understudy/runtime/regex"
)

// named gives an address a server of each name that is called by it.
func named(t testing.TB, a *Address, names ...string) {
	t.Helper()
	for _, name := range names {
		var re *regex.Regexp
		if pattern, ok := strings.CutPrefix(name, "~"); ok {
			var err error
			if re, err = regex.Compile(pattern, regex.Options{CaseInsensitive: true}); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Add(&Server{Name: name}, name, a.Text, re); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFindServer(t *testing.T) {
	a := &Address{Text: "0.0.0.0:80", Default: &Server{Name: "default"}}
	named(t, a, "example.com", "www.example.com", "*.example.com", "*.deep.example.com", "mail.*", "www.mail.*",
		".dotted.org", "~^(\\d+)\\.num$", "~^9", "")
	for _, tt := range []struct{ host, want string }{
		{"example.com", "example.com"},
		{"www.example.com", "www.example.com"},
		{"a.example.com", "*.example.com"},
		{"a.b.example.com", "*.example.com"},
		{"a.deep.example.com", "*.deep.example.com"},
		{"deep.example.com", "*.example.com"},
		{"notexample.com", "default"},
		{".example.com", "*.example.com"}, // "*" may be nothing
		{"mail.org", "mail.*"},
		{"mail.co.uk", "mail.*"},
		{"www.mail.org", "www.mail.*"},
		{"mail", "default"},
		{"mail.", "mail.*"},                   // as ngx_hash_find_wc_tail; a host has lost a dot at its end before
		{"mail.example.com", "*.example.com"}, // a leading "*" comes first
		{"dotted.org", ".dotted.org"},
		{"a.dotted.org", ".dotted.org"},
		{"12.num", "~^(\\d+)\\.num$"},
		{"9.num", "~^(\\d+)\\.num$"}, // the first of two
		{"9.org", "~^9"},
		{"", ""}, // a request without Host
		{"unknown", "default"},
	} {
		s, _, st := a.Find(nil, []byte(tt.host))
		if st != OK || s.Name != tt.want {
			t.Errorf("%q: got %q, %v, want %q", tt.host, s.Name, st, tt.want)
		}
	}
}

// manyNames returns an address with n names of all kinds but regular
// expressions.
func manyNames(t testing.TB, n int) *Address {
	a := &Address{Default: &Server{Name: "default"}}
	for i := range n {
		named(t, a, fmt.Sprintf([]string{"host%d.example.com", "*.sub%d.example.org", "tail%d.*"}[i%3], i))
	}
	return a
}

func TestFindAmongManyNames(t *testing.T) {
	a := manyNames(t, 10000)
	for _, tt := range []struct{ host, want string }{
		{"host3000.example.com", "host3000.example.com"},
		{"a.b.sub3001.example.org", "*.sub3001.example.org"},
		{"tail3002.co.uk", "tail3002.*"},
		{"a.very.long.name.that.nobody.has", "default"},
	} {
		host := []byte(tt.host)
		if n := testing.AllocsPerRun(100, func() { a.Find(nil, host) }); n != 0 {
			t.Errorf("%s: %v allocations, want 0", tt.host, n)
		}
		if s, _, _ := a.Find(nil, host); s.Name != tt.want {
			t.Errorf("%s: got %s, want %s", tt.host, s.Name, tt.want)
		}
	}
}

func BenchmarkFindServer(b *testing.B) {
	a := manyNames(b, 10000)
	for _, host := range []string{"host3000.example.com", "a.b.sub3001.example.org", "tail3002.co.uk"} {
		b.Run(host, func(b *testing.B) {
			host := []byte(host)
			b.ReportAllocs()
			for b.Loop() {
				a.Find(nil, host)
			}
		})
	}
}
