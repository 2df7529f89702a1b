package hostnames

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"understudy/runtime/regex"
)

func TestFindServer(t *testing.T) {
	var servers Servers[string]
	for _, name := range []string{"a.org", "*.a.org", "www.*", `~^(\d+)\.num$`, "~^9", ""} {
		var re *regex.Regexp
		if pattern, ok := strings.CutPrefix(name, "~"); ok {
			var err error
			if re, err = regex.Compile(pattern, regex.Options{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := servers.Add(name, name, "0.0.0.0:80", re); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		host, want string
		how        Kind
	}{
		{"a.org", "a.org", Exact},
		{"b.a.org", "*.a.org", Head},
		{"www.b.org", "www.*", Tail},
		{"9.num", `~^(\d+)\.num$`, Regex}, // the first of two
		{"9.org", "~^9", Regex},
		{"", "", Exact},
		{"b.org", "", None},
	} {
		s, how, err := servers.Find([]byte(tt.host), nil)
		if s != tt.want || how != tt.how || err != nil {
			t.Errorf("%q: got %q, %v, %v, want %q, %v", tt.host, s, how, err, tt.want, tt.how)
		}
	}
}

func TestAddNames(t *testing.T) {
	for _, tt := range []struct {
		before, name, err string
	}{
		{"a.org", "a.org", `conflicting server name "a.org" on 0.0.0.0:80, ignored`},
		{"*.a.org", "*.a.org", `conflicting server name "*.a.org" on 0.0.0.0:80, ignored`},
		{"*.a.org", ".a.org", `conflicting server name ".a.org" on 0.0.0.0:80, ignored`},
		{"a.org", ".a.org", `conflicting server name ".a.org" on 0.0.0.0:80, ignored`},
		{"a.*", "a.*", `conflicting server name "a.*" on 0.0.0.0:80, ignored`},
		{"a.org", "*.a.org", ""},
		{"a.org", "a.*", ""},
		{"a.org", "w*.a.org", `invalid server name or wildcard "w*.a.org" on 0.0.0.0:80`},
		{"a.org", "*.a.*", `invalid server name or wildcard "*.a.*" on 0.0.0.0:80`},
		{"a.org", "*", `invalid server name or wildcard "*" on 0.0.0.0:80`},
		{"a.org", "a..org", `invalid server name or wildcard "a..org" on 0.0.0.0:80`},
	} {
		var servers Servers[string]
		if err := servers.Add("first", tt.before, "0.0.0.0:80", nil); err != nil {
			t.Fatal(err)
		}
		err := servers.Add("second", tt.name, "0.0.0.0:80", nil)
		if got := fmt.Sprint(err); tt.err == "" && err != nil || tt.err != "" && got != tt.err {
			t.Errorf("%s behind %s: got %v, want %q", tt.name, tt.before, err, tt.err)
		}
		if strings.HasPrefix(tt.err, "conflicting") != errors.As(err, new(Conflict)) {
			t.Errorf("%s behind %s: %T", tt.name, tt.before, err)
		}
	}
}
