package autoindex

import (
	"strings"
	"testing"

	"understudy/runtime/openfile"
)

func TestAppendName(t *testing.T) {
	x := strings.Repeat
	for _, tt := range []struct {
		name string
		kind openfile.Kind
		utf8 bool
		want string
	}{
		{"a", openfile.Regular, false, "a</a>" + x(" ", 49)},
		{"a", openfile.Dir, false, "a/</a>" + x(" ", 48)},
		{"a<", openfile.Regular, false, "a&lt;</a>" + x(" ", 48)},
		{x("x", 50), openfile.Regular, false, x("x", 50) + "</a>"},
		{x("x", 50), openfile.Dir, false, x("x", 50) + "</a>"},
		{x("x", 51), openfile.Regular, false, x("x", 47) + "..&gt;</a>"},
		{x("x", 46) + "<<<<<", openfile.Regular, false, x("x", 46) + "&lt;..&gt;</a>"},
		{x("ö", 26), openfile.Regular, false, x("ö", 23) + "\xc3..&gt;</a>"},
		{x("ö", 26), openfile.Regular, true, x("ö", 26) + "</a>" + x(" ", 24)},
		{x("ö", 51), openfile.Regular, true, x("ö", 47) + "..&gt;</a>"},
		{x("\xff", 51), openfile.Regular, true, x("\xff", 47) + "..&gt;</a>"},
	} {
		e := &entry{name: []byte(tt.name), kind: tt.kind}
		if got := string(appendName(nil, e, tt.utf8)); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestAppendSize(t *testing.T) {
	for _, tt := range []struct {
		size  int64
		kind  openfile.Kind
		exact bool
		want  string
	}{
		{0, openfile.Regular, true, "                  0"},
		{4096, openfile.Dir, true, "                  -"},
		{4096, openfile.Dir, false, "      -"},
		{9999, openfile.Regular, false, "   9999"},
		{10000, openfile.Regular, false, "    10K"},
		{10<<10 + 511, openfile.Regular, false, "    10K"},
		{10<<10 + 512, openfile.Regular, false, "    11K"},
		{1<<20 - 1, openfile.Regular, false, "  1024K"},
		{1 << 20, openfile.Regular, false, "     1M"},
		{3<<20 + 1<<19, openfile.Regular, false, "     4M"},
		{5 << 30, openfile.Regular, false, "     5G"},
	} {
		l := &lister{exact: tt.exact}
		if got := string(l.appendSize(nil, &entry{size: tt.size, kind: tt.kind})); got != tt.want {
			t.Errorf("%d: got %q, want %q", tt.size, got, tt.want)
		}
	}
}
