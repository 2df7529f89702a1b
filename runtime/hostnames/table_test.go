package hostnames

import (
	"fmt"
	"testing"
)

func table(t testing.TB, wildcards bool, list ...string) *Table[string] {
	t.Helper()
	k := &Table[string]{}
	for _, s := range list {
		if err := k.Add(s, s, wildcards); err != nil {
			t.Fatalf("add %q: %v", s, err)
		}
	}
	return k
}

// TestHostnames has the answers of nginx, from the traffic case map/hostnames and
// from reading ngx_hash.c.
func TestTable(t *testing.T) {
	k := table(t, true, "example.com", "*.example.com", ".self.com", "*.deep.self.com", "www.*", "www.example.*", "*.org")
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
		if got, _ := k.Find([]byte(tt.name)); got != tt.want {
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
		{[]string{"a", "A"}, false, ErrConflict},
		{[]string{"*.a", "*.A"}, false, ErrConflict},
		{[]string{"a..b"}, false, nil},
		{[]string{"a..b"}, true, ErrWildcard},
		{[]string{"*a"}, true, ErrWildcard},
		{[]string{"a.*.b"}, true, ErrWildcard},
		{[]string{"*.a.*"}, true, ErrWildcard},
		{[]string{"*."}, true, ErrWildcard},
		{[]string{"."}, true, nil},
		{[]string{"a", ".a"}, true, ErrConflict},
		{[]string{".a", "a"}, true, ErrConflict},
		{[]string{"*.a", ".a"}, true, ErrConflict},
		{[]string{"*.a", "a", "a.*"}, true, nil},
		{[]string{"a.*", "A.*"}, true, ErrConflict},
	} {
		k := &Table[int]{}
		var err error
		for i, s := range tt.list {
			if err = k.Add(s, i, tt.hostnames); err != nil && i < len(tt.list)-1 {
				t.Fatalf("%v: %q: %v", tt.list, s, err)
			}
		}
		if err != tt.want {
			t.Errorf("%v: got %v, want %v", tt.list, err, tt.want)
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, s := range []string{"", "a", "*.a", ".a", "a.*", "*", "..", "*.*", "\x00", "A.b."} {
		f.Add(s, "x."+s)
	}
	f.Fuzz(func(t *testing.T, key, name string) {
		k := &Table[bool]{}
		if err := k.Add(key, true, true); err != nil {
			return
		}
		k.Find([]byte(Lower(name)))
		if key != "" && key[0] != '*' && key[0] != '.' && key[len(key)-1] != '*' {
			if ok, how := k.Find([]byte(Lower(key))); !ok || how != Exact {
				t.Errorf("%q is not found", key)
			}
		}
	})
}

// BenchmarkTable shows that a map of many entries costs what one of few does.
func BenchmarkTable(b *testing.B) {
	for _, n := range []int{10, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			k := &Table[int]{}
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
