package httpd

import "testing"

func TestAcceptsGzip(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"", false},
		{"gzip", true},
		{"GZip", true},
		{"gzip,deflate", true},
		{"deflate, gzip", true},
		{"deflate,gzip", true},
		{"gzi", false},
		{"x-gzip", false},
		{"x-gzip, gzip", true},
		{"x-gzipgzip", true}, // nginx looks for the next one where the last ended
		{"gzipx", false},
		{"gzip x", false},
		{"gzip;", true},
		{"gzip ; ", true},
		{"gzip;q", false},
		{"gzip;q=", false},
		{"gzip;q=0", false},
		{"gzip;q=1", true},
		{"gzip; Q=1, deflate", true},
		{"gzip;q=0.0", false},
		{"gzip;q=0.000", false},
		{"gzip;q=0.001", true},
		{"gzip;q=0.8, deflate", true},
		{"gzip;q=0.8 x", true},
		{"gzip;q=1.", true},
		{"gzip;q=1.000", true},
		{"gzip;q=1.001", false},
		{"gzip;q=0.0001", false},
		{"gzip;q=0.a", false},
		{"gzip;q=2", false},
		{"gzip;q=0;x", false},
		{"gzip;q=1;x", false},
		{"gzip;v=1", false},
		{"gzip;q=0, gzip", false}, // only the first counts
		{"identity;q=1, *;q=0", false},
		{"*", false},
	} {
		if got := acceptsGzip([]byte(tt.in)); got != tt.want {
			t.Errorf("%q: got %v, want %v", tt.in, got, tt.want)
		}
	}
}

func FuzzAcceptsGzip(f *testing.F) {
	for _, s := range []string{"gzip", "x-gzip;q=", "gzip;q=0.5", "gzip;q"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(_ *testing.T, b []byte) { acceptsGzip(b) })
}

func TestSplitType(t *testing.T) {
	for _, tt := range []struct{ in, base, charset string }{
		{"text/html", "text/html", ""},
		{"text/html; charset=utf-8", "text/html", "utf-8"},
		{`text/html;CHARSET="utf-8"`, "text/html", "utf-8"},
		{"text/html; a=b; charset=x", "text/html; a=b", "x"},
		{"text/html ; charset=x; a=b", "text/html ", "x; a=b"},
		{"text/html; charset=", "text/html", ""},
		{"text/html;", "text/html;", ""},
		{"text/html; char", "text/html; char", ""},
		{"", "", ""},
	} {
		base, charset := SplitType([]byte(tt.in))
		if string(base) != tt.base || string(charset) != tt.charset {
			t.Errorf("%q: got %q and %q, want %q and %q", tt.in, base, charset, tt.base, tt.charset)
		}
	}
}

func TestTypes(t *testing.T) {
	var types Types
	for _, tt := range []struct {
		name string
		want bool
	}{{"text/html", true}, {"Text/CSS", true}, {"TEXT/html", false}} {
		if got := types.Add(tt.name); got != tt.want {
			t.Errorf("Add(%q): got %v, want %v", tt.name, got, tt.want)
		}
	}
	has := func(ct string, plain bool) bool {
		return types.Has(&Response{ContentType: []byte(ct), PlainType: plain})
	}
	if !has("text/html", true) || !has("TEXT/Html; charset=x", false) || !has("text/css", true) ||
		has("text/html; charset=x", true) || has("text/plain", true) || has("text/html; a=b", false) || has("", true) {
		t.Error("wrong types")
	}
	if n := testing.AllocsPerRun(10, func() { has("text/html", true) }); n > 1 { // the test's own type
		t.Errorf("Has allocates: %v", n)
	}
	types.Add("*")
	if !types.Any() || !has("", true) {
		t.Error("* does not hold everything")
	}
}
