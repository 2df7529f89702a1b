package realip

import (
	"net/netip"
	"testing"
)

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
