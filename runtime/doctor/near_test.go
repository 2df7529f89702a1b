package doctor

import (
	"net/netip"
	"testing"
)

func TestNear(t *testing.T) {
	at := netip.MustParseAddrPort
	all := []Listener{{at("127.0.0.1:3000"), "node", 12}, {at("[::1]:7001"), "vite", 13}, {at("0.0.0.0:22"), "sshd", 1}, {at("127.0.0.1:3005"), "", 0}}
	for _, tt := range []struct{ addr, want, only string }{
		{"127.0.0.1:3001", "node (process 12) listens on 3000, a process of another user listens on 3005", ""},
		{"127.0.0.1:7001", "vite (process 13) listens on [::1]:7001 only", "[::1]:7001"},
		{"127.0.0.1:60000", "node (process 12) listens on 3000", "localhost:3000"},
		{"192.0.2.1:3001", "", ""},
	} {
		if got, only := near(at(tt.addr), all); got != tt.want || only != tt.only {
			t.Errorf("%s: got %q, %q, want %q, %q", tt.addr, got, only, tt.want, tt.only)
		}
	}
}
