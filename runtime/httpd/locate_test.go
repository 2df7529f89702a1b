package httpd

import (
	"fmt"
	"log/slog"
	"testing"

	"understudy/parser/diag"
	"understudy/runtime/regex"
)

// newRequest returns a request of nobody.
func newRequest(t testing.TB) *Request {
	t.Helper()
	h := &HTTP{Vars: &Vars{}, Log: slog.New(slog.DiscardHandler)}
	r := h.request()
	t.Cleanup(r.release)
	return r
}

func location(t testing.TB, modifier, name string, nested ...*Location) *Location {
	t.Helper()
	l := &Location{Name: name, Modifier: modifier}
	switch modifier {
	case "=":
		l.Match = Exact
	case "^~":
		l.Match = NoRegex
	case "~", "~*":
		l.Match = Regex
		re, err := regex.Compile(name, regex.Options{CaseInsensitive: modifier == "~*"})
		if err != nil {
			t.Fatal(err)
		}
		l.Pattern = re
	}
	l.SetLocations(nested)
	return l
}

func slash(l *Location) *Location {
	l.Slash = true
	return l
}

func TestFindLocation(t *testing.T) {
	root := &Location{}
	root.SetLocations([]*Location{
		location(t, "", "/"),
		location(t, "=", "/"),
		location(t, "", "/images/"),
		location(t, "^~", "/images/big/"),
		location(t, "", "/images/big/own/"),
		location(t, "~", `\.gif$`),
		location(t, "~*", `\.jpe?g$`),
		location(t, "~", `^/images/.*\.jpg$`), // never first
		location(t, "", "/abc"),
		location(t, "", "/abcd"),
		slash(location(t, "", "/app/")),
		slash(location(t, "=", "/exact/")),
		slash(location(t, "", "/both/")), location(t, "", "/both"),
		slash(location(t, "", "/equal/")), location(t, "=", "/equal"),
		slash(location(t, "", "/dir.gif/")),
		location(t, "", "/nest/",
			location(t, "=", "/nest/exact"),
			location(t, "", "/nest/in/", location(t, "~", `deep$`)),
			location(t, "~", `\.gif$`, location(t, "~", "special")),
		),
		location(t, "^~", "/closed/", location(t, "~", `\.php$`)),
	})
	for _, tt := range []struct {
		uri, want string
		redirect  bool
	}{
		{uri: "/", want: "= /"},
		{uri: "/x", want: "/"},
		{uri: "/images/x", want: "/images/"},
		{uri: "/images", want: "/"}, // no content handler, no redirect
		{uri: "/images/x.gif", want: `~ \.gif$`},
		{uri: "/images/x.JPG", want: `~* \.jpe?g$`},
		{uri: "/images/x.jpg", want: `~* \.jpe?g$`}, // the first of two
		{uri: "/images/x.GIF", want: "/images/"},
		{uri: "/images/big/x.gif", want: "^~ /images/big/"},
		{uri: "/images/big/own/x.gif", want: `~ \.gif$`}, // the longest has no ^~
		{uri: "/ab", want: "/"},
		{uri: "/abc", want: "/abc"},
		{uri: "/abcc", want: "/abc"},
		{uri: "/abcde", want: "/abcd"},
		{uri: "/app", want: "/app/", redirect: true},
		{uri: "/app/x", want: "/app/"},
		{uri: "/apple", want: "/"},
		{uri: "/exact", want: "= /exact/", redirect: true},
		{uri: "/both", want: "/both"}, // has a location of its own
		{uri: "/equal", want: "= /equal"},
		{uri: "/dir.gif", want: "/dir.gif/", redirect: true}, // regular expressions are not asked
		{uri: "/nest/exact", want: "= /nest/exact"},
		{uri: "/nest/x", want: "/nest/"},
		{uri: "/nest/in/x", want: "/nest/in/"},
		{uri: "/nest/in/deep", want: "~ deep$"},
		{uri: "/nest/in/x.gif", want: `~ \.gif$`},
		{uri: "/nest/special.gif", want: "~ special"},
		{uri: "/closed/x.php", want: `~ \.php$`},
		{uri: "/closed/x.gif", want: "^~ /closed/"},
	} {
		r := newRequest(t)
		r.URI, r.Loc = []byte(tt.uri), root
		redirect, st := r.find(root)
		if got := r.Loc.Title(); got != tt.want || redirect != tt.redirect || st >= 400 {
			t.Errorf("%s: got %s, redirect %v, %v, want %s, %v", tt.uri, got, redirect, st, tt.want, tt.redirect)
		}
	}
	r := newRequest(t)
	empty := &Location{}
	r.URI, r.Loc = []byte("/x"), empty
	if _, st := r.find(empty); st != Declined || r.Loc != empty {
		t.Errorf("without locations: got %v in %s", st, r.Loc.Title())
	}
}

func TestNamedLocations(t *testing.T) {
	first := &Location{Name: "@x", Match: Named, Pos: diag.Pos{Line: 1}}
	s := &Server{Root: &Location{}}
	s.Root.SetLocations([]*Location{first, {Name: "@x", Match: Named}})
	if got := s.Named([]byte("@x")); got != first {
		t.Errorf("got %v, want the first of two", got)
	}
	if got := s.Named([]byte("@y")); got != nil {
		t.Errorf("got %v", got)
	}
}

// manyLocations returns a root with n prefixes, of which many start with
// others.
func manyLocations(t testing.TB, n int) *Location {
	ls := make([]*Location, 0, n)
	for i := range n {
		name := fmt.Sprintf("/site%d/", i/3)
		for range i % 3 {
			name += "deeper/"
		}
		ls = append(ls, location(t, "", name))
	}
	root := &Location{}
	root.SetLocations(ls)
	return root
}

func TestFindAmongMany(t *testing.T) {
	root := manyLocations(t, 5000)
	r := newRequest(t)
	for _, tt := range []struct{ uri, want string }{
		{"/site1234/x", "/site1234/"},
		{"/site1234/deeper/x", "/site1234/deeper/"},
		{"/site0/deeper/deeper/deeper/x", "/site0/deeper/deeper/"},
		{"/site99999/x", "server"},
	} {
		r.URI, r.Loc = []byte(tt.uri), root
		if n := testing.AllocsPerRun(100, func() { r.Loc = root; r.find(root) }); n != 0 {
			t.Errorf("%s: %v allocations, want 0", tt.uri, n)
		}
		if got := r.Loc.Title(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.uri, got, tt.want)
		}
	}
}

func BenchmarkFindLocation(b *testing.B) {
	root := manyLocations(b, 5000)
	r := newRequest(b)
	r.URI = []byte("/site1234/deeper/index.html")
	b.ReportAllocs()
	for b.Loop() {
		r.Loc = root
		r.find(root)
	}
}
