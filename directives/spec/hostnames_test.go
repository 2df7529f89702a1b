package spec

import (
	"fmt"
	"strings"
	"testing"
)

func hostnames(t testing.TB, wildcards bool, list ...string) *Hostnames[string] {
	t.Helper()
	k := &Hostnames[string]{}
	for _, s := range list {
		if err := k.Add(s, s, wildcards); err != nil {
			t.Fatalf("add %q: %v", s, err)
		}
	}
	return k
}

// TestHostnames has the answers of nginx, from the traffic case map/hostnames and
// from reading ngx_hash.c.
func TestHostnames(t *testing.T) {
	k := hostnames(t, true, "example.com", "*.example.com", ".self.com", "*.deep.self.com", "www.*", "www.example.*", "*.org")
	for _, tt := range []struct{ name, want string }{
		{"example.com", "example.com"},
		{"a.example.com", "*.example.com"},
		{"a.b.example.com", "*.example.com"},
		{".example.com", "*.example.com"},
		{"self.com", ".self.com"},
		{"a.self.com", ".self.com"},
		{"deep.self.com", ".self.com"},
		{"a.deep.self.com", "*.deep.self.com"},
		{"www.net", "www.*"},
		{"www.example.net", "www.example.*"},
		{"www.example.", "www.example.*"},
		{"www.example", "www.*"},
		{"www.example.net.x", "www.example.*"},
		{"www.example.com", "*.example.com"},
		{"www", ""},
		{"org", ""},
		{"a.org", "*.org"},
		{"www.org", "*.org"},
		{"xexample.com", ""},
	} {
		if got := k.Find([]byte(tt.name)); got != tt.want {
			t.Errorf("find %q: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestHostnamesAdd(t *testing.T) {
	for _, tt := range []struct {
		list      []string // the last is added
		hostnames bool
		want      string
	}{
		{[]string{"a", "A"}, false, "conflicting parameter"},
		{[]string{"*.a", "*.A"}, false, "conflicting parameter"},
		{[]string{"a..b"}, false, ""},
		{[]string{"a..b"}, true, "invalid hostname or wildcard"},
		{[]string{"*a"}, true, "invalid hostname or wildcard"},
		{[]string{"a.*.b"}, true, "invalid hostname or wildcard"},
		{[]string{"*.a.*"}, true, "invalid hostname or wildcard"},
		{[]string{"*."}, true, "invalid hostname or wildcard"},
		{[]string{"."}, true, ""},
		{[]string{"a", ".a"}, true, "conflicting parameter"},
		{[]string{".a", "a"}, true, "conflicting parameter"},
		{[]string{"*.a", ".a"}, true, "conflicting parameter"},
		{[]string{"*.a", "a", "a.*"}, true, ""},
		{[]string{"a.*", "A.*"}, true, "conflicting parameter"},
	} {
		k := &Hostnames[int]{}
		var err error
		for i, s := range tt.list {
			if err = k.Add(s, i, tt.hostnames); err != nil && i < len(tt.list)-1 {
				t.Fatalf("%v: %q: %v", tt.list, s, err)
			}
		}
		if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%v: got %v, want %s", tt.list, err, tt.want)
		}
	}
}

func FuzzHostnames(f *testing.F) {
	for _, s := range []string{"", "a", "*.a", ".a", "a.*", "*", "..", "*.*", "\x00", "A.b."} {
		f.Add(s, "x."+s)
	}
	f.Fuzz(func(t *testing.T, key, name string) {
		k := &Hostnames[bool]{}
		if err := k.Add(key, true, true); err != nil {
			return
		}
		k.Find([]byte(lower(name)))
		if key != "" && key[0] != '*' && key[0] != '.' && key[len(key)-1] != '*' && !k.Find([]byte(lower(key))) {
			t.Errorf("%q is not found", key)
		}
	})
}

// BenchmarkHostnames shows that a map of many entries costs what one of few does.
func BenchmarkHostnames(b *testing.B) {
	for _, n := range []int{10, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			k := &Hostnames[int]{}
			for i := range n {
				k.Add(fmt.Sprintf("/old/page/%d", i), i, false)
			}
			name := []byte("/old/page/7")
			b.ReportAllocs()
			for b.Loop() {
				k.Find(name)
			}
		})
	}
}
