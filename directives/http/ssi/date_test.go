package ssi

import (
	"testing"
	"time"
)

// The wanted texts are those of glibc's strftime in the C locale.
func TestAppendTime(t *testing.T) {
	at := time.Date(2026, time.February, 3, 4, 5, 6, 0, time.FixedZone("XYZ", 2*3600+1800))
	for _, tt := range []struct{ format, want string }{
		{defaultTime, "Tuesday, 03-Feb-2026 04:05:06 XYZ"},
		{"", ""},
		{"no directive", "no directive"},
		{"%a %A %b %B %h|%c", "Tue Tuesday Feb February Feb|Tue Feb  3 04:05:06 2026"},
		{"%C %d %D %e %F %g %G", "20 03 02/03/26  3 2026-02-03 26 2026"},
		{"%H %I %j %k %l %m %M %p %P", "04 04 034  4  4 02 05 AM am"},
		{"%r|%R|%S|%T|%u %U %V %w %W", "04:05:06 AM|04:05|06|04:05:06|2 05 06 2 05"},
		{"%x|%X|%y|%Y|%z|%Z|%%", "02/03/26|04:05:06|26|2026|+0230|XYZ|%"},
		{"%s", "1770082506"},
		{"%n%t", "\n\t"},
		{"%Ey %Od %EY", "26 03 2026"},
		{"%-d %_d %0e %^a %#Z %5d|%10b|%-H", "3  3 03 TUE xyz 00003|       Feb|4"},
		{"%Q %", "%Q %"},
	} {
		if got := string(appendTime(nil, []byte(tt.format), at)); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.format, got, tt.want)
		}
	}
	noon := time.Date(2023, time.January, 1, 12, 0, 0, 0, time.UTC)
	if got, want := string(appendTime(nil, []byte("%I %p %U %W %V %G %u %Z"), noon)), "12 PM 01 00 52 2022 7 GMT"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
