package regex

import (
	"strings"
	"testing"
	"time"
)

// worst is how long a match may take, whatever the pattern and the subject.
const worst = 20 * time.Millisecond

// TestRunawayTime: no pattern that a configuration may hold takes longer than worst
// with a subject that a client may send (8 KB, as large_client_header_buffers).
// Whether the answer is found in that time is up to the engine.
func TestRunawayTime(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes everything ten times slower")
	}
	as := strings.Repeat("a", 8000)
	for _, tt := range []struct{ pattern, subject string }{
		{`(a+)+$`, as + "!"},
		{`^(a+)+$`, as + "!"},
		{`^(a+)+$`, as + "\xff"},
		{`^(a|aa)+$`, as + "!"},
		{`^((a*)*)*$`, as + "!"},
		{`^(a|a?)+$`, as + "!"},
		{`^(((a+)+)+)+[b!]$`, as + "!?"},
		{`(a+){10}$`, as + "!"},
		{`(a{1,100}){1,100}$`, as + "!"},
		{`(.*a){20}$`, as + "!"},
		{`(?:a?){500}a{500}$`, as[:499] + "!"},
		{`^((a|aa)+)\1(?<=[!x])$`, as},
		{`^(a+)+\1[b!]$`, as + "?!"},
		{`(a*)*\1\1\1$`, as + "!"},
		{`(?:(a+)\1)+$`, as + "!"},
		{`(?<=a)(a+)+$`, as + "!"},
		{`(?<!b)(a+)+$`, as + "!"},
		{`^(?=(a+)+$)`, as + "!"},
		{`(?!(a+)+$)b`, as + "!"},
		{`(?>(a+)+)+$`, as + "!"},
		{`(?:(?=(a+))a)+$`, as + "!"},
		{`(?i)(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab|a)+$`, strings.Repeat("A", 8000) + "!"},
		{`(?i)(` + as[:2000] + `b|a)+\1$`, strings.Repeat("A", 8000) + "!"},
		{`(a*?)*?$(?<=!!)`, as + "!"},
		{`(a+?)+?b`, as + "!b?"},
		{`a*a*a*a*a*a*a*a*b`, as + "!b"[:1] + "?"},
		{`^a*a*a*a*a*a*a*a*[bc]`, as + "!c"},
		{`^(?!x)(?:(?:a|b){150}){150}(a+)+$`, as + "!"},
		{`((a{0,9}){0,9}){0,9}$`, as + "!"},
		{`^(\w+\s?)*$`, as + "!"},
		{`^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$`, as + "!"},
		{`(x+x+)+y`, strings.Repeat("x", 8000) + "?y"[:1]},
		{`(?(?=(a+)+!)a|b)+$`, as + "!"},
		{`[^/]*(?:/[^/]*)*\.(?:jpg|png)(?:/.*)*$`, strings.Repeat("/.jpg", 1600) + "!"},
	} {
		re, err := Compile(tt.pattern, Options{})
		if err != nil {
			t.Errorf("%.60s: %v", tt.pattern, err)
			continue
		}
		best := time.Hour
		var got error
		for i := 0; i < 100 && (i < 2 || best > worst); i++ { // the machine may be busy
			began := time.Now()
			_, _, got = re.Match([]byte(tt.subject), nil)
			best = min(best, time.Since(began))
		}
		if got != nil && got != ErrTimeout {
			t.Errorf("%.60s: %v", tt.pattern, got)
		}
		if best > worst {
			t.Errorf("%.60s: %v, want at most %v", tt.pattern, best, worst)
		} else if testing.Verbose() {
			t.Logf("%.60s: %v, %v", tt.pattern, best, got)
		}
	}
}
