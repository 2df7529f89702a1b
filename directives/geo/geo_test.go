package geo

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/vars"
)

// nets makes values of networks, each with its own text as value.
func nets(list ...string) values {
	n := networks{vals: map[netip.Prefix][]byte{}}
	for _, s := range list {
		n.vals[netip.MustParsePrefix(s)] = []byte(s)
	}
	return n.values()
}

func TestNetworks(t *testing.T) {
	v := nets("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "10.255.0.0/16", "11.0.0.0/8", "255.0.0.0/8", "2001:db8::/32", "2001:db8:1::/48", "::/0")
	for _, tt := range []struct{ addr, want string }{
		{"9.255.255.255", ""},
		{"10.0.0.0", "10.0.0.0/8"},
		{"10.1.0.0", "10.1.0.0/16"},
		{"10.1.2.2", "10.1.0.0/16"},
		{"10.1.2.3", "10.1.2.3/32"},
		{"10.1.2.4", "10.1.0.0/16"},
		{"10.2.0.0", "10.0.0.0/8"},
		{"10.255.255.255", "10.255.0.0/16"},
		{"11.0.0.0", "11.0.0.0/8"},
		{"12.0.0.0", ""},
		{"255.255.255.255", "255.0.0.0/8"},
		{"2001:db8::1", "2001:db8::/32"},
		{"2001:db8:1::1", "2001:db8:1::/48"},
		{"2001:db8:2::", "2001:db8::/32"},
		{"2001:db9::", "::/0"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"},
	} {
		if got := string(v.find(netip.MustParseAddr(tt.addr))); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.addr, got, tt.want)
		}
	}
}

// FuzzNetworks compares with a search through all networks.
func FuzzNetworks(f *testing.F) {
	f.Add(uint32(0x0a000000), uint8(8), uint32(0x0a010000), uint8(16), uint32(0x0a010001))
	f.Add(uint32(0), uint8(0), uint32(0xffffffff), uint8(32), uint32(0xffffffff))
	f.Add(uint32(0x0a000000), uint8(8), uint32(0x0affff00), uint8(24), uint32(0x0b000000))
	f.Fuzz(func(t *testing.T, a uint32, abits uint8, b uint32, bbits uint8, x uint32) {
		pa := netip.PrefixFrom(address(uint16(a>>16), uint16(a)), int(abits%33)).Masked()
		pb := netip.PrefixFrom(address(uint16(b>>16), uint16(b)), int(bbits%33)).Masked()
		if pa == pb {
			return
		}
		addr := address(uint16(x>>16), uint16(x))
		want := ""
		for bits := 0; bits <= 32; bits++ {
			for _, p := range []netip.Prefix{pa, pb} {
				if p.Bits() == bits && p.Contains(addr) {
					want = p.String()
				}
			}
		}
		v := nets(pa.String(), pb.String())
		if got := string(v.find(addr)); got != want {
			t.Errorf("%v in %v, %v: got %q, want %q", addr, pa, pb, got, want)
		}
	})
}

func TestRanges(t *testing.T) {
	r := ranges{pieces: map[uint16][]piece{}, fallback: []byte("-"), set: true}
	for _, s := range []string{"10.0.0.10-10.0.0.20", "10.0.0.12-10.0.0.15", "10.0.0.10-10.0.0.10", "10.0.0.19-10.0.0.20", "10.1.0.5-10.3.0.5"} {
		start, end, ok := parseRange(s)
		if !ok {
			t.Fatal(s)
		}
		if err := r.add(nil, s, start, end, []byte(s)); err != nil {
			t.Fatal(s, err)
		}
	}
	start, end, _ := parseRange("10.0.0.12-10.0.0.15")
	if !r.del(start, end) || r.del(start, end) {
		t.Error("a range is deleted once")
	}
	v := r.values()
	for _, tt := range []struct{ addr, want string }{
		{"10.0.0.9", "-"},
		{"10.0.0.10", "10.0.0.10-10.0.0.10"},
		{"10.0.0.11", "10.0.0.10-10.0.0.20"},
		{"10.0.0.12", "-"},
		{"10.0.0.16", "10.0.0.10-10.0.0.20"},
		{"10.0.0.19", "10.0.0.19-10.0.0.20"},
		{"10.0.0.21", "-"},
		{"10.1.0.4", "-"},
		{"10.1.0.5", "10.1.0.5-10.3.0.5"},
		{"10.2.255.255", "10.1.0.5-10.3.0.5"},
		{"10.3.0.6", "-"},
		{"2001:db8::1", "-"},
	} {
		if got := string(v.find(netip.MustParseAddr(tt.addr))); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.addr, got, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"1.2.3.4", "1.2.3.4"}, {"001.2.3.04", "1.2.3.4"}, {"1..3.", "1.0.3.0"}, {"255.255.255.254", "255.255.255.254"},
		{"2001:db8::1", "2001:db8::1"}, {"::ffff:1.2.3.4", "::ffff:1.2.3.4"}, {"fe80::1", "fe80::1"},
		{"255.255.255.255", ""}, {"1.2.3", ""}, {"1.2.3.4.5", ""}, {"1.2.3.256", ""}, {"", ""}, {"fe80::1%lo", ""}, {"unix:", ""}, {"a", ""},
	} {
		a, ok := parse([]byte(tt.in))
		if ok != (tt.want != "") || ok && a.String() != tt.want {
			t.Errorf("parse(%q) = %v, %v; want %q", tt.in, a, ok, tt.want)
		}
	}
}

