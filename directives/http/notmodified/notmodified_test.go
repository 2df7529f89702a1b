package notmodified

import (
	"testing"

	"understudy/runtime/header"
	"understudy/runtime/httpd"
)

func TestMatches(t *testing.T) {
	for _, tt := range []struct {
		tag, list    string
		strong, weak bool
	}{
		{`"a"`, `"a"`, true, true},
		{`"a"`, `"b"`, false, false},
		{`"a"`, `*`, true, true},
		{``, `*`, true, true},
		{``, `"a"`, false, false},
		{`"a"`, `*, "b"`, false, false},
		{`"a"`, `"b", "a"`, true, true},
		{`"a"`, "\"b\",\t\"a\" ,", true, true},
		{`"a"`, `"a" x`, false, false},
		{`"a"`, `"a"x, "a"`, true, true},
		{`"a"`, `W/"a"`, false, true},
		{`W/"a"`, `"a"`, false, true},
		{`W/"a"`, `W/"a"`, true, true},
		{`W/"a"`, `"b", W/"a"`, true, true},
		{`"a"`, `"abc`, false, false},
		{`"a"`, ``, false, false},
		{`"a"`, `,,"a"`, true, true},
		{`"a,b"`, `"a,b"`, true, true},
	} {
		var p httpd.Response
		if tt.tag != "" {
			p.Headers.AddID(header.ETag, []byte(tt.tag))
		}
		if got := matches(&p, []byte(tt.list), false); got != tt.strong {
			t.Errorf("%s in %s: got %v", tt.tag, tt.list, got)
		}
		if got := matches(&p, []byte(tt.list), true); got != tt.weak {
			t.Errorf("%s weakly in %s: got %v", tt.tag, tt.list, got)
		}
	}
}

func FuzzMatches(f *testing.F) {
	f.Add(`"a"`, `"b", W/"a"`)
	f.Add(`W/"a"`, `*`)
	f.Fuzz(func(t *testing.T, tag, list string) {
		var p httpd.Response
		p.Headers.AddID(header.ETag, []byte(tag))
		strong, weak := matches(&p, []byte(list), false), matches(&p, []byte(list), true)
		if list == tag && tag != "" && !strong && !weak {
			t.Errorf("%q does not match itself", tag)
		}
	})
}
