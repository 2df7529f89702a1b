package coding

import "testing"

func TestRatio(t *testing.T) {
	for _, tt := range []struct {
		in, out int64
		want    string
	}{{100, 50, "2.00"}, {2125, 1000, "2.13"}, {2124, 1000, "2.12"}, {1999, 1000, "2.00"}, {5, 20, "0.25"}, {1234567, 100, "12345.67"}} {
		if got := string(appendRatio(nil, tt.in, tt.out)); got != tt.want {
			t.Errorf("%d/%d: got %s, want %s", tt.in, tt.out, got, tt.want)
		}
	}
}

func TestTakes(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"br", true},
		{"BR", true},
		{"gzip, br", true},
		{"gzip,br,zstd", true},
		{"gzip, br;q=0.5", true},
		{"br;q=1", true},
		{"br ; q=0.001", true},
		{"br;q=0", false},
		{"br;q=0, gzip", false},
		{"br ; q = 0.000", false},
		{"br;q=0.0", false},
		{"br;q=x", true}, // as ngx_brotli
		{"", false},
		{"b", false},
		{"abr", false},
		{"brx", false},
		{"brx, br", true},
		{"gzip", false},
		{"*", false},
	} {
		if got := takes([]byte(tt.in), "br"); got != tt.want {
			t.Errorf("%q: got %v", tt.in, got)
		}
	}
}

func FuzzTakes(f *testing.F) {
	f.Add("gzip, br;q=0.5")
	f.Fuzz(func(t *testing.T, s string) { takes([]byte(s), "br") })
}
