package userid

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"understudy/parser/diag"
	"understudy/runtime/vars"
)

func TestNext(t *testing.T) {
	g := newGivers(vars.NewTable(variables...), diag.Pos{})
	now := time.Unix(0x01020304, 0)
	word := func(id []byte, i int, order binary.ByteOrder) uint32 { return order.Uint32(id[4*i:]) }

	one := &giver{givers: g, mode: v1, service: 7}
	for _, serial := range []uint32{1, 0x101, 0x201} {
		id := one.next(nil, netip.Addr{}, now)
		if len(id) != size || word(id, 0, binary.NativeEndian) != 7 || word(id, 1, binary.NativeEndian) != 0x01020304 ||
			word(id, 2, binary.NativeEndian) != g.start || word(id, 3, binary.NativeEndian) != serial {
			t.Errorf("v1, serial %#x: %x", serial, id)
		}
	}

	two := &giver{givers: g, mode: v2}
	for _, tt := range []struct {
		local           string
		service, serial uint32
	}{
		{"192.0.2.1", 0xc0000201, 0x03030302}, {"2001:db8::a:b", 0x000a000b, 0x03030402}, {"", 0, 0x03030502},
	} {
		var local netip.Addr
		if tt.local != "" {
			local = netip.MustParseAddr(tt.local)
		}
		id := two.next(nil, local, now)
		if word(id, 0, binary.BigEndian) != tt.service || word(id, 1, binary.BigEndian) != 0x01020304 || word(id, 3, binary.BigEndian) != tt.serial {
			t.Errorf("v2, %s: %x", tt.local, id)
		}
	}
	g.serial2.Store(0xffffff02)
	two.next(nil, netip.Addr{}, now)
	if id := two.next(nil, netip.Addr{}, now); word(id, 3, binary.BigEndian) != first2 {
		t.Errorf("behind the last serial number: %x", id)
	}
	named := &giver{givers: g, mode: v2, service: 9, named: true}
	if id := named.next(nil, netip.MustParseAddr("192.0.2.1"), now); word(id, 0, binary.BigEndian) != 9 {
		t.Errorf("with a service: %x", id)
	}
}

func TestAppendTime(t *testing.T) {
	for _, tt := range []struct {
		unix int64
		want string
	}{
		{1000000000, "Sun, 09-Sep-01 01:46:40 GMT"}, {2145916799, "Thu, 31-Dec-37 23:59:59 GMT"}, {2145916800, "Fri, 01-Jan-2038 00:00:00 GMT"},
	} {
		if got := string(appendTime(nil, time.Unix(tt.unix, 0))); got != tt.want {
			t.Errorf("%d: got %q, want %q", tt.unix, got, tt.want)
		}
	}
}
