package logs

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	local := time.Local
	defer func() { time.Local = local }()
	time.Local = time.FixedZone("", 6*60*60)
	var c Clock
	for _, tt := range []struct {
		unix       int64
		local, iso string
	}{
		{23335200, "28/Sep/1970:08:00:00 +0600", "1970-09-28T08:00:00+06:00"},
		{23335201, "28/Sep/1970:08:00:01 +0600", "1970-09-28T08:00:01+06:00"},
	} {
		at := time.Unix(tt.unix, 5e8)
		if got := string(c.Local(at)); got != tt.local {
			t.Errorf("got %s, want %s", got, tt.local)
		}
		if got := string(c.ISO8601(at)); got != tt.iso {
			t.Errorf("got %s, want %s", got, tt.iso)
		}
	}
	at := time.Unix(1, 0)
	if n := testing.AllocsPerRun(100, func() { c.Local(at); c.ISO8601(at) }); n != 0 {
		t.Errorf("got %v allocations within a second, want 0", n)
	}
}
