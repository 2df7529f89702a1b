package referer

import (
	"strings"
	"testing"

	"understudy/runtime/regex"
)

func TestValid(t *testing.T) {
	s := &sites{}
	for _, name := range []string{"example.com", "*.example.com", "www.example.*", "path.org/a/"} {
		host, uri := name, ""
		if i := strings.IndexByte(name, '/'); i >= 0 {
			host, uri = name[:i], name[i:]
		}
		if err := s.hosts.Add(host, &site{uri}, true); err != nil {
			t.Fatal(err)
		}
	}
	re, err := regex.Compile(`\.google\.`, regex.Options{CaseInsensitive: true})
	if err != nil {
		t.Fatal(err)
	}
	s.regexes = append(s.regexes, re)
	for _, tt := range []struct {
		ref  string
		want bool
	}{
		{"http://example.com", true},
		{"HTTPS://EXAMPLE.com:8080/x", true},
		{"http://a.example.com/", true},
		{"http://www.example.net", true},
		{"http://example.net", false},
		{"http://path.org/a/b", true},
		{"http://path.org:80/a/b", true},
		{"http://path.org/b", false},
		{"http://path.org", false},
		{"http://www.google.de/q", true},
		{"http://x.org/www.GOOGLE.de/", true},
		{"http://a", false}, // too short to have a scheme
		{"ftp://example.com/", false},
		{"example.com", false},
		{"", false},
		{"http://" + strings.Repeat("a", 256), false},
		{"http://" + strings.Repeat("a", 257) + ".google.", false},
	} {
		if got := s.valid(nil, []byte(tt.ref)); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.ref, got, tt.want)
		}
	}
	s.blocked, s.none = true, true
	if !s.valid(nil, nil) || !s.valid(nil, []byte("masked")) || s.valid(nil, []byte("http://example.net")) {
		t.Error("none is a request without the field, blocked one without a scheme")
	}
	ref := []byte("http://A.example.com/x")
	if n := testing.AllocsPerRun(100, func() { s.valid(nil, ref) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