// A fake is a subject with an address.
type fake struct {
	addr  netip.Addr
	slots []vars.Slot
}

func (f *fake) Slots() []vars.Slot { return f.slots }
func (f *fake) Capture(int) []byte { return nil }
func (f *fake) Cycle(string)       {}

func TestValueAllocates(t *testing.T) {
	text := []byte("10.1.2.3")
	vs := vars.NewTable(vars.Variable[*fake]{Name: "a", Volatile: true, Get: func(*fake, string) ([]byte, bool) { return text, true }})
	g := &table[*fake]{vars: vs, address: vars.None, client: func(f *fake) netip.Addr { return f.addr }}
	g.values = nets("10.0.0.0/8", "2001:db8::/32", "10.1.0.0/16")
	viaText := *g
	viaText.address = vs.Index("a", diag.Pos{})
	vs.Link(new(diag.List))
	f := &fake{slots: make([]vars.Slot, vs.Len())}
	for _, addr := range []string{"10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1"} {
		f.addr = netip.MustParseAddr(addr)
		if n := testing.AllocsPerRun(100, func() { g.value(f); viaText.value(f) }); n != 0 {
			t.Errorf("%s: %v allocations, want none", addr, n)
		}
	}
	f.addr = netip.MustParseAddr("::ffff:10.1.2.3")
	if got := string(g.value(f)); got != "10.1.0.0/16" {
		t.Errorf("a mapped address: got %q", got)
	}
	f.addr = netip.Addr{}
	if got := string(g.value(f)); got != "" {
		t.Errorf("a unix socket: got %q", got)
	}
}

// networksOf returns the values of a block with n networks, and an address in the
// last of them.
func networksOf(n int) (values, netip.Addr) {
	ns := networks{vals: map[netip.Prefix][]byte{}}
	for i := range n {
		ns.vals[netip.PrefixFrom(address(uint16(i>>4), uint16(i<<12)), 20)] = nothing
	}
	return ns.values(), address(uint16((n-1)>>4), uint16((n-1)<<12|1))
}

// TestScaleAlloc: a look-up among 100,000 networks costs about what it does among
// ten, and allocates nothing. Linear would be a thousand times as much.
func TestScaleAlloc(t *testing.T) {
	cost := func(n int) time.Duration {
		v, a := networksOf(n)
		if v.find(a) == nil {
			t.Fatal("not found")
		}
		if n := testing.AllocsPerRun(100, func() { v.find(a) }); n != 0 {
			t.Errorf("%v allocations, want none", n)
		}
		best := time.Hour
		for range 5 {
			begin := time.Now()
			for range 200 {
				v.find(a)
			}
			best = min(best, time.Since(begin)/200)
		}
		return max(best, 10*time.Nanosecond)
	}
	few, many := cost(10), cost(100_000)
	t.Logf("%v of 10, %v of 100,000", few, many)
	if many > 20*few || many > 20*time.Microsecond {
		t.Errorf("%v among 100,000, %v among 10", many, few)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{10, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			v, a := networksOf(n)
			b.ReportAllocs()
			for b.Loop() {
				v.find(a)
			}
		})
	}
}
