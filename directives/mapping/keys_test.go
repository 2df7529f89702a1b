package mapping

import (
	"fmt"
	"testing"
)

func build(t testing.TB, hostnames bool, list ...string) *keys[string] {
	t.Helper()
	k := &keys[string]{}
	for _, s := range list {
		if _, err := k.add(s, s, hostnames); err != nil {
			t.Fatalf("add %q: %v", s, err)
		}
	}
	return k
}

// TestFind has the answers of nginx, from the traffic case map/hostnames and
// from reading ngx_hash.c.
func TestFind(t *testing.T) {
	k := build(t, true, "example.com", "*.example.com", ".self.com", "*.deep.self.com", "www.*", "www.example.*", "*.org")
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
		if got := k.find([]byte(tt.name)); got != tt.want {
			t.Errorf("find %q: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAdd(t *testing.T) {
	for _, tt := range []struct {
		list      []string // the last is added
		hostnames bool
		want      error
	}{
		{[]string{"a", "A"}, false, errConflict},
		{[]string{"*.a", "*.A"}, false, errConflict},
		{[]string{"a..b"}, false, nil},
		{[]string{"a..b"}, true, errWildcard},
		{[]string{"*a"}, true, errWildcard},
		{[]string{"a.*.b"}, true, errWildcard},
		{[]string{"*.a.*"}, true, errWildcard},
		{[]string{"*."}, true, errWildcard},
		{[]string{"."}, true, nil},
		{[]string{"a", ".a"}, true, errConflict},
		{[]string{".a", "a"}, true, errConflict},
		{[]string{"*.a", ".a"}, true, errConflict},
		{[]string{"*.a", "a", "a.*"}, true, nil},
		{[]string{"a.*", "A.*"}, true, errConflict},
	} {
		k := &keys[int]{}
		var err error
		for i, s := range tt.list {
			if _, err = k.add(s, i, tt.hostnames); err != nil && i < len(tt.list)-1 {
				t.Fatalf("%v: %q: %v", tt.list, s, err)
			}
		}
		if err != tt.want {
			t.Errorf("%v: got %v, want %v", tt.list, err, tt.want)
		}
	}
}

func FuzzAdd(f *testing.F) {
	for _, s := range []string{"", "a", "*.a", ".a", "a.*", "*", "..", "*.*", "\x00", "A.b."} {
		f.Add(s, "x."+s)
	}
	f.Fuzz(func(t *testing.T, key, name string) {
		k := &keys[bool]{}
		if _, err := k.add(key, true, true); err != nil {
			return
		}
		k.find([]byte(lower(name)))
		if key != "" && key[0] != '*' && key[0] != '.' && key[len(key)-1] != '*' && !k.find([]byte(lower(key))) {
			t.Errorf("%q is not found", key)
		}
	})
}

// BenchmarkFind shows that a map of many entries costs what one of few does.
func BenchmarkFind(b *testing.B) {
	for _, n := range []int{10, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			k := &keys[int]{}
			for i := range n {
				k.add(fmt.Sprintf("/old/page/%d", i), i, false)
			}
			name := []byte("/old/page/7")
			b.ReportAllocs()
			for b.Loop() {
				k.find(name)
			}
		})
	}
}
