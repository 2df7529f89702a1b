package httpd

import (
	"net/netip"
	"testing"
)

func TestBack(t *testing.T) {
	ten, two := netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")
	trusts := func(a netip.Addr) bool { return ten.Contains(a) || two.Contains(a) }
	for _, tt := range []struct {
		list      string
		recursive bool
		want      string // "": none is found
		all       bool
	}{
		{"192.0.2.1", false, "192.0.2.1:0", true},
		{"192.0.2.1:80", false, "192.0.2.1:80", true},
		{"192.0.2.1:0", false, "", false},
		{"[2001:db8::7]:80", false, "[2001:db8::7]:80", true},
		{"2001:db8::1", false, "[2001:db8::1]:0", true},
		{"192.0.2.1, 192.0.2.2", false, "192.0.2.2:0", true},
		{"192.0.2.1, 10.0.0.2", false, "10.0.0.2:0", true},
		{"192.0.2.1, 10.0.0.2", true, "192.0.2.1:0", true},
		{"192.0.2.9, 192.0.2.1, 10.0.0.2", true, "192.0.2.1:0", false},
		{"192.0.2.9,192.0.2.1 ,10.0.0.3 , ", true, "192.0.2.1:0", false},
		{"10.0.0.3,10.0.0.2", true, "10.0.0.3:0", true},
		{"10.0.0.3 , , 10.0.0.2 , ", true, "10.0.0.3:0", true},
		{"nobody, 10.0.0.2", true, "10.0.0.2:0", false},
		{"nobody", true, "", false},
		{"", true, "", false},
		{", ", true, "", false},
	} {
		p := Proxies{trusts, tt.recursive}
		a, found, all := p.Back(netip.MustParseAddrPort("10.0.0.1:1000"), []byte(tt.list))
		got := ""
		if found {
			got = a.String()
		}
		if got != tt.want || all != tt.all {
			t.Errorf("%q: got %q, %v, want %q, %v", tt.list, got, all, tt.want, tt.all)
		}
	}
	p := Proxies{Trusts: trusts}
	if _, found, _ := p.Back(netip.MustParseAddrPort("192.0.2.5:1"), []byte("192.0.2.1")); found {
		t.Error("a client that is no proxy is believed")
	}
}

// FuzzBack makes sure that no list is read beyond its ends, or for ever.
func FuzzBack(f *testing.F) {
	for _, s := range []string{"192.0.2.1, 10.0.0.2", ",", " , ", ",,", "10.0.0.3,10.0.0.2", "[::1]:80"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, list string, recursive bool) {
		p := Proxies{netip.Addr.IsValid, recursive}
		a, found, _ := p.Back(netip.MustParseAddrPort("192.0.2.1:1"), []byte(list))
		if found && !a.IsValid() {
			t.Fatalf("%q: %v", list, a)
		}
	})
}
