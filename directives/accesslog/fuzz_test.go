package accesslog

import (
	"strconv"
	"strings"
	"testing"
)

// FuzzCutName checks that nothing of a format is lost.
func FuzzCutName(f *testing.F) {
	for _, s := range []string{"", "{", "{a}", "{a", "a-b", "1", "_Aa0{", "}", "{}x", "é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, after, closed := cutName(s)
		if !closed || name == "" {
			return
		}
		if s != name+after && s != "{"+name+"}"+after {
			t.Errorf("%q: got %q and %q", s, name, after)
		}
	})
}

// FuzzEscape checks that what is escaped breaks no line and no quotes, and can
// be read back.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "a\"b\\c", "\x00\n\x7f\xff", `\x22`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := string(appendEscaped([]byte("x"), []byte(s)))
		if strings.ContainsAny(out, "\"\n\r") {
			t.Fatalf("%q became %q", s, out)
		}
		back, err := strconv.Unquote(`"` + out + `"`)
		if err != nil || back != "x"+s {
			t.Errorf("%q became %q: %q, %v", s, out, back, err)
		}
	})
}
