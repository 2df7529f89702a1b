package access

import (
	"net/netip"
	"testing"
)

func TestFind(t *testing.T) {
	net := func(deny bool, cidr string) rule { return rule{deny: deny, net: netip.MustParsePrefix(cidr)} }
	all := rule{deny: true, all: true}
	unix := rule{unix: true}
	for _, c := range []struct {
		name  string
		rules rules
		addr  string // "": a unix socket
		want  string
	}{
		{"first counts", rules{net(true, "10.1.0.0/16"), net(false, "10.0.0.0/8"), all}, "10.1.2.3", "deny"},
		{"second", rules{net(true, "10.1.0.0/16"), net(false, "10.0.0.0/8"), all}, "10.2.2.3", "allow"},
		{"all", rules{net(false, "10.0.0.0/8"), all}, "192.0.2.1", "deny"},
		{"none", rules{net(false, "10.0.0.0/8")}, "192.0.2.1", ""},
		{"IPv6", rules{net(false, "2001:db8::/32"), all}, "2001:db8::1", "allow"},
		{"IPv6 by all", rules{net(false, "10.0.0.0/8"), all}, "2001:db8::1", "deny"},
		{"mapped is IPv4 where there are rules of it", rules{net(false, "10.0.0.0/8"), net(true, "::/0")}, "::ffff:10.0.0.1", "allow"},
		{"and IPv6 where there are none", rules{net(true, "::ffff:0:0/96")}, "::ffff:10.0.0.1", "deny"},
		{"unix", rules{net(true, "0.0.0.0/0"), unix, all}, "", "allow"},
		{"unix by all", rules{net(false, "0.0.0.0/0"), all}, "", "deny"},
		{"unix is no address", rules{net(true, "0.0.0.0/0")}, "", ""},
		{"no address is unix", rules{unix}, "10.0.0.1", ""},
	} {
		var a netip.Addr
		if c.addr != "" {
			a = netip.MustParseAddr(c.addr)
		}
		got := ""
		if r := c.rules.find(a); r != nil {
			got = map[bool]string{true: "deny", false: "allow"}[r.deny]
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	rs := rules{net(true, "10.1.0.0/16"), net(true, "2001:db8::/32"), all}
	a := netip.MustParseAddr("192.0.2.1")
	if n := testing.AllocsPerRun(100, func() { rs.find(a) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
