package regex

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// answer is what testdata/pcre2.txt holds for a match of re.
func answer(t *testing.T, re *Regexp, subject string) string {
	t.Helper()
	caps, ok, err := re.Match([]byte(subject), nil)
	switch {
	case err != nil:
		return err.Error()
	case !ok:
		return "no"
	}
	return strings.Trim(fmt.Sprint(caps), "[]")
}

// Patterns and subjects mean what they mean to the library that nginx uses,
// and wrong patterns are refused in its words.
func TestPCRE2(t *testing.T) {
	text, err := os.ReadFile("testdata/pcre2.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 4 {
			t.Fatalf("bad row %q", line)
		}
		rows++
		pattern, _ := strconv.Unquote(f[0])
		subject, _ := strconv.Unquote(f[2])
		want := f[3]
		if w, err := strconv.Unquote(want); err == nil {
			want = w
		}
		got := ""
		if re, err := Compile(pattern, Options{CaseInsensitive: f[1] == "i"}); err != nil {
			got = err.Error()
		} else {
			got = answer(t, re, subject)
		}
		if got != want {
			t.Errorf("%s %s on %s:\n got  %s\n want %s", f[0], f[1], f[2], got, want)
		}
	}
	if rows < 300 {
		t.Errorf("only %d rows", rows)
	}
}

// What PCRE2 knows and this package does not is refused by name.
func TestRefused(t *testing.T) {
	for _, tt := range []struct{ pattern, want string }{
		{`(?R)`, `the recursion "(?R)"`},
		{`(a)(?1)`, `the recursion "(?1)"`},
		{`(a)(?-1)`, `the recursion "(?-1)"`},
		{`(?<n>a)(?&n)`, `the recursion "(?&n)"`},
		{`(?<n>a)(?P>n)`, `the recursion "(?P>n)"`},
		{`(?|(a)|(b))`, `the branch reset "(?|"`},
		{`a\Kb`, `the escape "\K"`},
		{`\X`, `the escape "\X"`},
		{`a(*SKIP)b`, `the verb "(*SKIP)"`},
		{`(*UTF8)é`, `the option "(*UTF8)"`},
		{`(*UTF)é`, `the option "(*UTF)"`},
		{`(?J)(?<a>x)|(?<a>y)`, `the option "(?J)"`},
		{`(?C1)a`, `the callout "(?C"`},
		{`(?(DEFINE)a)`, `the condition "(?(DEFINE)"`},
		{`(a)(?<=\1)`, `the reference in the look-behind "(?<=\1)"`},
		{`\p{Greek}`, `the property "\p{Greek}"`},
	} {
		_, err := Compile(tt.pattern, Options{})
		want := fmt.Sprintf("regex \"%s\" compilation failed: %s is not supported", tt.pattern, tt.want)
		if err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", tt.pattern, err, want)
		}
	}
	for _, pattern := range []string{`(*NO_JIT)a`, `(*LF)a`, `(*LIMIT_MATCH=100)a`} {
		re, err := Compile(pattern, Options{})
		if err != nil || answer(t, re, "a") != "0 1" {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}
