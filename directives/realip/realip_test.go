package realip

import (
	"net/netip"
	"testing"
)

func TestBack(t *testing.T) {
	trusted := proxies{{net: netip.MustParsePrefix("10.0.0.0/8")}, {net: netip.MustParsePrefix("2001:db8::/32")}}
	const client = "10.0.0.1:1000"
	for _, c := range []struct {
		list       string
		recursive  bool
		want       string // "": none was found
		wantsWhole bool
	}{
		{"192.0.2.1", false, "192.0.2.1:0", true},
		{"192.0.2.1:80", false, "192.0.2.1:80", true},
		{"[2001:db8::7]:80", false, "[2001:db8::7]:80", true},
		{"192.0.2.1, 10.0.0.2", false, "10.0.0.2:0", true},
		{"192.0.2.1, 10.0.0.2", true, "192.0.2.1:0", true},
		{"192.0.2.9, 192.0.2.1, 10.0.0.2", true, "192.0.2.1:0", false},
		{"10.0.0.3,10.0.0.2", true, "10.0.0.3:0", true},
		{"10.0.0.3 , , 10.0.0.2 , ", true, "10.0.0.3:0", true},
		{"nobody, 10.0.0.2", true, "10.0.0.2:0", false},
		{"nobody", true, "", false},
		{"", true, "", false},
		{", ", true, "", false},
	} {
		w := &where{from: trusted, recursive: c.recursive}
		a, found, whole := w.back(netip.MustParseAddrPort(client), []byte(c.list))
		got := ""
		if found {
			got = a.String()
		}
		if got != c.want || whole != c.wantsWhole {
			t.Errorf("%q: %q, %v, want %q, %v", c.list, got, whole, c.want, c.wantsWhole)
		}
	}
	w := &where{from: trusted}
	if _, found, _ := w.back(netip.MustParseAddrPort("192.0.2.5:1"), []byte("192.0.2.1")); found {
		t.Error("a client that is no proxy is believed")
	}
}

func TestTrust(t *testing.T) {
	ps := proxies{{net: netip.MustParsePrefix("10.0.0.0/8")}, {unix: true}}
	for addr, want := range map[string]bool{"10.1.2.3": true, "11.0.0.1": false, "::ffff:10.0.0.1": true, "::1": false, "": true} {
		var a netip.Addr
		if addr != "" {
			a = netip.MustParseAddr(addr)
		}
		if got := ps.trust(a); got != want {
			t.Errorf("%q: %v", addr, got)
		}
	}
	if (proxies{{net: netip.MustParsePrefix("0.0.0.0/0")}}).trust(netip.Addr{}) {
		t.Error("a unix socket is in 0.0.0.0/0")
	}
}

// FuzzBack makes sure that no list is read beyond its ends, or for ever.
func FuzzBack(f *testing.F) {
	for _, s := range []string{"192.0.2.1, 10.0.0.2", ",", " , ", "10.0.0.3,10.0.0.2", "[::1]:80"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	all := proxies{{net: netip.MustParsePrefix("0.0.0.0/0")}, {net: netip.MustParsePrefix("::/0")}}
	f.Fuzz(func(t *testing.T, list string, recursive bool) {
		w := &where{from: all, recursive: recursive}
		a, found, _ := w.back(netip.MustParseAddrPort("192.0.2.1:1"), []byte(list))
		if found && !a.IsValid() {
			t.Fatalf("%q: %v", list, a)
		}
	})
}
