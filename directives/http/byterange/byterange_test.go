package byterange

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"understudy/runtime/httpd"
)

func TestParse(t *testing.T) {
	const all = httpd.Declined
	for _, tt := range []struct {
		in     string
		length int64
		most   int
		want   []span
		st     httpd.Status
	}{
		{"0-0", 10, 0, []span{{0, 1}}, 0},
		{"9-", 10, 0, []span{{9, 10}}, 0},
		{"10-", 10, 0, nil, 416},
		{"-1", 10, 0, []span{{9, 10}}, 0},
		{"-100", 10, 0, []span{{0, 10}}, 0},
		{"-0", 10, 0, nil, 416},
		{"0-100", 10, 0, []span{{0, 10}}, 0},
		{" 1 - 3 ", 10, 0, []span{{1, 4}}, 0},
		{"5-2", 10, 0, nil, 416},
		{"0--1", 10, 0, nil, 416},
		{"-", 10, 0, nil, 416},
		{"", 10, 0, nil, 416},
		{"x", 10, 0, nil, 416},
		{"1-3;", 10, 0, nil, 416},
		{"1-3,", 10, 0, nil, 416},
		{"0-1,3-4", 10, 0, []span{{0, 2}, {3, 5}}, 0},
		{"3-4, 0-1", 10, 0, []span{{3, 5}, {0, 2}}, 0},
		{"0-1,20-30", 10, 0, []span{{0, 2}}, 0},
		{"0-7,2-9", 10, 0, nil, all}, // more than everything
		{"0-0,2-2,4-4", 10, 2, nil, all},
		{"0-0,2-2", 10, 2, []span{{0, 1}, {2, 3}}, 0},
		{"0-", 0, 0, nil, all},
		{"-1", 0, 0, nil, all},
		{"9223372036854775807-", 10, 0, nil, 416},
		{"9223372036854775808-", 10, 0, nil, 416},
		{"0-9223372036854775807", 10, 0, []span{{0, 10}}, 0},
		{"0-9223372036854775808", 10, 0, nil, 416},
	} {
		most := tt.most
		if most == 0 {
			most = math.MaxInt32
		}
		got, st := parse([]byte(tt.in), tt.length, most)
		if st != tt.st || st == 0 && !slices.Equal(got, tt.want) {
			t.Errorf("%q of %d: got %v, %v, want %v, %v", tt.in, tt.length, got, st, tt.want, tt.st)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0-0", "-5", "3-, 1-2", "0-0,,1-1", "99999999999999999999-", " 7 - 9 ,-1"} {
		f.Add(s, int64(10), 5)
	}
	f.Fuzz(func(t *testing.T, s string, length int64, most int) {
		if length < 0 || most < 1 {
			return
		}
		spans, st := parse([]byte(s), length, most)
		if st != httpd.OK {
			return
		}
		if len(spans) == 0 || len(spans) > most {
			t.Fatalf("%q of %d: %d ranges, %d allowed", s, length, len(spans), most)
		}
		for _, x := range spans {
			if x.start < 0 || x.start >= x.end || x.end > length {
				t.Fatalf("%q of %d: %v", s, length, x)
			}
		}
	})
}

// A sink keeps what it is given.
type sink struct{ got []byte }

func (s *sink) Write(p []byte) error { s.got = append(s.got, p...); return nil }
func (s *sink) File(f httpd.File, off, n int64) error {
	b := make([]byte, n)
	if _, err := f.ReadAt(b, off); err != nil {
		return err
	}
	return s.Write(b)
}
func (s *sink) Flush() error { return nil }
func (s *sink) Close() error { return nil }

// digits is a file of "0123456789".
type digits struct{}

func (digits) ReadAt(p []byte, off int64) (int, error) {
	return copy(p, "0123456789"[off:]), nil
}
func (digits) Fd() uintptr  { return 0 }
func (digits) Name() string { return "digits" }

// A range is the same whatever pieces the body comes in.
func TestCut(t *testing.T) {
	for start := range int64(10) {
		for end := start + 1; end <= 10; end++ {
			want := "0123456789"[start:end]
			for piece := int64(1); piece <= 10; piece++ {
				var s, f sink
				cs, cf := &cut{&s, span{start, end}, 0}, &cut{&f, span{start, end}, 0}
				for at := int64(0); at < 10; at += piece {
					n := min(piece, 10-at)
					cs.Write([]byte("0123456789")[at : at+n])
					cf.File(digits{}, at, n)
				}
				if string(s.got) != want || string(f.got) != want {
					t.Fatalf("%d-%d in pieces of %d: got %q and %q, want %q", start, end, piece, s.got, f.got, want)
				}
			}
		}
	}
}

func TestParts(t *testing.T) {
	var s sink
	w := &parts{Writer: &s, whole: 10, tail: "end", parts: []part{{[]byte("a:"), span{7, 9}}, {[]byte("b:"), span{0, 3}}}}
	if err := w.File(digits{}, 0, 10); err != nil || string(s.got) != "a:78b:012end" {
		t.Errorf("got %q, %v", s.got, err)
	}
}

func ExampleModule() {
	spans, _ := parse([]byte("0-1, -2"), 10, 5)
	fmt.Println(spans)
	// Output: [{0 2} {8 10}]
}
