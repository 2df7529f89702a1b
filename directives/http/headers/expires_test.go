package headers

import (
	"testing"
	"time"

	"understudy/runtime/httpd"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		in   string
		rule rule // before
		want expires
		err  string
	}{
		{"1h", access, expires{rule: access, time: time.Hour}, ""},
		{"+1d", access, expires{rule: access, time: 24 * time.Hour}, ""},
		{"-1", access, expires{rule: access, time: -time.Second}, ""},
		{"0", access, expires{rule: access}, ""},
		{"epoch", access, expires{rule: epoch}, ""},
		{"max", access, expires{rule: forever}, ""},
		{"off", access, expires{rule: off}, ""},
		{"@15h30m", access, expires{rule: daily, time: 15*time.Hour + 30*time.Minute}, ""},
		{"@24h", access, expires{rule: daily, time: 24 * time.Hour}, ""},
		{"@24h1s", access, expires{}, "daily time value must be less than 24 hours"},
		{"@", access, expires{}, "invalid value"},
		{"", access, expires{}, "invalid value"},
		{"x", access, expires{}, "invalid value"},
		{"10ms", access, expires{}, "invalid value"},
		{"+1h", modified, expires{rule: modified, time: time.Hour}, ""},
		{"max", modified, expires{}, "invalid value"},
		{"@1h", modified, expires{}, `daily time cannot be used with "modified" parameter`},
	} {
		e := expires{rule: tt.rule}
		err := e.parse(tt.in)
		switch {
		case err == nil && tt.err == "":
			if e != tt.want {
				t.Errorf("%q: got %v, want %v", tt.in, e, tt.want)
			}
		case err == nil || err.Error() != tt.err:
			t.Errorf("%q: got error %v, want %q", tt.in, err, tt.err)
		}
	}
}

func TestValues(t *testing.T) {
	now := time.Unix(1_000_000_000, 500e6)
	last := time.Unix(999_999_000, 0)
	for _, tt := range []struct {
		e                expires
		last             time.Time
		expires, control string
	}{
		{expires{rule: access, time: time.Hour}, last, "Sun, 09 Sep 2001 02:46:40 GMT", "max-age=3600"},
		{expires{rule: access, time: -time.Hour}, last, "Sun, 09 Sep 2001 00:46:40 GMT", "no-cache"},
		{expires{rule: access}, last, "Sun, 09 Sep 2001 01:46:40 GMT", "max-age=0"},
		{expires{rule: modified}, last, "Sun, 09 Sep 2001 01:46:40 GMT", "max-age=0"},
		{expires{rule: modified, time: time.Hour}, last, "Sun, 09 Sep 2001 02:30:00 GMT", "max-age=2600"},
		{expires{rule: modified, time: time.Minute}, last, "Sun, 09 Sep 2001 01:31:00 GMT", "no-cache"},
		{expires{rule: modified, time: time.Hour}, time.Time{}, "Sun, 09 Sep 2001 02:46:40 GMT", "max-age=3600"},
		{expires{rule: epoch}, last, "Thu, 01 Jan 1970 00:00:01 GMT", "no-cache"},
		{expires{rule: forever}, last, "Thu, 31 Dec 2037 23:55:55 GMT", "max-age=315360000"},
	} {
		r := &httpd.Request{}
		r.Resp.LastModified = tt.last
		x, c := tt.e.values(r, now)
		if string(x) != tt.expires || string(c) != tt.control {
			t.Errorf("%v: got %q and %q, want %q and %q", tt.e, x, c, tt.expires, tt.control)
		}
	}
}

func TestNext(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	at := func(day, hour, min int) time.Time { return time.Date(2026, 1, day, hour, min, 0, 0, zone) }
	for _, tt := range []struct {
		now  time.Time
		d    time.Duration
		want time.Time
	}{
		{at(31, 12, 0), 15 * time.Hour, at(31, 15, 0)},
		{at(31, 15, 0), 15 * time.Hour, at(32, 15, 0)},
		{at(31, 16, 0), 15 * time.Hour, at(32, 15, 0)},
		{at(31, 16, 0), 24 * time.Hour, at(32, 0, 0)},
		{at(31, 0, 0), 0, at(32, 0, 0)},
	} {
		if got := next(tt.now, tt.d); got != tt.want.Unix() {
			t.Errorf("%v after midnight, from %v: got %v, want %v", tt.d, tt.now, time.Unix(got, 0).In(zone), tt.want)
		}
	}
}
