package resolver

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestParseAddr(t *testing.T) {
	for _, tt := range []struct{ in, want string }{ // "" if it is none
		{"127.0.0.1", "127.0.0.1"},
		{"010.0.0.1", "10.0.0.1"},
		{"...", "0.0.0.0"},
		{"1.2.3", ""},
		{"1.2.3.4.5", ""},
		{"1.2.3.256", ""},
		{"255.255.255.255", ""},
		{"", ""},
		{"::", "::"},
		{"::1", "::1"},
		{"1::", "1::"},
		{"2001:DB8::a:b", "2001:db8::a:b"},
		{"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
		{"1:2:3:4:5:6::8", "1:2:3:4:5:6:0:8"},
		{"1:2:3:4:5:6::", "1:2:3:4:5:6::"},
		{"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
		{"::1:", "::1:0"},
		{"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
		{"1:2:3:4:5:6:7:1.2.3.4", ""},
		{"::1.2.3.4", "::102:304"},
		{"::1.2.3.04", "::102:304"},
		{"1:2:3:4:5:6:7::", ""},
		{"fe80::1%lo", ""},
	} {
		a, ok := ParseAddr(tt.in)
		want, err := netip.ParseAddr(tt.want)
		if ok != (err == nil) || a != want && ok {
			t.Errorf("%q: got %v, %v, want %q", tt.in, a, ok, tt.want)
		}
	}
}

func TestParseAddrPort(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"127.0.0.1", "127.0.0.1:0"},
		{"127.0.0.1:80", "127.0.0.1:80"},
		{"::1", "[::1]:0"},
		{"[::1]", "[::1]:0"},
		{"[::1]:80", "[::1]:80"},
		{"127.0.0.1:0", ""},
		{"127.0.0.1:", ""},
		{"[::1]80", ""},
		{"[::1", ""},
		{"localhost", ""},
		{"localhost:80", ""},
		{"", ""},
	} {
		a, ok := ParseAddrPort(tt.in)
		want, err := netip.ParseAddrPort(tt.want)
		if ok != (err == nil) || ok && a != want {
			t.Errorf("%q: got %v, %v, want %q", tt.in, a, ok, tt.want)
		}
	}
}

func TestAddrText(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"127.0.0.1", "127.0.0.1"},
		{"::", "::"},
		{"::1", "::1"},
		{"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
		{"2001:db8::1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"::102:304", "::1.2.3.4"},
		{"::a02", "::0.0.10.2"},
		{"::a01", "::a01"},
		{"::2", "::2"},
		{"fe80::", "fe80::"},
	} {
		if got := AddrText(netip.MustParseAddr(tt.in)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.in, got, tt.want)
		}
	}
	if got := AddrPortText(netip.MustParseAddrPort("[::1]:80")); got != "[::1]:80" {
		t.Errorf("got %q", got)
	}
}

func TestParseNumber(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"127.1", "127.0.0.1"},
		{"0177.0.0.1", "127.0.0.1"},
		{"0x7f000001", "127.0.0.1"},
		{"0x7F.0xb", "127.0.0.11"},
		{"8080", "0.0.31.144"},
		{"255.255.255.255", "255.255.255.255"},
		{"1.2.65535", "1.2.255.255"},
		{"1.2.65536", ""},
		{"256.1", ""},
		{"1.2.3.4.5", ""},
		{"0b1", ""},
		{"0o17", ""},
		{"1_0", ""},
		{"08", ""},
		{"1.", ""},
		{"", ""},
		{"a", ""},
		{"4294967296", ""},
	} {
		a, ok := parseNumber(tt.in)
		want, err := netip.ParseAddr(tt.want)
		if ok != (err == nil) || ok && a != want {
			t.Errorf("%q: got %v, %v, want %q", tt.in, a, ok, tt.want)
		}
	}
}

func TestLookup(t *testing.T) {
	list, err := Lookup(t.Context(), "localhost")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(list, netip.MustParseAddr("127.0.0.1")) && !slices.Contains(list, netip.MustParseAddr("::1")) {
		t.Errorf("got %v for localhost", list)
	}
	for _, a := range list {
		if a.Is4In6() {
			t.Errorf("got %v, not an IPv4 address", a)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := Lookup(ctx, "no.such.invalid"); err != ErrNotFound {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
}
